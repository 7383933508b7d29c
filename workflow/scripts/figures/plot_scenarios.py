"""Plot how each design does on the scenarios."""

import polars as pl

from twoarm.figures.house import save
from twoarm.figures.scenarios import draw_scenarios
from twoarm.runner import run
from twoarm.tables.validation import Performance


def main(performance, figures, *, endpoint, designs):
    """Draw what the release holds; save each format."""
    found = Performance.read_csv(performance).filter(pl.col("endpoint") == endpoint)
    figure = draw_scenarios(found, designs=designs)
    for path in figures:
        save(figure, path)


if __name__ == "__main__":
    run(main, snakemake)
