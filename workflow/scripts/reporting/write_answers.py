"""Write what each design finds, what it asks, and if it is sound."""

from twoarm.disclosure.text import neutralise
from twoarm.reporting.comparison import compare_designs
from twoarm.runner import run
from twoarm.tables.cohort import Audit
from twoarm.tables.contract import write_csv
from twoarm.tables.survival import Effects


def main(effects, audit, answers, *, study, clocks):
    """Write a row an endpoint and design, from what the release holds."""
    found = compare_designs(
        Effects.read_csv(effects), Audit.read_csv(audit), study=study, clocks=clocks
    )
    write_csv(neutralise(found), answers)


if __name__ == "__main__":
    run(main, snakemake)
