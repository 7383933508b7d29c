"""Ask every version of the criteria for surgery at each assessment."""

import logging

from twoarm.cohort.criteria import assess_items, summarise_versions
from twoarm.cohort.exposures import derive_exposures
from twoarm.runner import run
from twoarm.tables.criteria import Criteria, Versions
from twoarm.tables.harmonisation import Records

log = logging.getLogger(__name__)


def main(records, criteria, versions, *, tables, rules, used):
    """Write which item is met when, and how many patients meet each version."""
    assessed = derive_exposures(Records.read_tables(records, tables))
    asked = assess_items(assessed, rules)
    counted = summarise_versions(asked, rules, used=used)
    Criteria.write(asked, criteria)
    Versions.write(counted, versions)
    log.info("%d assessments asked by %d versions", assessed.height, len(rules))


if __name__ == "__main__":
    run(main, snakemake)
