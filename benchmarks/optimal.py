"""Optimal and full matching by size: `python benchmarks/optimal.py`.

The peer is scipy's assignment on a sparse graph of all pairs within the caliper, with a
dummy control for each treated patient; it is left out where its graph does not fit.
"""

import resource
import time

import numpy as np
from scipy.sparse import csr_array, diags_array, hstack
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from twoarm.propensity.full import match_full
from twoarm.propensity.nearest import caliper_of, match_nearest
from twoarm.propensity.optimal import match_optimal

LARGEST_OF_PEER = 10_000


def pairs_within(
    logit: np.ndarray, treated: np.ndarray, caliper: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Return rows, columns and distances of all pairs, and the number of controls."""
    heads, line = logit[treated], np.sort(logit[~treated])
    low = np.searchsorted(line, heads - caliper)
    high = np.searchsorted(line, heads + caliper, side="right")
    row = np.repeat(np.arange(len(heads)), high - low)
    first = np.repeat(low - np.r_[0, np.cumsum(high - low)[:-1]], high - low)
    column = np.arange(len(row)) + first
    return row, column, np.abs(heads[row] - line[column]), len(line)


def match_by_graph(logit: np.ndarray, treated: np.ndarray, caliper: float) -> float:
    """Return the least total distance by scipy; a dummy costs more than all pairs."""
    row, column, apart, n_control = pairs_within(logit, treated, caliper)
    n_treated = int(treated.sum())
    graph = csr_array((apart + 1e-12, (row, column)), shape=(n_treated, n_control))
    dummies = diags_array(np.full(n_treated, 1e6))
    one, other = min_weight_full_bipartite_matching(hstack([graph, dummies], "csr"))
    real = other < n_control
    return float(graph[one[real], other[real]].sum())


def main() -> None:
    """Print a row a size."""
    print("| patients | pairs | optimal, s | scipy, s | ratio | full, s | "
          "distance, optimal | greedy | peak, MiB |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|---|")
    for size in (1_000, 10_000, 100_000):
        rng = np.random.default_rng(size)
        treated = rng.random(size) < 1 / 3
        logit = rng.normal(size=size) + 0.7 * treated
        caliper = caliper_of(logit, treated, 0.2)
        match_optimal(logit, treated, caliper=caliper)  # compiles
        start = time.perf_counter()
        found = match_optimal(logit, treated, caliper=caliper)
        own = time.perf_counter() - start
        start = time.perf_counter()
        match_full(logit, treated, caliper=caliper)
        full = time.perf_counter() - start
        greedy = match_nearest(logit, treated, caliper=caliper)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        peer = ratio = ""
        if size <= LARGEST_OF_PEER:
            start = time.perf_counter()
            least = match_by_graph(logit, treated, caliper)
            seconds = time.perf_counter() - start
            assert abs(least - found.distance.sum()) < 1e-6
            peer, ratio = f"{seconds:.3f}", f"{own / seconds:.2f}"
        print(
            f"| {size:,} | {len(found.treated):,} | {own:.3f} | {peer} | {ratio} "
            f"| {full:.3f} | {found.distance.sum():.1f} | {greedy.distance.sum():.1f} "
            f"({len(greedy.treated):,}) | {peak:.0f} |"
        )


if __name__ == "__main__":
    main()
