"""Select the patients to analyse; stop if the input has a fault not set aside."""

import polars as pl

from twoarm.cohort import faults as checks
from twoarm.cohort import selection
from twoarm.cohort.attrition import restrict_eligible, restrict_enrolled
from twoarm.runner import run
from twoarm.tables.cohort import Attrition, Candidates, Patients, Quarantine
from twoarm.tables.ingestion import Faults


def main(
    candidates, before, faults, quarantines, patients, attrition, quarantine, *,
    eligibility, enrolled, covariates, endpoints, reasons, cohort_checks, columns,
    optional, zero_days,
):  # fmt: skip
    """Restrict, check, set aside; write who is left and why the others are not."""
    named = {"endpoints": endpoints, "covariates": list(covariates)}
    seen = {"event": f"{endpoints[0]}_event"}
    everyone = Candidates.read(candidates)
    left = selection.derive_analysed(everyone, covariates, endpoints, zero_days)
    left, steps = restrict_eligible(left, Attrition.read(before), eligibility, **seen)
    left, steps = restrict_enrolled(left, steps, **enrolled, **seen)
    left, steps = selection.restrict_arms(left, steps, **seen)
    both = {"everyone": everyone, "columns": columns, **named}
    told = checks.select_relevant(Faults.read_all(faults), left=left, **both)
    found = checks.find_faults(left, told=told, optional=optional, **both)
    chosen = selection.restrict_usable(left, steps, found, reasons=reasons, **seen)
    kept = selection.keep_columns(chosen.patients, **named)
    wrong = checks.find_cohort_faults(kept, **named, **cohort_checks)
    checks.check_faults(pl.concat([told, found]), wrong, quarantine=list(reasons))
    aside = [*map(Quarantine.read, quarantines), chosen.quarantine]
    Quarantine.write(pl.concat(aside), quarantine)
    Patients.write(kept, patients)
    Attrition.write(chosen.attrition, attrition)


if __name__ == "__main__":
    run(main, snakemake)
