"""Read the files of a centre as text, each row with its place."""

from functools import partial
from pathlib import Path

from twoarm.ingestion.files import read_or_tell
from twoarm.ingestion.parts import label_files, label_parts
from twoarm.ingestion.pseudonyms import read_key, replace_identifiers
from twoarm.ingestion.reading import Passing
from twoarm.runner import run
from twoarm.tables.ingestion import Faults, Files
from twoarm.tables.pieces import write_pieces


def main(sources, rows, files, faults, *, centre, formats, tables, key=""):
    """Read each file or query; what cannot be read becomes a fault and no rows."""
    folder = "" if centre == "source" else f"{centre}/"
    parts, given = [], iter(sources)
    paths = [None if f["reading"].get("connection") else next(given) for f in formats]
    both = list(zip(formats, paths, strict=True))
    names = [Path(path or f"{form['table']}.query").name for form, path in both]
    for (form, source), name in zip(both, label_files(formats, names), strict=True):
        table, how = form["table"], form["reading"]
        place = {"file": folder + name, "sheet": how.get("sheet"), "table": table}
        read = read_or_tell(source, **how)
        if who := form.get("private"):
            named = {**who, "key": read_key(key), "centre": centre}
            read = map(partial(replace_identifiers, **named), read)
        part = 1 + sum(each.place["table"] == table for each in parts)
        parts.append(Passing({**place, "part": part}, read))
    for table, target in zip(tables, rows, strict=True):
        own = [each for each in parts if each.place["table"] == table]
        write_pieces(label_parts(own), target)
    Files.write(Files.of([each.account for each in parts]), files)
    Faults.write(Faults.of([fault for each in parts for fault in each.faults]), faults)


if __name__ == "__main__":
    run(main, snakemake)
