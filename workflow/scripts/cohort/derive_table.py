"""Make candidates of an analysis-ready table."""

import polars as pl

from twoarm.cohort.attrition import find_n_event, start_attrition
from twoarm.cohort.eligibility import derive_eligible
from twoarm.cohort.index_rows import derive_from_table
from twoarm.runner import run
from twoarm.tables.cohort import Attrition, Candidates, Quarantine
from twoarm.tables.harmonisation import Records


def main(records, quarantines, candidates, attrition, *, eligibility, endpoints):
    """Time zero is the row's own; each row read is a patient."""
    rows = derive_eligible(Records.read(records), eligibility)
    aside = pl.concat(Quarantine.read(each) for each in quarantines)
    n_event = find_n_event(rows, f"{endpoints[0]}_event")
    Candidates.write(derive_from_table(rows), candidates)
    Attrition.write(start_attrition(rows.height, aside, n_event=n_event), attrition)


if __name__ == "__main__":
    run(main, snakemake)
