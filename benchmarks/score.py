"""The score by size: `python benchmarks/score.py`.

With standard errors; the peer, scikit-learn's Newton-Cholesky, has none. Times are the
best of three. Memory is what the largest resident set grew by, each size and side in a
process of its own.
"""

import resource
import subprocess
import sys
import time

import numpy as np
from sklearn.linear_model import LogisticRegression

from twoarm.propensity.score import estimate_score

SIZES = (1_000, 10_000, 100_000, 1_000_000)
TERMS = 20
TIMES = 3


def fit_peer(treated: np.ndarray, matrix: np.ndarray) -> None:
    """Fit scikit-learn's model, without a penalty."""
    peer = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-10)
    peer.fit(matrix, treated)


SIDES = {"own": estimate_score, "peer": fit_peer}


def measure(side: str, size: int) -> None:
    """Print seconds and MiB of one side."""
    rng = np.random.default_rng(size)
    matrix = rng.normal(size=(size, TERMS))
    matrix[:, TERMS // 2 :] = matrix[:, TERMS // 2 :] > 0.5
    chance = 1 / (1 + np.exp(1 - matrix @ np.linspace(-0.4, 0.4, TERMS)))
    treated = rng.random(size) < chance
    del chance
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds = []
    for _ in range(TIMES):
        start = time.perf_counter()
        SIDES[side](treated, matrix)
        seconds.append(time.perf_counter() - start)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(min(seconds), grown / 1024)


def main() -> None:
    """Print a row a size."""
    print("| patients | s | scikit-learn, s | ratio to it | MiB | scikit-learn, MiB |")
    print("|---|---|---|---|---|---|")
    for size in SIZES:
        found = {}
        for side in SIDES:
            command = [sys.executable, __file__, side, str(size)]
            told = subprocess.run(command, capture_output=True, text=True, check=True)
            found[side] = [float(each) for each in told.stdout.split()]
        (own, memory), (peer, peer_memory) = found["own"], found["peer"]
        print(
            f"| {size:,} | {own:.4f} | {peer:.4f} | {own / peer:.2f} "
            f"| {memory:.0f} | {peer_memory:.0f} |"
        )


if __name__ == "__main__":
    if sys.argv[1:]:
        measure(sys.argv[1], int(sys.argv[2]))
    else:
        main()
