"""Let out how each design does on the scenarios: of invented patients alone."""

from twoarm.disclosure.text import neutralise
from twoarm.runner import run
from twoarm.tables.contract import write_csv
from twoarm.tables.validation import Performance


def main(assessed, performance):
    """Write the table as CSV; no row or count in it is of a patient."""
    write_csv(neutralise(Performance.read(assessed)), performance)


if __name__ == "__main__":
    run(main, snakemake)
