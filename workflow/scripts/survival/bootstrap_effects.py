"""Give each design the limits of a bootstrap, from all batches of its resamples."""

from twoarm.runner import run
from twoarm.survival.batches import resampled_of
from twoarm.survival.pooled_effects import pool_effects
from twoarm.survival.resampling import summarise_resamples
from twoarm.tables.survival import Effects, Resamples


def main(
    resamples, effects, *, endpoint, designs, cloned, sequential, ends, confidence
):
    """Summarise the resamples of each imputation; write rows of each design."""
    drawn, rows = Resamples.read_all(resamples), []
    of = dict.fromkeys(cloned, "clones") | dict.fromkeys(sequential, "trials")
    for number in drawn["imputation"].unique().sort():
        for name in [*designs, *cloned, *sequential]:
            own = resampled_of(drawn.filter(imputation=number, design=name))
            how = {**ends, "confidence": confidence, "of": of.get(name)}
            told = {"design": name, "endpoint": endpoint, "imputation": number}
            rows += [{**row, **told} for row in summarise_resamples(own, **how)]
    Effects.write(pool_effects(Effects.many(rows), confidence=confidence), effects)


if __name__ == "__main__":
    run(main, snakemake)
