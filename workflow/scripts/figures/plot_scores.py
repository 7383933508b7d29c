"""Plot how the propensity scores of the arms overlap."""

from twoarm.figures.house import save
from twoarm.figures.scores import draw_scores
from twoarm.runner import run
from twoarm.tables.propensity import Scores


def main(scores, figures, *, arms, minimum_count):
    """Draw the mirrored histogram; save each format."""
    figure = draw_scores(
        Scores.read(scores), arms=list(arms), colours=arms, minimum_count=minimum_count
    )
    for path in figures:
        save(figure, path)


if __name__ == "__main__":
    run(main, snakemake)
