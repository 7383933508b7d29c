"""Get a public data set: a copy at hand, a fetched file, or out of a package."""

from pathlib import Path

from twoarm.ingestion.public import (
    check_sha256,
    fetch_file,
    read_fetched,
    read_package,
)
from twoarm.runner import run
from twoarm.tables.contract import whole


def main(local, source, *, fetch, package, sha256):
    """Write the data set as CSV, if it has the study's checksum."""
    if local:
        content = Path(local[0]).read_bytes()
    elif package:
        content = read_package(package["dataset"])
    else:
        suffix = Path(fetch["member"] or fetch["urls"][0]).suffix
        content = read_fetched(
            fetch_file(fetch["urls"], fetch["member"]),
            suffix=suffix,
            name=fetch["object"],
            sort=fetch["sort"],
        )
    check_sha256(content, sha256)
    with whole(source) as beside:
        beside.write_bytes(content)


if __name__ == "__main__":
    run(main, snakemake)
