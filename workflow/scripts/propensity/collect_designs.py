"""Collect the designs: who is in each, with what weight, in which set."""

import polars as pl

from twoarm.propensity.designs import design_of_all, design_of_pairs, design_of_score
from twoarm.runner import run
from twoarm.tables.propensity import Designs, Pairs, Scores


def main(scores, pairs, designs, *, matched, weighted):
    """Write a row a patient and design, `unadjusted` among them."""
    scored = Scores.read(scores)
    parts = [design_of_all(scored)]
    for name, path in zip(matched, pairs, strict=True):
        parts.append(design_of_pairs(name, scored, Pairs.read(path)))
    for name, estimand in weighted.items():
        parts.append(design_of_score(name, scored, estimand))
    Designs.write(pl.concat(parts), designs)


if __name__ == "__main__":
    run(main, snakemake)
