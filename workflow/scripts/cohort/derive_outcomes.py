"""Derive every endpoint from the dates; measure scan intervals and exported times."""

import logging
from pathlib import Path

from twoarm.cohort.differences import find_differences, summarise_doubts
from twoarm.cohort.endpoints import derive_outcomes
from twoarm.cohort.scans import summarise_scans
from twoarm.runner import run
from twoarm.tables.cohort import Candidates, Patients
from twoarm.tables.harmonisation import Records
from twoarm.tables.outcomes import Differences, Outcomes, Scans

log = logging.getLogger(__name__)


def main(
    candidates, patients, records, outcomes, scans, differences, *,
    tables, endpoints, labels,
):  # fmt: skip
    """Write the endpoints of the analysed, and what to know of their dates."""
    analysed = Patients.read(patients).select("patient_id")
    people = Candidates.read(candidates).join(analysed, on="patient_id", how="semi")
    stacked = {
        table: Records.read_all([path for path in records if Path(path).stem == table])
        for table in tables
    }
    found = derive_outcomes(people, stacked, endpoints)
    Outcomes.write(found, outcomes)
    seen, told = stacked["assessments"], stacked["follow_ups"]
    Scans.write(summarise_scans(people, seen, found, endpoints, labels=labels), scans)
    apart = find_differences(stacked["patients"], told)
    Differences.write(apart, differences)
    log.info("%d exported survival times are not those of the dates", apart.height)
    for what, count in summarise_doubts(people, told, stacked["surgeries"]).items():
        log.info("%d %s", count, what)


if __name__ == "__main__":
    run(main, snakemake)
