"""Collect the designs: who is in each, with what weight, in which set."""

from pathlib import Path

import polars as pl

from twoarm.propensity import designs as collection
from twoarm.runner import run
from twoarm.tables.cohort import Arms
from twoarm.tables.propensity import Clones, Designs, Scores, Sets, Trials, Weights


def main(arms, scores, sets, weights, clones, trials, designs, *, methods):
    """Write a row a patient and design, `unadjusted` among them."""
    clocks, parts = Arms.read(arms), []
    matched = {(Path(each).parent.name, Path(each).stem): each for each in sets}
    for paths in zip(scores, weights, clones, trials, strict=True):
        each = zip((Scores, Weights, Clones, Trials), paths, strict=True)
        rows, heavy, copies, nested = (table.read(path) for table, path in each)
        number, found = Path(paths[1]).stem, []
        for name, score in methods.items():
            clock, own = clocks.filter(design=name), rows.filter(score=score)
            if path := matched.get((number, name)):
                sets_of = Sets.read(path)
                found.append(collection.design_of_sets(name, clock, own, sets_of))
            elif name in heavy["design"]:
                found.append(collection.design_of_weights(name, clock, own, heavy))
            elif name in copies["design"]:
                found.append(collection.design_of_clones(name, copies))
            elif name in nested["design"]:
                found.append(collection.design_of_trials(name, nested))
            else:
                found.append(collection.design_of_all(name, clock, own))
        named = pl.concat(found).with_columns(imputation=pl.lit(int(number)))
        parts.append(named.cast({"imputation": pl.Int64}))
    Designs.write(pl.concat(parts), designs)


if __name__ == "__main__":
    run(main, snakemake)
