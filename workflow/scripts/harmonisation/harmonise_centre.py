"""Bring the tables of a centre to the dictionary's names, types and units."""

import polars as pl

from twoarm.harmonisation.records import (
    harmonise_table,
    keep_visits_aside,
    set_aside,
)
from twoarm.runner import run
from twoarm.tables.cohort import Quarantine
from twoarm.tables.harmonisation import Aside, Ledger, Records
from twoarm.tables.ingestion import Faults, Files


def main(
    rows, files, unread, records, faults, quarantine, aside, ledger, *, centre, formats
):
    """Harmonise each table; keep what is usable, list what is not."""
    found, gone, visits, entries = [Faults.read(unread)], [], [Aside.of([])], []
    read = {row["table"]: row for row in Files.read(files).iter_rows(named=True)}
    for source, target, form in zip(rows, records, formats, strict=True):
        file = read[form["table"]]
        result = harmonise_table(pl.read_parquet(source), form, file)
        kept, out = set_aside(result, form["reasons"], prefix=form["prefix"])
        Records.write(kept.with_columns(centre=pl.lit(centre)), target)
        found.append(result.faults)
        gone.append(out)
        visits.append(keep_visits_aside(result, out, prefix=form["prefix"]))
        if result.usable:
            counts = {"n_used": kept.height, "n_quarantined": out.height}
            entries.append({**file, **counts, "centre": centre})
    Faults.write(pl.concat(found), faults)
    Quarantine.write(pl.concat(gone), quarantine)
    Aside.write(pl.concat(visits), aside)
    Ledger.write(Ledger.of(entries), ledger)


if __name__ == "__main__":
    run(main, snakemake)
