"""Bring the tables of a centre to the dictionary's names, types and units."""

import polars as pl

from twoarm.dictionary import Field
from twoarm.harmonisation.fields import harmonise_rows
from twoarm.harmonisation.records import set_aside
from twoarm.runner import run
from twoarm.tables.cohort import Quarantine
from twoarm.tables.harmonisation import Ledger, Records
from twoarm.tables.ingestion import Faults, Files


def main(rows, files, unread, records, faults, quarantine, ledger, *, centre, formats):
    """Harmonise each table; keep what is usable, list what is not."""
    found, aside, entries = [Faults.read(unread)], [], []
    read = {row["table"]: row for row in Files.read(files).iter_rows(named=True)}
    for source, target, form in zip(rows, records, formats, strict=True):
        file = read[form["table"]]
        result = harmonise_rows(
            pl.read_parquet(source),
            [Field(**field) for field in form["fields"]],
            **{key: file[key] for key in ("file", "sheet")},
            missing=form["missing"],
            readable=file["n_read"] is not None,
        )
        kept, gone = set_aside(result, form["reasons"], prefix=form["prefix"])
        Records.write(kept.with_columns(centre=pl.lit(centre)), target)
        found.append(result.faults)
        aside.append(gone)
        if result.usable:
            counts = {"n_used": kept.height, "n_quarantined": gone.height}
            entries.append({**file, **counts, "centre": centre})
    Faults.write(pl.concat(found), faults)
    Quarantine.write(pl.concat(aside), quarantine)
    Ledger.write(Ledger.of(entries), ledger)


if __name__ == "__main__":
    run(main, snakemake)
