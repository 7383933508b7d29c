"""Audit each design, and refuse a headline that is biased."""

from twoarm.cohort.audit import assess_immortal_time
from twoarm.cohort.refusals import check_headline, check_regression
from twoarm.runner import run
from twoarm.tables.cohort import Arms, Audit, Patients


def main(
    patients, arms, audit, *, endpoints, labels, covariates, reweighted, regression,
    headline,
):  # fmt: skip
    """Write what each arm could not have had, or known, when the clock started."""
    cohort, clocks = Patients.read(patients), Arms.read(arms)
    check_regression(cohort, clocks, regression)
    named = {"endpoints": endpoints, "labels": labels, "covariates": covariates}
    found = assess_immortal_time(cohort, clocks, **named, reweighted=reweighted)
    check_headline(found, headline)
    Audit.write(found, audit)


if __name__ == "__main__":
    run(main, snakemake)
