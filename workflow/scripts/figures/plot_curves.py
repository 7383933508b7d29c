"""Plot the survival curves of an endpoint, a figure a design."""

from pathlib import Path

from twoarm.figures.house import save
from twoarm.figures.notes import notes_of, ticks_of
from twoarm.figures.survival_curves import draw_survival_curves
from twoarm.runner import run
from twoarm.tables.cohort import Audit
from twoarm.tables.survival import Curves, Effects


def main(curves, effects, audit, figures, *, endpoint, label, arms, style):
    """Draw each design's curves as the release holds them; save each format."""
    lines = Curves.read_csv(curves).filter(endpoint=endpoint)
    found = Effects.read_csv(effects).filter(endpoint=endpoint)
    verdict = Audit.read_csv(audit)["verdict"][0]
    for path in map(Path, figures):
        design = path.stem.removeprefix(f"{endpoint}_")
        drawn = lines.filter(design=design)
        figure = draw_survival_curves(
            drawn,
            arms=list(arms),
            colours=arms,
            ticks_months=ticks_of(drawn, style["tick_months"]),
            label=f"{label} (%)",
            notes=notes_of(found.filter(design=design), list(arms), verdict=verdict),
            minimum_at_risk=style["minimum_at_risk"],
        )
        save(figure, path)


if __name__ == "__main__":
    run(main, snakemake)
