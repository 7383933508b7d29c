"""Compare who is left out of each design with who is not."""

import polars as pl

from twoarm.clocks import cohorts_at
from twoarm.propensity.assessment import compare_dropped, weights_of
from twoarm.runner import run
from twoarm.tables.cohort import Arms, Patients
from twoarm.tables.diagnostics import Dropped
from twoarm.tables.propensity import Designs


def main(patients, arms, designs, dropped, *, covariates, estimands, endpoints):
    """Write a row a design, arm and covariate level, of the first imputation."""
    cohort, members = Patients.read_all(patients), Designs.read(designs)
    first = members.filter(pl.col("imputation") == pl.col("imputation").min())
    parts = [Dropped.of([])]
    for names, people in cohorts_at(cohort, Arms.read(arms), endpoints):
        for name, design in weights_of(people, first, estimands, names).items():
            found = compare_dropped(people, design, covariates)
            rows = found.with_columns(design=pl.lit(name))
            parts.append(rows.select(Dropped.column_names()))
    Dropped.write(pl.concat(parts), dropped)


if __name__ == "__main__":
    run(main, snakemake)
