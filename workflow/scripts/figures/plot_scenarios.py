"""Plot how each design does on the scenarios."""

import polars as pl

from twoarm.figures.house import save_each
from twoarm.figures.scenarios import draw_scenarios
from twoarm.runner import run
from twoarm.tables.validation import Performance


def main(performance, figures, *, endpoint, designs, language="en"):
    """Draw what the release holds; save each format."""
    found = Performance.read_csv(performance).filter(pl.col("endpoint") == endpoint)
    save_each(figures, lambda _: draw_scenarios(found, designs=designs), language)


if __name__ == "__main__":
    run(main, snakemake)
