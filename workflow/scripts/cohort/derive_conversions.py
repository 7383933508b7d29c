"""Make candidates of exports: time zero is when the criteria are first met."""

from twoarm.cohort.attrition import start_attrition
from twoarm.cohort.conversions import (
    derive_conversions,
    derive_endpoint,
    select_covariates,
)
from twoarm.runner import run
from twoarm.tables.cohort import Attrition, Candidates
from twoarm.tables.harmonisation import Records


def main(records, candidates, attrition, *, tables, endpoints, covariates):
    """Bring the centres' tables together and follow each patient from time zero."""
    stacked = {
        table: Records.read_all([path for path in records if f"/{table}" in path])
        for table in tables
    }
    start = start_attrition(stacked["patients"].height)
    patients, steps = derive_conversions(stacked, start)
    for name, endpoint in endpoints.items():
        rule = {"events": endpoint["events"], "censor": endpoint["censor"]}
        patients = patients.with_columns(**derive_endpoint(name, **rule))
    patients = patients.with_columns(**select_covariates(patients, covariates))
    Candidates.write(patients, candidates)
    Attrition.write(steps, attrition)


if __name__ == "__main__":
    run(main, snakemake)
