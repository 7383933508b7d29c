"""Plot the change of the target lesions: the best one, and along time."""

import polars as pl

from twoarm.figures.changes import draw_changes
from twoarm.figures.house import save_each
from twoarm.figures.responses import draw_responses
from twoarm.runner import run
from twoarm.tables.figures import Changes, Quartiles, Responses


def main(responses, changes, quartiles, figures, *, arms, minimum_mark, language="en"):
    """Draw the bars, and the lines of each arm; save each format."""
    single, rows = minimum_mark == 1, Responses.read(responses)
    bars = pl.concat([rows.clear(), *(rows.filter(arm=arm) for arm in arms)])
    lines = Changes.read(changes) if single else Quartiles.read(quartiles)

    def draw(name):
        if name == "changes":
            return draw_changes(lines, arms=list(arms), colours=arms)
        # Without marks it is the arms side by side that tell who was operated on.
        return draw_responses(bars, together=single)

    save_each(figures, draw, language)


if __name__ == "__main__":
    run(main, snakemake)
