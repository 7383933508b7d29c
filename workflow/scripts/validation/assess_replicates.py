"""Assess how near each design comes to the truth of each scenario."""

from twoarm.runner import run
from twoarm.tables.validation import Performance, Replicates, Truths
from twoarm.validation.performance import assess_performance


def main(replicates, truths, performance, *, confidence):
    """Write the performance of each contrast."""
    found, true = Replicates.read_all(replicates), Truths.read_all(truths)
    assessed = assess_performance(found, true, confidence=confidence)
    Performance.write(assessed, performance)


if __name__ == "__main__":
    run(main, snakemake)
