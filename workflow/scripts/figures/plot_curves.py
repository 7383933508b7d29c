"""Plot the survival curves of an endpoint, a figure a design."""

import polars as pl

from twoarm.figures.endpoint import draw_endpoint
from twoarm.figures.house import save_each
from twoarm.runner import run
from twoarm.tables.survival import Curves, Differences, Effects


def main(
    curves, effects, differences, figures,
    *, endpoint, label, competing, arms, style, origins, language="en",
):  # fmt: skip
    """Draw each design's curves as the release holds them; save each format."""
    lines = Curves.read_csv(curves).filter(endpoint=endpoint)
    found = Effects.read_csv(effects).filter(endpoint=endpoint)
    apart = Differences.read_csv(differences).filter(
        pl.col("measure") != "rmst_difference", endpoint=endpoint
    )

    def draw(name):
        of_design = {"design": name.removeprefix(f"{endpoint}_")}
        return draw_endpoint(
            lines.filter(**of_design),
            found.filter(**of_design),
            apart.filter(**of_design),
            label=label,
            forestalled=bool(competing),
            arms=arms,
            style=style,
            origin=origins[of_design["design"]],
        )

    save_each(figures, draw, language)


if __name__ == "__main__":
    run(main, snakemake)
