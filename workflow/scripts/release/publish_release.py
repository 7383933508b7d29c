"""Put what may leave into one folder, after a last look at it."""

from pathlib import Path

from twoarm.disclosure.release import check_release
from twoarm.runner import run
from twoarm.tables.contract import whole, write_csv
from twoarm.tables.harmonisation import Records
from twoarm.tables.release import manifest_of

READABLE = {".csv", ".html", ".svg"}


def main(records, sources, released, manifest):
    """Check every text for identifiers and dates; copy; list what was copied."""
    contents = {
        target: Path(source).read_bytes()
        for source, target in zip(sources, released, strict=True)
    }
    texts = {
        Path(path).name: content.decode("utf-8")
        for path, content in contents.items()
        if Path(path).suffix in READABLE
    }
    check_release(texts, Records.read_all(records)["patient_id"])
    for path, content in contents.items():
        with whole(path) as beside:
            beside.write_bytes(content)
    folder = Path(manifest).parent
    named = {Path(p).relative_to(folder).as_posix(): c for p, c in contents.items()}
    write_csv(manifest_of(named), manifest)


if __name__ == "__main__":
    run(main, snakemake)
