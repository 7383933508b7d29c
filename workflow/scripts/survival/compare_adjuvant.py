"""Compare who resumed therapy after surgery with who did not, from a landmark."""

from twoarm.runner import run
from twoarm.survival.adjuvant import compare_adjuvant, design_of
from twoarm.survival.pooled_effects import pool_effects
from twoarm.tables.cohort import Patients
from twoarm.tables.outcomes import Adjuvant, Outcomes
from twoarm.tables.survival import Effects


def main(patients, adjuvant, outcomes, effects, *, settings, horizons, confidence):
    """Write a row an estimate of each landmark."""
    operated, followed, rows = Adjuvant.read(adjuvant), Outcomes.read(outcomes), []
    for number, path in enumerate(patients):
        cohort = Patients.read(path)
        for day in settings["landmark_days"]:
            found = compare_adjuvant(
                cohort,
                operated,
                followed,
                landmark_days=day,
                covariates=settings["covariates"],
                horizons_months=horizons or [12.0, 36.0, 60.0],
                confidence=confidence,
            )
            named = {"design": design_of(day), "imputation": number}
            rows += [{**row, **named} for row in found]
    Effects.write(pool_effects(Effects.many(rows), confidence=confidence), effects)


if __name__ == "__main__":
    run(main, snakemake)
