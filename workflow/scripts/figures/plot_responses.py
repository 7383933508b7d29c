"""Plot the change of the target lesions: the best of each patient, and along time."""

from twoarm.figures.changes import draw_changes
from twoarm.figures.house import save_each
from twoarm.figures.responses import draw_responses
from twoarm.runner import run
from twoarm.tables.figures import Changes, Responses


def main(responses, changes, figures, *, arms, language="en"):
    """Draw the bars of all patients, and the lines of each arm; save each format."""
    bars, lines = Responses.read(responses), Changes.read(changes)

    def draw(name):
        if name == "changes":
            return draw_changes(lines, arms=list(arms), colours=arms)
        return draw_responses(bars, together=True)

    save_each(figures, draw, language)


if __name__ == "__main__":
    run(main, snakemake)
