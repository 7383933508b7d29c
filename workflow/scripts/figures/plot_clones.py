"""Plot the clones of each cloned design over time, and their weights."""

from pathlib import Path

from twoarm.figures.clones import draw_clones
from twoarm.figures.house import save
from twoarm.runner import run
from twoarm.tables.clones import ClonesOverTime


def main(clones, figures, *, endpoint, arms):
    """Draw what the release holds of an endpoint; save each format."""
    found = ClonesOverTime.read_csv(clones).filter(endpoint=endpoint)
    for (design,), rows in found.group_by("design", maintain_order=True):
        figure = draw_clones(rows, arms=list(arms), colours=arms)
        for path in figures:
            if Path(path).stem == f"clones_{endpoint}_{design}":
                save(figure, path)


if __name__ == "__main__":
    run(main, snakemake)
