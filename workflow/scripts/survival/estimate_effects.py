"""Estimate the effects on an endpoint: each design, and a regression."""

from twoarm.runner import run
from twoarm.survival.curves import arms_of
from twoarm.survival.effects import estimate_effects, select_horizons
from twoarm.survival.regression import fit_regression
from twoarm.tables.cohort import Patients
from twoarm.tables.propensity import Designs
from twoarm.tables.survival import Effects


def main(patients, designs, effects, *, endpoint, labels, analysis):
    """Write a row an estimate."""
    cohort, members = Patients.read(patients), Designs.read(designs)
    confidence, rows = analysis["confidence"], []
    for (design,), part in members.group_by("design", maintain_order=True):
        arms = arms_of(cohort, part, endpoint=endpoint, labels=labels)
        horizons = analysis["horizons_months"] or select_horizons(arms)
        found = estimate_effects(
            arms,
            horizons_months=horizons,
            rmst_months=analysis["rmst_months"] or max(horizons, default=None),
            confidence=confidence,
        )
        rows += [{**row, "design": design} for row in found]
    found = fit_regression(
        cohort,
        endpoint=endpoint,
        covariates=analysis["cox"]["covariates"],
        confidence=confidence,
    )
    rows += [{**row, "design": "unadjusted"} for row in found]
    Effects.write(Effects.of([{**row, "endpoint": endpoint} for row in rows]), effects)


if __name__ == "__main__":
    run(main, snakemake)
