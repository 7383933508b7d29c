"""Select the patients to analyse; stop if the input has a fault not set aside."""

import logging

import polars as pl

from twoarm.cohort import selection
from twoarm.cohort.attrition import restrict_eligible, restrict_enrolled
from twoarm.cohort.faults import check_faults, find_cohort_faults, find_faults
from twoarm.runner import run
from twoarm.tables.cohort import Attrition, Candidates, Patients, Quarantine
from twoarm.tables.ingestion import Faults


def main(
    candidates, before, faults, quarantines, patients, attrition, quarantine, *,
    eligibility, enrolled, covariates, endpoints, reasons, cohort_checks, columns,
):  # fmt: skip
    """Restrict, check, set aside; write who is left and why the others are not."""
    told = Faults.read_all(faults)
    left = selection.transform_covariates(Candidates.read(candidates), covariates)
    steps = Attrition.read(before)
    left, steps = restrict_eligible(left, steps, eligibility)
    left, steps = restrict_enrolled(left, steps, **enrolled)
    left, steps = selection.restrict_arms(left, steps)
    named = {"endpoints": endpoints, "covariates": list(covariates)}
    found = find_faults(left, **named, told=told, columns=columns)
    chosen = selection.restrict_usable(left, steps, found, reasons=reasons)
    kept = selection.keep_columns(chosen.patients, **named)
    wrong = find_cohort_faults(kept, **named, **cohort_checks)
    check_faults(pl.concat([told, found]), wrong, quarantine=list(reasons))
    logging.info("%d patients analysed", kept.height)
    aside = map(Quarantine.read, quarantines)
    Quarantine.write(pl.concat([*aside, chosen.quarantine]), quarantine)
    Patients.write(kept, patients)
    Attrition.write(chosen.attrition, attrition)


if __name__ == "__main__":
    run(main, snakemake)
