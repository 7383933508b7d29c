"""Hide small counts in what is known of exports alone: criteria, scans, cells."""

from twoarm.disclosure.exports import (
    suppress_quality,
    suppress_scans,
    suppress_versions,
)
from twoarm.disclosure.text import neutralise
from twoarm.runner import run
from twoarm.tables.contract import write_csv
from twoarm.tables.criteria import Versions
from twoarm.tables.outcomes import Scans
from twoarm.tables.quality import Quality


def main(versions, scans_in, quality_in, criteria, scans, quality, *, minimum_count):
    """Write each table as CSV, in the order of its key."""
    fewest = {"minimum_count": minimum_count}
    met = suppress_versions(Versions.read(versions), **fewest)
    write_csv(neutralise(met), criteria)
    cells = suppress_quality(Quality.read(quality_in), **fewest)
    write_csv(neutralise(cells), quality)
    write_csv(neutralise(suppress_scans(Scans.read(scans_in), **fewest)), scans)


if __name__ == "__main__":
    run(main, snakemake)
