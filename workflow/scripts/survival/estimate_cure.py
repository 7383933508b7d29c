"""Estimate the cured share of each arm: each design of an endpoint."""

from twoarm.runner import run
from twoarm.survival.cured import estimate_cure
from twoarm.survival.curves import arms_of
from twoarm.survival.pooled_effects import pool_effects
from twoarm.tables.cohort import Patients
from twoarm.tables.propensity import Designs
from twoarm.tables.survival import Effects


def main(patients, designs, effects, *, endpoint, labels, confidence):
    """Write a row an estimate, pooled over the imputations."""
    cohort, members = Patients.read(patients), Designs.read(designs)
    told = {"endpoint": endpoint, "labels": labels}
    rows = [
        {**row, "imputation": number, "design": design, "endpoint": endpoint}
        for (number, design), part in members.group_by(
            ["imputation", "design"], maintain_order=True
        )
        for row in estimate_cure(arms_of(cohort, part, **told), confidence=confidence)
    ]
    Effects.write(pool_effects(Effects.many(rows), confidence=confidence), effects)


if __name__ == "__main__":
    run(main, snakemake)
