"""Plot hazard ratios along time, and the arms on the scale of the hazard."""

from twoarm.figures.house import save_each
from twoarm.figures.proportionality import draw_proportionality
from twoarm.runner import run
from twoarm.tables.survival import Curves, Proportionality


def main(smooths, curves, figures, *, designs, covariates, arms, language="en"):
    """Draw what the release holds of each endpoint; save each format."""
    ratios, lines = Proportionality.read_csv(smooths), Curves.read_csv(curves)
    ((design, label),) = designs.items()
    how = {"design": label, "covariates": covariates, "colours": arms}

    def draw(name):
        endpoint = name.removeprefix("proportionality_")
        named = {"endpoint": endpoint, "design": design}
        rows = (each.filter(**named) for each in (ratios, lines))
        return draw_proportionality(*rows, arms=list(arms), **how)

    save_each(figures, draw, language)


if __name__ == "__main__":
    run(main, snakemake)
