"""Read the files of a centre as text, each row with its place."""

import logging
from pathlib import Path

from twoarm.ingestion.files import read_or_tell
from twoarm.ingestion.parts import label_parts
from twoarm.ingestion.pseudonyms import read_key, replace_identifiers
from twoarm.runner import run
from twoarm.tables.contract import whole
from twoarm.tables.ingestion import Faults, Files

log = logging.getLogger(__name__)


def main(sources, rows, files, faults, *, centre, formats, tables, key=""):
    """Read each file or query; what cannot be read becomes a fault and no rows."""
    folder = "" if centre == "source" else f"{centre}/"
    parts, paths, told, found = {table: [] for table in tables}, iter(sources), [], []
    for form in formats:
        table, how = form["table"], form["reading"]
        source = None if how.get("connection") else next(paths)
        name = Path(source).name if source else f"{table}.query"
        place = {"file": folder + name, "sheet": how.get("sheet")}
        read = read_or_tell(source, **how)
        if who := form.get("private"):
            read = replace_identifiers(read, **who, key=read_key(key), centre=centre)
        log.info("%s: %s", folder + name, "; ".join(read.notes) or "read")
        found += [{**place, **fault._asdict()} for fault in read.faults]
        parts[table].append(read.rows)
        told.append({**place, "table": table, "part": len(parts[table]), **read.counts})
    for table, target in zip(tables, rows, strict=True):
        with whole(target) as beside:
            label_parts(parts[table]).write_parquet(beside)
    Files.write(Files.of(told), files)
    Faults.write(Faults.of(found), faults)


if __name__ == "__main__":
    run(main, snakemake)
