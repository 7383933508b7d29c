"""Bring the tables of a centre to the dictionary's names, types and units."""

import polars as pl

from twoarm.harmonisation.centre import harmonise_table_files
from twoarm.harmonisation.lesions import SUMMED, add_target_sums
from twoarm.runner import run
from twoarm.tables.cohort import Quarantine
from twoarm.tables.harmonisation import Aside, Cells, Ledger, Records
from twoarm.tables.ingestion import Faults, Files
from twoarm.tables.pieces import add_pieces, read_pieces


def main(
    rows, files, unread, records, faults, quarantine, aside, ledger, cells, *,
    centre, formats, tables):  # fmt: skip
    """Harmonise each table piece by piece; keep what is usable, list what is not."""
    read, told, named, done = Files.read(files), Faults.read(unread), pl.lit(centre), []
    with add_pieces(cells) as add_cells:
        for table, source, target in zip(tables, rows, records, strict=True):
            forms = [form for form in formats if form["table"] == table]
            given = (forms, read.filter(table=table), told.drop_nulls("row"), table)
            with add_pieces(target) as add:
                for piece in harmonise_table_files(read_pieces(source), *given):
                    add(Records.check(piece.records.with_columns(centre=named)))
                    add_cells(Cells.check(piece.cells))
                    done.append(piece._replace(records=None, cells=None))
    paths = {t: path for t, path in zip(tables, records, strict=True) if t in SUMMED}
    kept = add_target_sums({t: Records.read(path) for t, path in paths.items()})
    for table, target in paths.items():
        Records.write(kept[table], target)
    of_file = told.filter(pl.col("row").is_null())
    Faults.write(pl.concat([of_file, *(piece.faults for piece in done)]), faults)
    Quarantine.write(pl.concat([piece.quarantine for piece in done]), quarantine)
    Aside.write(pl.concat([piece.aside for piece in done]), aside)
    Ledger.write(pl.concat([p.ledger.with_columns(centre=named) for p in done]), ledger)


if __name__ == "__main__":
    run(main, snakemake)
