"""Hide small counts in what tells of the trials of sequential designs."""

from twoarm.disclosure.clones import suppress_windows
from twoarm.disclosure.text import neutralise
from twoarm.runner import run
from twoarm.tables.contract import write_csv
from twoarm.tables.propensity import Windows


def main(windows_in, windows, *, minimum_count):
    """Write the windows as CSV, in the order of the key."""
    laid_out = Windows.read_all(list(windows_in))
    shown = suppress_windows(laid_out, minimum_count=minimum_count)
    write_csv(neutralise(shown), windows)


if __name__ == "__main__":
    run(main, snakemake)
