"""Hide small counts in Table 1 and in the table of what is missing."""

from twoarm.disclosure.description import suppress_description, suppress_missingness
from twoarm.disclosure.text import neutralise
from twoarm.runner import run
from twoarm.tables.cohort import Missingness
from twoarm.tables.contract import write_csv
from twoarm.tables.description import Description


def main(description, missingness, tables, *, minimum_count, structural):
    """Write both tables as CSV, in the order of their keys."""
    found = [
        suppress_description(
            Description.read(description),
            minimum_count=minimum_count,
            structural=structural,
        ),
        suppress_missingness(
            Missingness.read(missingness), minimum_count=minimum_count
        ),
    ]
    for path, table in zip(tables, found, strict=True):
        write_csv(neutralise(table), path)


if __name__ == "__main__":
    run(main, snakemake)
