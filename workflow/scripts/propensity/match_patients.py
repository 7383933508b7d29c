"""Match treated patients with their nearest controls."""

import logging

import polars as pl

from twoarm.propensity.nearest import caliper_of, match_nearest
from twoarm.runner import run
from twoarm.tables.propensity import Pairs, Scores

log = logging.getLogger(__name__)


def main(scores, pairs, *, ratio, caliper_sd, replace):
    """Match on the logit; write a row a match."""
    scored = Scores.read(scores)
    logit = scored["logit"].to_numpy()
    found = match_nearest(
        logit,
        scored["treated"].to_numpy(),
        ratio=ratio,
        caliper=caliper_of(logit, caliper_sd),
        replace=replace,
    )
    names = scored["patient_id"]
    table = {
        "set_id": names[found.treated],
        "patient_id": names[found.control],
        "distance": found.distance,
    }
    log.info("%d matches", len(found.treated))
    Pairs.write(pl.DataFrame(table), pairs)


if __name__ == "__main__":
    run(main, snakemake)
