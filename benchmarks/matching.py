"""Nearest matching by size: `python benchmarks/matching.py`.

The peer is scikit-learn's search of one nearest control for each treated patient, which
is less: it takes no control out and has no caliper. The loops are compiled before the
clock starts; what that takes has its own line.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.neighbors import KDTree

from twoarm.propensity import kernels
from twoarm.propensity.mahalanobis import match_mahalanobis
from twoarm.propensity.nearest import caliper_of, match_nearest
from twoarm.propensity.sets import check_sets, sets_of, weight_sets

SIZES = (1_000, 10_000, 100_000, 1_000_000)
RULES: dict[str, dict[str, Any]] = {
    "largest": {"order": "largest"},
    "closest": {"order": "closest"},
    "largest, 50 strata": {"order": "largest", "strata": True},
    "with replacement": {"replace": True},
}


def timed(call: Callable[[], Any]) -> tuple[Any, float]:
    """Call and return the result and the seconds."""
    start = time.perf_counter()
    found = call()
    return found, time.perf_counter() - start


def cohort(size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Logits, who is treated (a third), strata."""
    rng = np.random.default_rng(size)
    treated = rng.random(size) < 1 / 3
    logit = rng.normal(size=size) + 0.7 * treated
    return logit, treated, rng.integers(0, 50, size)


def peak() -> float:
    """Return the most memory so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


FIRST_CALL = """
import time
from twoarm.propensity import kernels
from twoarm.propensity.nearest import match_nearest
from benchmark import cohort
logit, treated, _ = cohort(kernels.COMPILED_FROM)
seconds = []
for _ in range(2):
    start = time.perf_counter()
    match_nearest(logit, treated, order=ORDER)
    seconds.append(time.perf_counter() - start)
print(f"{seconds[0] - seconds[1]:.2f}")
"""


def measure_compilation() -> None:
    """Print what a first call takes more, with numba's import, in a fresh process."""
    for order in ("largest", "closest"):
        with tempfile.TemporaryDirectory() as folder:
            program = FIRST_CALL.replace("ORDER", repr(order))
            program = program.replace("benchmark", Path(__file__).stem)
            for what in ("compiled", "read from disk"):
                found = subprocess.run(
                    [sys.executable, "-c", program],
                    env={**os.environ, "NUMBA_CACHE_DIR": folder},
                    cwd=Path(__file__).parent,
                    check=True,
                    capture_output=True,
                    text=True,
                )
                print(f"first call of `{order}`, {what}: {found.stdout.strip()} s")
    logit, treated, _ = cohort(kernels.COMPILED_FROM)
    for order in ("largest", "closest"):  # before the clock starts
        match_nearest(logit, treated, order=order)


def measure(size: int) -> None:
    """Print a row a rule and ratio."""
    logit, treated, strata = cohort(size)
    caliper = caliper_of(logit, treated, 0.2)
    _, peer = timed(lambda: KDTree(logit[~treated, None]).query(logit[treated, None]))
    for name, rule in RULES.items():
        within = strata if rule.get("strata") else None
        rule = {**rule, "strata": within}
        for ratio in (1, 3):
            bounds = {"ratio": ratio, "caliper": caliper}
            found, own = timed(
                lambda r=rule, b=bounds: match_nearest(logit, treated, **r, **b)
            )
            sets, grouping = timed(lambda f=found: sets_of(f))
            weight, weighting = timed(
                lambda s=sets: weight_sets(s, treated, estimand="ATT")
            )
            promised = {**bounds, "replace": rule.get("replace", False)}
            _, checking = timed(
                lambda s=sets, w=weight, p=promised, t=within: check_sets(
                    s, treated, logit=logit, weight=w, strata=t, **p
                )
            )
            print(
                f"| {size:,} | {name} | 1:{ratio} | {len(found.treated):,} "
                f"| {own:.3f} | {peer:.3f} | {own / peer:.2f} "
                f"| {grouping + weighting:.3f} | {checking:.3f} | {peak():.0f} |"
            )


def measure_covariates() -> None:
    """Print a row a size of matching on five covariates within the caliper."""
    for size in (1_000, 10_000, 30_000):
        logit, treated, _ = cohort(size)
        matrix = np.random.default_rng(1).normal(size=(size, 5))
        caliper = caliper_of(logit, treated, 0.2)
        found, own = timed(
            lambda m=matrix, t=treated, x=logit, c=caliper: match_mahalanobis(
                m, t, x, caliper=c
            )
        )
        print(f"| {size:,} | {len(found.treated):,} | {own:.2f} | {peak():.0f} |")


def main() -> None:
    """Print the tables, as Markdown."""
    measure_compilation()
    print(
        "\n| patients | rule | ratio | matches | s | KD tree, s | ratio to it "
        "| sets and weights, s | check, s | peak, MiB |\n"
        "|---|---|---|---|---|---|---|---|---|---|"
    )
    for size in SIZES:
        measure(size)
    print("\nMahalanobis:\n\n| patients | matches | s | peak, MiB |\n|---|---|---|---|")
    measure_covariates()


if __name__ == "__main__":
    main()
