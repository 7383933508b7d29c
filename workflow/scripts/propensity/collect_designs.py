"""Collect the designs: who is in each, with what weight, in which set."""

from pathlib import Path

import polars as pl

from twoarm.propensity.members import list_design
from twoarm.runner import run
from twoarm.tables.cohort import Arms
from twoarm.tables.propensity import Clones, Designs, Scores, Sets, Weights


def main(arms, scores, sets, weights, clones, designs, *, methods):
    """Write a row a patient and design, `unadjusted` among them."""
    clocks, parts = Arms.read(arms), []
    matched = {(Path(each).parent.name, Path(each).stem): each for each in sets}
    for scored, weighed, cloned in zip(scores, weights, clones, strict=True):
        rows, found, number = Scores.read(scored), [], Path(weighed).stem
        made = {"weights": Weights.read(weighed), "clones": Clones.read(cloned)}
        for name, score in methods.items():
            clock, own = clocks.filter(design=name), rows.filter(score=score)
            path = matched.get((number, name))
            sets_of = Sets.read(path) if path else None
            found.append(list_design(name, clock, own, sets=sets_of, **made))
        named = pl.concat(found).with_columns(imputation=pl.lit(int(number)))
        parts.append(named.cast({"imputation": pl.Int64}))
    Designs.write(pl.concat(parts), designs)


if __name__ == "__main__":
    run(main, snakemake)
