"""Estimate the true effects of a scenario, by following patients under strategies."""

from twoarm.runner import run
from twoarm.tables.validation import Truths
from twoarm.validation.scenario_truth import estimate_truths


def main(truths, *, scenario, clocks, settings):
    """Write a row a design that asks, endpoint, measure and term."""
    Truths.write(Truths.of(estimate_truths(scenario, clocks, **settings)), truths)


if __name__ == "__main__":
    run(main, snakemake)
