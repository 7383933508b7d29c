"""Draw cohorts of a scenario, whose truth is known; analyse each by all designs."""

from twoarm.runner import run
from twoarm.tables.validation import Replicates
from twoarm.validation.scenarios import replicate_scenarios
from twoarm.validation.twin_study import list_numbers


def main(replicates, *, scenario, size, batch, drawn, plan):
    """Write a row a cohort, design, endpoint and contrast."""
    sizes = {"replicates": drawn["cohorts"][size], "size": drawn["batch"]}
    numbers = list_numbers(int(batch), **sizes)
    how = {key: drawn[key] for key in ("seed", "covariates")}
    which = {"scenario": scenario, "size": int(size), "numbers": numbers}
    Replicates.write(replicate_scenarios(plan, **which, **how), replicates)


if __name__ == "__main__":
    run(main, snakemake)
