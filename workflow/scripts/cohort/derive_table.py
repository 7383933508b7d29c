"""Make candidates of an analysis-ready table."""

import polars as pl

from twoarm.cohort.attrition import start_attrition
from twoarm.cohort.index_rows import derive_from_table
from twoarm.runner import run
from twoarm.tables.cohort import Attrition, Candidates, Quarantine
from twoarm.tables.harmonisation import Records


def main(records, quarantines, candidates, attrition):
    """Time zero is the row's own; each row read is a patient."""
    rows = Records.read(records)
    aside = pl.concat(Quarantine.read(each) for each in quarantines)
    Candidates.write(derive_from_table(rows), candidates)
    Attrition.write(start_attrition(rows.height, aside), attrition)


if __name__ == "__main__":
    run(main, snakemake)
