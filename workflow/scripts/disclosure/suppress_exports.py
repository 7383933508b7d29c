"""Hide small counts in what is known of exports alone: criteria met, scans made."""

from twoarm.disclosure.exports import suppress_scans, suppress_versions
from twoarm.disclosure.text import neutralise
from twoarm.runner import run
from twoarm.tables.contract import write_csv
from twoarm.tables.criteria import Versions
from twoarm.tables.outcomes import Scans


def main(versions, scans_in, criteria, scans, *, minimum_count):
    """Write each table as CSV, in the order of its key."""
    fewest = {"minimum_count": minimum_count}
    met = suppress_versions(Versions.read(versions), **fewest)
    write_csv(neutralise(met), criteria)
    write_csv(neutralise(suppress_scans(Scans.read(scans_in), **fewest)), scans)


if __name__ == "__main__":
    run(main, snakemake)
