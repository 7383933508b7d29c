"""Make each design anew, score, match or weights, of a batch of resamples."""

from twoarm.clocks import patients_at
from twoarm.propensity.refitting import refit_design, refit_over_time
from twoarm.propensity.sample import select_sample
from twoarm.runner import run
from twoarm.survival.batches import list_resamples
from twoarm.survival.resampling import replicate_arms, replicate_clones
from twoarm.tables.cohort import Arms, Histories, Patients
from twoarm.tables.propensity import Scores
from twoarm.tables.survival import Resamples


def main(
    patients, arms, scores, histories, resamples, *, endpoint, batch, endpoints,
    designs, cloned, sequential, model, settings, ends,
):  # fmt: skip
    """Resample the patients of each imputation; write rows of each design."""
    rows, clocks, size = [], Arms.read(arms), settings["batch"]
    numbers = range(settings["replicates"])[(int(batch) - 1) * size : int(batch) * size]
    how = {**ends, "numbers": numbers, "seed": settings["seed"]}
    one = {"endpoint": endpoint, "histories": Histories.read_some(histories)}
    score, within = {k: model[k] for k in model if k != "within"}, model["within"]
    for number, (path, scored) in enumerate(zip(patients, scores, strict=True)):
        everyone, own, found = Patients.read(path), Scores.read(scored), {}
        for name, design in designs.items():
            cohort = patients_at(everyone, clocks.filter(design=name), endpoints)
            part = cohort, own.filter(score=design["score"]), design
            refit = refit_design(select_sample(*part, within=within), design, score)
            found[name] = replicate_arms(cohort, endpoint, refit, **how)
        for name, each in {**cloned, **sequential}.items():
            refit = refit_over_time(everyone, each, endpoints, name, **one)
            found[name] = replicate_clones(refit, everyone.height, **how)
        told = {"imputation": number, "numbers": numbers}
        rows += [row for k in found for row in list_resamples(found[k], k, **told)]
    Resamples.write(Resamples.of(rows), resamples)


if __name__ == "__main__":
    run(main, snakemake)
