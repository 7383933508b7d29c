"""Plot the clones of each cloned design over time, and their weights."""

from twoarm.figures.clones import draw_clones
from twoarm.figures.house import save_each
from twoarm.runner import run
from twoarm.tables.clones import ClonesOverTime


def main(clones, figures, *, endpoint, arms, language="en"):
    """Draw what the release holds of an endpoint; save each format."""
    found = ClonesOverTime.read_csv(clones).filter(endpoint=endpoint)

    def draw(name):
        rows = found.filter(design=name.removeprefix(f"clones_{endpoint}_"))
        return draw_clones(rows, arms=list(arms), colours=arms)

    save_each(figures, draw, language)


if __name__ == "__main__":
    run(main, snakemake)
