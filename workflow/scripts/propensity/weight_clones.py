"""Clone and weight the patients of each cloned design."""

import polars as pl

from twoarm.propensity.cloned import clone_design, weight_cloned
from twoarm.runner import run
from twoarm.tables.cohort import Patients
from twoarm.tables.propensity import Clones


def main(patients, clones, *, cloned, endpoints):
    """Write a row a stretch of days of one weight."""
    cohort, parts = Patients.read(patients), [Clones.of([])]
    for name, design in cloned.items():
        copies = clone_design(cohort, design, endpoints, name)
        rows = weight_cloned(cohort, copies, design, name)
        parts.append(rows.select(Clones.column_names()))
    Clones.write(pl.concat(parts), clones)


if __name__ == "__main__":
    run(main, snakemake)
