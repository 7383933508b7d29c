"""Clone and weight the patients of each cloned design."""

import polars as pl

from twoarm.propensity.cloned import assess_carried, clone_design, weight_cloned
from twoarm.runner import run
from twoarm.tables.cohort import Histories, Patients
from twoarm.tables.propensity import Carried, Clones


def main(patients, histories, clones, carried, *, cloned, endpoints):
    """Write a row a stretch of days of one weight, and how old the values were."""
    cohort, parts, ages = Patients.read(patients), [Clones.of([])], []
    later = Histories.read_some(histories)
    for name, design in cloned.items():
        copies = clone_design(cohort, design, endpoints, name, histories=later)
        rows = weight_cloned(cohort, copies, design, name)
        parts.append(rows.select(Clones.column_names()))
        ages += [{"design": name, **row} for row in assess_carried(copies, design)]
    Clones.write(pl.concat(parts), clones)
    Carried.write(Carried.of(ages), carried)


if __name__ == "__main__":
    run(main, snakemake)
