"""Nearest matching by size: `python benchmarks/matching.py`.

The peer is scikit-learn's search of one nearest control for each treated patient, which
is less: it takes no control out and has no caliper.
"""

import resource
import time

import numpy as np
from sklearn.neighbors import KDTree

from twoarm.propensity.nearest import caliper_of, match_nearest


def main() -> None:
    """Print a row a size."""
    print("| patients | ratio | matches | s | KD tree, s | ratio to it | peak, MiB |")
    print("|---|---|---|---|---|---|---|")
    for size in (1_000, 10_000, 100_000, 1_000_000):
        rng = np.random.default_rng(size)
        treated = rng.random(size) < 1 / 3
        logit = rng.normal(size=size) + 0.7 * treated
        start = time.perf_counter()
        KDTree(logit[~treated, None]).query(logit[treated, None])
        peer = time.perf_counter() - start
        for ratio in (1, 3):
            start = time.perf_counter()
            found = match_nearest(
                logit, treated, ratio=ratio, caliper=caliper_of(logit, 0.2)
            )
            own = time.perf_counter() - start
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(
                f"| {size:,} | 1:{ratio} | {len(found.treated):,} | {own:.3f} "
                f"| {peer:.3f} | {own / peer:.2f} | {peak:.0f} |"
            )


if __name__ == "__main__":
    main()
