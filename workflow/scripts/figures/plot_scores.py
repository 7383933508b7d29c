"""Plot how the propensity and preference scores of the arms overlap."""

from twoarm.figures.house import save_each
from twoarm.figures.mirrored import draw_mirrored
from twoarm.runner import run
from twoarm.tables.propensity import Scores

DRAWN = {
    "scores": ("propensity_score", "Propensity score"),
    "preference": ("preference_score", "Preference score"),
}


def main(scores, figures, *, arms, minimum_count, language="en"):
    """Draw the score that the designs share, of the first imputation."""
    shared = Scores.read(scores).filter(score="unadjusted")

    def draw(name):
        column, label = DRAWN[name]
        how = {"arms": list(arms), "colours": arms, "minimum_count": minimum_count}
        return draw_mirrored(shared, column, label=label, **how)

    save_each(figures, draw, language)


if __name__ == "__main__":
    run(main, snakemake)
