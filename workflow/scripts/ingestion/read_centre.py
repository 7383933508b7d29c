"""Read the files of a centre as text, each row with its place."""

from pathlib import Path

import polars as pl

from twoarm.errors import UnreadableError
from twoarm.ingestion.files import read_file
from twoarm.runner import run
from twoarm.tables.contract import whole
from twoarm.tables.ingestion import Faults, Files

NOTHING = pl.DataFrame(schema={"source_row": pl.Int64})


def main(sources, rows, files, faults, *, centre, formats):
    """Read each file; one that cannot be read becomes a fault and no rows."""
    folder = "" if centre == "source" else f"{centre}/"
    read, found = [], []
    for source, target, form in zip(sources, rows, formats, strict=True):
        table, sheet = form["table"], form["reading"].get("sheet")
        place = {"file": folder + Path(source).name, "sheet": sheet}
        try:
            content, encoding = read_file(source, **form["reading"])
            count = content.height
        except UnreadableError as error:
            content, encoding, count = NOTHING, None, None
            found.append({**place, "rule": "file_unreadable", "what": str(error)})
        with whole(target) as beside:
            content.write_parquet(beside)
        read.append({**place, "table": table, "encoding": encoding, "n_read": count})
    Files.write(Files.of(read), files)
    Faults.write(Faults.of(found), faults)


if __name__ == "__main__":
    run(main, snakemake)
