"""Plot hazard ratios along time, and the arms on the scale of the hazard."""

from pathlib import Path

from twoarm.figures.house import save
from twoarm.figures.proportionality import draw_proportionality
from twoarm.runner import run
from twoarm.tables.survival import Curves, Proportionality


def main(smooths, curves, figures, *, endpoints, designs, covariates, arms):
    """Draw what the release holds of each endpoint; save each format."""
    ratios, lines = Proportionality.read_csv(smooths), Curves.read_csv(curves)
    ((design, label),) = designs.items()
    for endpoint in endpoints:
        named = {"endpoint": endpoint, "design": design}
        figure = draw_proportionality(
            ratios.filter(**named),
            lines.filter(**named),
            design=label,
            covariates=covariates,
            arms=list(arms),
            colours=arms,
        )
        for path in figures:
            if Path(path).stem == f"proportionality_{endpoint}":
                save(figure, path)


if __name__ == "__main__":
    run(main, snakemake)
