"""Let out how each design does on twins of the cohort: of invented patients alone."""

from twoarm.disclosure.text import neutralise
from twoarm.disclosure.twins import suppress_levels
from twoarm.runner import run
from twoarm.tables.contract import write_csv
from twoarm.tables.validation import Performance


def main(performance, twins):
    """Write the table as CSV, without the name of a level that few patients have."""
    write_csv(neutralise(suppress_levels(Performance.read(performance))), twins)


if __name__ == "__main__":
    run(main, snakemake)
