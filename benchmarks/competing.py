"""Competing risks by size: `python benchmarks/competing.py`.

The peer of the Fine-Gray fit with its exact errors is R's `cmprsk::crr`, whose cost
grows with the square of the patients. Seconds are of the processor; memory is what is
allocated beside the data. Larger sizes, and ten covariates: `contrasts.py`.
"""

import subprocess
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from twoarm.survival.cure import fit_cure
from twoarm.survival.fine_gray import fit_fine_gray
from twoarm.survival.gray import compare_incidence
from twoarm.survival.incidence import fit_incidence

TERMS = 2
SIZES = (1_000, 10_000, 100_000)
LARGEST_OF_R = 10_000
PEER = """
d <- read.csv("{}")
seconds <- system.time(fit <- cmprsk::crr(d$time, d$cause, as.matrix(d[, -(1:2)]),
  gtol = 1e-9))
cat(sum(seconds[1:2]), fit$coef, sqrt(diag(fit$var)))
"""


def draw_patients(size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw times in days with ties, causes 0 to 2, and an arm with a covariate."""
    rng = np.random.default_rng(size)
    matrix = np.column_stack([rng.random(size) < 0.5, rng.normal(size=size)])
    own = rng.exponential(900 / np.exp(matrix @ np.array([-0.4, 0.2])))
    other, lost = rng.exponential(1500, size), rng.uniform(200, 2500, size)
    first = np.ceil(np.minimum(np.minimum(own, other), lost))
    cause = np.where(lost < np.minimum(own, other), 0, np.where(own < other, 1, 2))
    return first, cause, matrix.astype(float)


def fit_peer(
    times: np.ndarray, cause: np.ndarray, matrix: np.ndarray
) -> tuple[float, np.ndarray]:
    """Return R's seconds, and its estimates with their errors."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "patients.csv")
        rows = np.column_stack([times, cause, matrix])
        np.savetxt(path, rows, delimiter=",", header="time,cause,x,z", comments="")
        script = Path(folder, "peer.R")
        script.write_text(PEER.format(path))
        told = subprocess.run(
            ["Rscript", str(script)], check=True, capture_output=True, text=True
        ).stdout.split()
    return float(told[0]), np.array(told[1:], float)


def clock(run: Callable[..., Any], *given: np.ndarray) -> float:
    """Return the seconds that a call takes."""
    start = time.process_time()
    run(*given)
    return time.process_time() - start


def measure(run: Callable[..., Any], *given: np.ndarray) -> tuple[Any, float, float]:
    """Return what came out, seconds, and the peak of memory in MiB."""
    seconds = clock(run, *given)
    tracemalloc.start()
    found = run(*given)
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    return found, seconds, peak


def main() -> None:
    """Print a row a size."""
    print("| patients | Fine-Gray, s | MiB | R, s | R / own | differs by | ", end="")
    print("Gray, s | curve, s | cure, s |")
    print("|---|---|---|---|---|---|---|---|---|")
    for size in SIZES:
        times, cause, matrix = draw_patients(size)
        found, own, peak = measure(fit_fine_gray, times, cause, matrix)
        peer, ratio, gap = "-", "-", "-"
        if size <= LARGEST_OF_R:
            seconds, numbers = fit_peer(times, cause, matrix)
            mine = np.r_[found.estimate, found.std_error]
            peer, ratio = f"{seconds:.2f}", f"{seconds / own:.0f}"
            gap = f"{np.abs(mine / numbers - 1).max():.0e}"
        gray = clock(compare_incidence, times, cause, matrix[:, 0])
        curve = clock(fit_incidence, times, cause)
        cure = clock(fit_cure, times, cause == 1)
        print(
            f"| {size:,} | {own:.3f} | {peak:.0f} | {peer} | {ratio} | {gap} "
            f"| {gray:.3f} | {curve:.3f} | {cure:.2f} |"
        )


if __name__ == "__main__":
    main()
