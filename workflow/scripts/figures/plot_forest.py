"""Plot the subgroups, and the terms of the regression, of each endpoint."""

from pathlib import Path

from twoarm.figures.forest import draw_regression, draw_subgroups
from twoarm.figures.house import save
from twoarm.runner import run
from twoarm.tables.survival import Effects


def main(effects, figures, *, subgroups, regression, covariates, arms):
    """Draw what the release holds; save each format."""
    found, drawn = Effects.read_csv(effects), {}
    for path in figures:
        kind, _, endpoint = Path(path).stem.partition("_")
        own = found.filter(endpoint=endpoint)
        if (kind, endpoint) not in drawn and kind == "subgroups":
            drawn[kind, endpoint] = draw_subgroups(
                own, designs=subgroups, covariates=covariates, arms=arms
            )
        elif (kind, endpoint) not in drawn:
            drawn[kind, endpoint] = draw_regression(
                own, design=regression, covariates=covariates
            )
        save(drawn[kind, endpoint], path)


if __name__ == "__main__":
    run(main, snakemake)
