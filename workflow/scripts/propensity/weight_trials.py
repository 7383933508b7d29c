"""Enter the patients of each sequential design into its trials, and weight them."""

import polars as pl

from twoarm.propensity.trialled import assess_windows, derive_trials, weight_entered
from twoarm.runner import run
from twoarm.tables.cohort import Histories, Patients
from twoarm.tables.propensity import Trials, Windows


def main(patients, histories, trials, windows, *, sequential, endpoints):
    """Write a row a patient, trial, and stretch of days of one weight; the windows."""
    cohort, parts, laid_out = Patients.read(patients), [Trials.of([])], []
    later = Histories.read_some(histories)
    for name, design in sequential.items():
        entered = derive_trials(cohort, design, endpoints, name, histories=later)
        rows = weight_entered(cohort, entered, design, name)
        parts.append(rows.select(Trials.column_names()))
        laid_out.append({"design": name, **assess_windows(entered)})
    Trials.write(pl.concat(parts), trials)
    Windows.write(Windows.of(laid_out), windows)


if __name__ == "__main__":
    run(main, snakemake)
