"""Bootstrap each design: score, match or weights, and effect."""

from twoarm.clocks import patients_at
from twoarm.propensity.cloned import clone_design, refit_cloned
from twoarm.propensity.refitting import refit_design
from twoarm.propensity.sample import select_sample
from twoarm.runner import run
from twoarm.survival.pooled_effects import pool_effects
from twoarm.survival.resampling import bootstrap_arms, bootstrap_clones
from twoarm.tables.cohort import Arms, Patients
from twoarm.tables.propensity import Scores
from twoarm.tables.survival import Effects


def main(
    patients, arms, scores, effects, *, endpoint, endpoints, designs, cloned, model,
    settings, ends, confidence,
):  # fmt: skip
    """Resample the patients of each imputation; write rows of each design."""
    rows, how, clocks = [], {"confidence": confidence, **settings}, Arms.read(arms)
    score = {key: model[key] for key in model if key != "within"}
    for number, (path, scored) in enumerate(zip(patients, scores, strict=True)):
        everyone, own, found = Patients.read(path), Scores.read(scored), {}
        for name, design in designs.items():
            shared = own.filter(score=design["score"])
            cohort = patients_at(everyone, clocks.filter(design=name), endpoints)
            sample = select_sample(cohort, shared, design, within=model["within"])
            refit = refit_design(sample, design, score)
            found[name] = bootstrap_arms(cohort, endpoint, refit, **ends, **how)
        for name, design in cloned.items():
            copies = clone_design(everyone, design, endpoints, name, endpoint=endpoint)
            refit, size = refit_cloned(copies, design), everyone.height
            found[name] = bootstrap_clones(refit, size, **ends, **how)
        told = {"endpoint": endpoint, "imputation": number}
        rows += [{**row, "design": k, **told} for k in found for row in found[k]]
    Effects.write(pool_effects(Effects.many(rows), confidence=confidence), effects)


if __name__ == "__main__":
    run(main, snakemake)
