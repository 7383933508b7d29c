"""Derive every endpoint from the dates; measure scan intervals and exported times."""

import logging
from pathlib import Path

from twoarm.cohort.differences import find_contradictions, find_differences
from twoarm.cohort.endpoints import derive_outcomes
from twoarm.cohort.scans import summarise_scans
from twoarm.runner import run
from twoarm.tables.cohort import Candidates, Differences, Outcomes, Patients, Scans
from twoarm.tables.harmonisation import Records

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
    seen = stacked["assessments"]
    Scans.write(summarise_scans(people, seen, found, endpoints, labels=labels), scans)
    follow_ups = stacked["follow_ups"]
    apart = find_differences(stacked["patients"], follow_ups)
    Differences.write(apart, differences)
    told = follow_ups["os_months"].count()
    log.info("%d of %d exported times are not those of the dates", apart.height, told)
    log.info("%d contradict a date of death", find_contradictions(follow_ups))


if __name__ == "__main__":
    run(main, snakemake)
