"""Bootstrap each design: score, match or weights, and effect."""

from twoarm.clocks import patients_at
from twoarm.propensity.refitting import refit_design, refit_over_time
from twoarm.propensity.sample import select_sample
from twoarm.runner import run
from twoarm.survival.pooled_effects import pool_effects
from twoarm.survival.resampling import bootstrap_arms, bootstrap_clones
from twoarm.tables.cohort import Arms, Histories, Patients
from twoarm.tables.propensity import Scores
from twoarm.tables.survival import Effects


def main(
    patients, arms, scores, histories, effects, *, endpoint, endpoints, designs,
    cloned, sequential, model, settings, ends, confidence,
):  # fmt: skip
    """Resample the patients of each imputation; write rows of each design."""
    rows, how, clocks = [], {"confidence": confidence, **settings}, Arms.read(arms)
    one = {"endpoint": endpoint, "histories": Histories.read_some(histories)}
    score, within = {k: model[k] for k in model if k != "within"}, model["within"]
    for number, (path, scored) in enumerate(zip(patients, scores, strict=True)):
        everyone, own, found = Patients.read(path), Scores.read(scored), {}
        for name, design in designs.items():
            cohort = patients_at(everyone, clocks.filter(design=name), endpoints)
            part = cohort, own.filter(score=design["score"]), design
            refit = refit_design(select_sample(*part, within=within), design, score)
            found[name] = bootstrap_arms(cohort, endpoint, refit, **ends, **how)
        for name, each in {**cloned, **sequential}.items():
            refit = refit_over_time(everyone, each, endpoints, name, **one)
            label = {"of": "trials" if name in sequential else "clones"} | ends
            found[name] = bootstrap_clones(refit, everyone.height, **label, **how)
        told = {"endpoint": endpoint, "imputation": number}
        rows += [{**row, "design": k, **told} for k in found for row in found[k]]
    Effects.write(pool_effects(Effects.many(rows), confidence=confidence), effects)


if __name__ == "__main__":
    run(main, snakemake)
