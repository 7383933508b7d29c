"""Plot how each design does on twins of the cohort."""

import polars as pl

from twoarm.figures.house import save_each
from twoarm.figures.twins import draw_twins
from twoarm.runner import run
from twoarm.tables.validation import Performance


def main(twins, figures, *, endpoint, designs, confidence, language="en"):
    """Draw what the release holds; save each format."""
    found = Performance.read_csv(twins).filter(pl.col("endpoint") == endpoint)
    how = {"designs": designs, "confidence": confidence}
    save_each(figures, lambda _: draw_twins(found, **how), language)


if __name__ == "__main__":
    run(main, snakemake)
