"""Make candidates of exports: time zero is when the criteria are first met."""

from twoarm.cohort.attrition import start_unusable
from twoarm.cohort.conversions import (
    derive_conversions,
    find_n_event_read,
    select_covariates,
)
from twoarm.cohort.criteria import find_met
from twoarm.cohort.eligibility import derive_eligible_at_zero
from twoarm.cohort.endpoints import add_outcomes, derive_outcomes
from twoarm.runner import run
from twoarm.tables.cohort import Attrition, Candidates
from twoarm.tables.criteria import Criteria
from twoarm.tables.harmonisation import Ledger, Records


def main(
    records, ledgers, criteria, candidates, attrition, *, tables, used, never,
    time_zero, eligibility, endpoints, covariates,
):  # fmt: skip
    """Bring the centres' tables together and follow each patient from time zero."""
    stacked = Records.read_tables(records, tables)
    met = find_met(Criteria.read(criteria), used)
    first = next(iter(endpoints.values()))["events"]
    seen = {"n_event": find_n_event_read(stacked, first)}
    n = stacked["patients"].height
    start = start_unusable(n, Ledger.read_all(ledgers), **seen)
    rule = {"never": never, "time_zero": time_zero, "events": first}
    patients, steps = derive_conversions(stacked, start, met=met, **rule)
    patients = derive_eligible_at_zero(patients, eligibility)
    outcomes = derive_outcomes(patients, stacked, endpoints)
    patients = add_outcomes(patients, outcomes, endpoints)
    patients = patients.with_columns(**select_covariates(patients, covariates))
    Candidates.write(patients, candidates)
    Attrition.write(steps, attrition)


if __name__ == "__main__":
    run(main, snakemake)
