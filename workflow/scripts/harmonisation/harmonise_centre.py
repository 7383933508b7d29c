"""Bring the tables of a centre to the dictionary's names, types and units."""

import polars as pl

from twoarm.harmonisation.centre import harmonise_table_files
from twoarm.harmonisation.lesions import add_target_sums
from twoarm.runner import run
from twoarm.tables.cohort import Quarantine
from twoarm.tables.harmonisation import Aside, Cells, Ledger, Records
from twoarm.tables.ingestion import Faults, Files


def main(
    rows, files, unread, records, faults, quarantine, aside, ledger, cells, *,
    centre, formats, tables,
):  # fmt: skip
    """Harmonise each table; keep what is usable, list what is not."""
    read, named = Files.read(files), pl.lit(centre)
    forms = {t: [form for form in formats if form["table"] == t] for t in tables}
    done = {
        table: harmonise_table_files(
            pl.read_parquet(source), forms[table], read.filter(table=table), table
        )
        for table, source in zip(tables, rows, strict=True)
    }
    kept = add_target_sums({table: each.records for table, each in done.items()})
    for table, target in zip(tables, records, strict=True):
        Records.write(kept[table].with_columns(centre=named), target)
    parts = list(done.values())
    found = [Faults.read(unread), *(each.faults for each in parts)]
    Faults.write(pl.concat(found), faults)
    Quarantine.write(pl.concat([each.quarantine for each in parts]), quarantine)
    Aside.write(pl.concat([each.aside for each in parts]), aside)
    counted = pl.concat([each.ledger for each in parts]).with_columns(centre=named)
    Ledger.write(counted, ledger)
    Cells.write(pl.concat([each.cells for each in parts]), cells)


if __name__ == "__main__":
    run(main, snakemake)
