"""Plot how the weights of each weighted design spread."""

import polars as pl

from twoarm.figures.house import save_each
from twoarm.figures.mirrored import draw_mirrored
from twoarm.runner import run
from twoarm.tables.propensity import Designs

LABEL = "Weight, as a multiple of its arm's mean"


def main(designs, figures, *, arms, minimum_count, language="en"):
    """Draw a figure a design, of the first imputation."""
    members = Designs.read(designs)
    first = members.filter(pl.col("imputation") == pl.col("imputation").min())
    relative = pl.col("weight") / pl.col("weight").mean().over("design", "treated")
    rows = first.with_columns(relative=relative)

    def draw(name):
        return draw_mirrored(
            rows.filter(design=name.removeprefix("weights_")),
            "relative",
            label=LABEL,
            arms=list(arms),
            colours=arms,
            minimum_count=minimum_count,
        )

    save_each(figures, draw, language)


if __name__ == "__main__":
    run(main, snakemake)
