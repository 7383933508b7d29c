"""Make each design anew without each centre, and estimate its hazard ratio."""

from functools import partial

from twoarm.clocks import patients_at
from twoarm.propensity.subsets import refit_clones_of, refit_part
from twoarm.runner import run
from twoarm.survival.pooled_effects import pool_effects
from twoarm.survival.refitted import estimate_refitted, list_other_centres
from twoarm.tables.cohort import Arms, Patients
from twoarm.tables.propensity import Scores
from twoarm.tables.survival import Effects


def main(
    patients, arms, scores, effects, *, endpoints, designs, cloned, model, confidence
):  # fmt: skip
    """Write a row a design, endpoint and centre, pooled over the imputations."""
    rows, clocks = [], Arms.read(arms)
    for number, (path, scored) in enumerate(zip(patients, scores, strict=True)):
        own, parts = Scores.read(scored), list_other_centres(Patients.read(path))
        for endpoint, (centre, others) in [(e, p) for e in endpoints for p in parts]:
            made = {}
            for name, design in designs.items():
                cohort = patients_at(others, clocks.filter(design=name), endpoints)
                shared = own.filter(score=design["score"])
                how = (cohort, shared, design, model, endpoint)
                made[name] = partial(refit_part, *how)
            for name, design in cloned.items():
                how = (others, design, endpoints, name, endpoint)
                made[name] = partial(refit_clones_of, *how)
            for name, each in made.items():
                row = estimate_refitted(each, centre, confidence=confidence)
                named = {"design": name, "endpoint": endpoint, "imputation": number}
                rows.append({**row, **named})
    Effects.write(pool_effects(Effects.many(rows), confidence=confidence), effects)


if __name__ == "__main__":
    run(main, snakemake)
