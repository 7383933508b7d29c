"""Hide small counts in what tells of an imputation."""

from twoarm.disclosure.imputation import suppress_traces, suppress_values
from twoarm.disclosure.text import neutralise
from twoarm.runner import run
from twoarm.tables.cohort import ImputedValues, Trace
from twoarm.tables.contract import write_csv


def main(values, traces, tables, *, minimum_count):
    """Write values and traces as CSV, in the order of their keys."""
    counted, key = ImputedValues.read(values), Trace.key()
    drawn = Trace.read_all(traces).sort(key, nulls_last=True)
    found = [
        suppress_values(counted, minimum_count=minimum_count),
        suppress_traces(drawn, counted, minimum_count=minimum_count),
    ]
    for path, table in zip(tables, found, strict=True):
        write_csv(neutralise(table), path)


if __name__ == "__main__":
    run(main, snakemake)
