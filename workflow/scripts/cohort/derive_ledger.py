"""Say what became of the rows of each file, at the end of the cohort."""

import polars as pl

from twoarm.cohort.attrition import derive_ledger
from twoarm.runner import run
from twoarm.tables.cohort import Quarantine
from twoarm.tables.harmonisation import Ledger


def main(ledgers, quarantines, quarantine, ledger, *, table):
    """Count the rows that the cohort set aside to those of harmonisation."""
    before = pl.concat(map(Quarantine.read, quarantines))
    settled = derive_ledger(
        Ledger.read_all(ledgers), before, Quarantine.read(quarantine), table=table
    )
    Ledger.write(settled, ledger)


if __name__ == "__main__":
    run(main, snakemake)
