"""Plot how the propensity and preference scores of the arms overlap."""

from pathlib import Path

from twoarm.figures.house import save
from twoarm.figures.mirrored import draw_mirrored
from twoarm.runner import run
from twoarm.tables.propensity import Scores

DRAWN = {
    "scores": ("propensity_score", "Propensity score"),
    "preference": ("preference_score", "Preference score"),
}


def main(scores, figures, *, arms, minimum_count):
    """Draw the score that the designs share, of the first imputation."""
    shared = Scores.read(scores).filter(score="unadjusted")
    for path in map(Path, figures):
        column, label = DRAWN[path.stem]
        how = {"arms": list(arms), "colours": arms, "minimum_count": minimum_count}
        save(draw_mirrored(shared, column, label=label, **how), path)


if __name__ == "__main__":
    run(main, snakemake)
