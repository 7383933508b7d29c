"""Estimate the endpoints that one arm has alone, or a competing event may forestall."""

from twoarm.runner import run
from twoarm.survival.outcomes import estimate_outcomes
from twoarm.tables.cohort import Patients
from twoarm.tables.outcomes import Outcomes
from twoarm.tables.survival import Effects


def main(patients, outcomes, effects, *, endpoints, labels, horizons, confidence):
    """Write a row an estimate."""
    arms = Patients.read(patients).select("patient_id", "treated")
    followed = Outcomes.read(outcomes).join(arms, on="patient_id")
    rows = estimate_outcomes(
        followed,
        endpoints=endpoints,
        labels=labels,
        horizons_months=horizons or [12.0, 36.0, 60.0],
        confidence=confidence,
    )
    Effects.write(
        Effects.of([{**row, "design": "unadjusted"} for row in rows]), effects
    )


if __name__ == "__main__":
    run(main, snakemake)
