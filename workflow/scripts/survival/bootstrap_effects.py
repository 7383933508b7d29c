"""Bootstrap the hazard ratio of each design: score, match or weights, and effect."""

from twoarm.propensity.refitting import refit_design
from twoarm.propensity.sample import select_sample
from twoarm.runner import run
from twoarm.survival.pooled_effects import pool_effects
from twoarm.survival.resampling import bootstrap_ratio
from twoarm.tables.cohort import Patients
from twoarm.tables.propensity import Scores
from twoarm.tables.survival import Effects


def main(
    patients, scores, effects, *, endpoint, designs, model, settings, confidence
):  # fmt: skip
    """Resample the patients of each imputation; write a row a design."""
    rows, how = [], {"confidence": confidence, **settings}
    score = {key: model[key] for key in model if key != "within"}
    for number, (path, scored) in enumerate(zip(patients, scores, strict=True)):
        cohort, own = Patients.read(path), Scores.read(scored)
        outcome = (cohort[f"{endpoint}_{end}"].to_numpy() for end in ("days", "event"))
        outcome = [*outcome, cohort["treated"].to_numpy()]
        for name, design in designs.items():
            shared = own.filter(score=design["score"])
            sample = select_sample(cohort, shared, design, within=model["within"])
            row = bootstrap_ratio(*outcome, refit_design(sample, design, score), **how)
            named = {"endpoint": endpoint, "design": name, "imputation": number}
            rows.append({**row, **named})
    table = Effects.many(rows)
    Effects.write(pool_effects(table, confidence=confidence), effects)


if __name__ == "__main__":
    run(main, snakemake)
