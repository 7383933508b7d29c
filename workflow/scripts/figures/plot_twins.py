"""Plot how each design does on twins of the cohort."""

import polars as pl

from twoarm.figures.house import save
from twoarm.figures.twins import draw_twins
from twoarm.runner import run
from twoarm.tables.validation import Performance


def main(twins, figures, *, endpoint, designs, confidence):
    """Draw what the release holds; save each format."""
    found = Performance.read_csv(twins).filter(pl.col("endpoint") == endpoint)
    figure = draw_twins(found, designs=designs, confidence=confidence)
    for path in figures:
        save(figure, path)


if __name__ == "__main__":
    run(main, snakemake)
