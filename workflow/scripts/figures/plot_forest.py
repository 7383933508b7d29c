"""Plot the subgroups, and the terms of the regression, of each endpoint."""

from twoarm.figures.forest import draw_regression, draw_subgroups
from twoarm.figures.house import save_each
from twoarm.runner import run
from twoarm.tables.survival import Effects


def main(effects, figures, *, subgroups, regression, covariates, arms, language="en"):
    """Draw what the release holds; save each format."""
    found = Effects.read_csv(effects)

    def draw(name):
        kind, _, endpoint = name.partition("_")
        own = found.filter(endpoint=endpoint)
        if kind == "subgroups":
            how = {"designs": subgroups, "covariates": covariates, "arms": arms}
            return draw_subgroups(own, **how)
        return draw_regression(own, design=regression, covariates=covariates)

    save_each(figures, draw, language)


if __name__ == "__main__":
    run(main, snakemake)
