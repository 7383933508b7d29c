"""Make candidates of exports: time zero is when the criteria are first met."""

from pathlib import Path

from twoarm.cohort.attrition import start_unusable
from twoarm.cohort.conversions import derive_conversions, select_covariates
from twoarm.cohort.endpoints import add_outcomes, derive_outcomes
from twoarm.runner import run
from twoarm.tables.cohort import Attrition, Candidates
from twoarm.tables.harmonisation import Ledger, Records


def main(records, ledgers, candidates, attrition, *, tables, endpoints, covariates):
    """Bring the centres' tables together and follow each patient from time zero."""
    stacked = {
        table: Records.read_all([path for path in records if Path(path).stem == table])
        for table in tables
    }
    start = start_unusable(stacked["patients"].height, Ledger.read_all(ledgers))
    patients, steps = derive_conversions(stacked, start)
    outcomes = derive_outcomes(patients, stacked, endpoints)
    patients = add_outcomes(patients, outcomes, endpoints)
    patients = patients.with_columns(**select_covariates(patients, covariates))
    Candidates.write(patients, candidates)
    Attrition.write(steps, attrition)


if __name__ == "__main__":
    run(main, snakemake)
