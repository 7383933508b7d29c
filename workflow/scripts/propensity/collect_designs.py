"""Collect the designs: who is in each, with what weight, in which set."""

from pathlib import Path

import polars as pl

from twoarm.propensity.designs import (
    design_of_all,
    design_of_sets,
    design_of_weights,
)
from twoarm.runner import run
from twoarm.tables.propensity import Designs, Scores, Sets, Weights


def main(scores, sets, weights, designs, *, methods):
    """Write a row a patient and design, `unadjusted` among them."""
    parts = []
    matched = {(Path(each).parent.name, Path(each).stem): each for each in sets}
    for scored, weighed in zip(scores, weights, strict=True):
        number, rows, heavy = (
            Path(weighed).stem,
            Scores.read(scored),
            Weights.read(weighed),
        )
        parts.append(design_of_all(rows.filter(score="unadjusted")))
        for name, design in methods.items():
            own = rows.filter(score=design["score"])
            if path := matched.get((number, name)):
                parts.append(design_of_sets(name, own, Sets.read(path)))
            else:
                parts.append(design_of_weights(name, own, heavy))
    Designs.write(pl.concat(parts), designs)


if __name__ == "__main__":
    run(main, snakemake)
