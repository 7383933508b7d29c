"""Put what may leave into one folder, after a last look at it."""

from pathlib import Path

from twoarm.disclosure.readable import read_words
from twoarm.disclosure.release import check_release, list_few
from twoarm.runner import run
from twoarm.tables.contract import write_bytes, write_csv
from twoarm.tables.harmonisation import Records
from twoarm.tables.release import manifest_of


def main(records, sources, released, manifest, *, open_fields, minimum_count):
    """Check every file for what tells of a patient; copy; list what was copied."""
    contents = {
        target: Path(source).read_bytes()
        for source, target in zip(sources, released, strict=True)
    }
    names = {path: Path(path).name for path in contents}
    texts = {names[path]: read_words(names[path], contents[path]) for path in contents}
    tables = {Path(path).stem for path in records}
    told = Records.read_lazily(records, tables).values()
    few = list_few(told, open_fields, minimum_count)
    check_release(texts, Records.read_identifiers(records), few)
    for path, content in contents.items():
        write_bytes(content, path)
    folder = Path(manifest).parent
    named = {Path(p).relative_to(folder).as_posix(): c for p, c in contents.items()}
    write_csv(manifest_of(named), manifest)


if __name__ == "__main__":
    run(main, snakemake)
