"""Collect the designs: who is in each, with what weight, in which set."""

from pathlib import Path

import polars as pl

from twoarm.propensity.members import list_design
from twoarm.runner import run
from twoarm.tables.cohort import Arms
from twoarm.tables.propensity import Clones, Designs, Scores, Sets, Trials, Weights


def main(arms, scores, sets, weights, clones, trials, designs, *, methods):
    """Write a row a patient and design, `unadjusted` among them."""
    clocks, parts = Arms.read(arms), []
    matched = {(Path(each).parent.name, Path(each).stem): each for each in sets}
    read = {"weights": Weights, "clones": Clones, "trials": Trials}
    for scored, *paths in zip(scores, weights, clones, trials, strict=True):
        rows, found, number = Scores.read(scored), [], Path(paths[0]).stem
        each = zip(read.items(), paths, strict=True)
        made = {key: table.read(path) for (key, table), path in each}
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
