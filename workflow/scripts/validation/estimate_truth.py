"""Estimate the true effects of a scenario, of the same patients in both arms."""

from twoarm.runner import run
from twoarm.simulation.proportional import PROPORTIONAL
from twoarm.tables.validation import Truths
from twoarm.validation.proportional_truth import estimate_proportional_truths
from twoarm.validation.scenario_truth import estimate_truths


def main(truths, *, scenario, plan, covariates, settings):
    """Write a row a design that asks, endpoint, measure and term."""
    if scenario in PROPORTIONAL:
        own = {"covariates": covariates, **settings}
        found = estimate_proportional_truths(scenario, plan, **own)
    else:
        found = estimate_truths(scenario, plan["clocks"], **settings)
    Truths.write(Truths.of(found), truths)


if __name__ == "__main__":
    run(main, snakemake)
