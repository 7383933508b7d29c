"""Plot the best change of the target lesions of the treated: a waterfall."""

from twoarm.figures.house import save
from twoarm.figures.responses import draw_responses
from twoarm.runner import run
from twoarm.tables.figures import Responses


def main(responses, figures, *, arm):
    """Draw the bars; save each format."""
    figure = draw_responses(Responses.read(responses).filter(arm=arm))
    for path in figures:
        save(figure, path)


if __name__ == "__main__":
    run(main, snakemake)
