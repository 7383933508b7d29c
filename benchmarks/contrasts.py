"""Curves and contrasts by size: `python benchmarks/contrasts.py [most patients]`.

Each is timed against the package `survival` alone on the same rows, in the same run:
what the project adds is the difference. What it has no peer for stands alone.
"""

import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import survival

from twoarm.engine import fit_cox, fit_curve
from twoarm.logrank import compare_logrank
from twoarm.survival.curves import Arm
from twoarm.survival.firth import draws_of, fit_profile
from twoarm.survival.ranks import compare_greatest, compare_ranks
from twoarm.survival.restricted_mean import estimate_rmst
from twoarm.survival.stack import Stack
from twoarm.survival.standardised import standardise_arms
from twoarm.survival.varying import fit_trend

SIZES = (1_000, 10_000, 100_000, 1_000_000)
TERMS, SEED, HORIZON = 10, 1, 365.0
Call = Callable[[], Any]


def simulate(size: int) -> tuple[Stack, np.ndarray]:
    """Draw weighted arms with whole days, so with ties, and ten covariates."""
    rng = np.random.default_rng(SEED)
    matrix = rng.normal(size=(size, TERMS))
    treated = rng.random(size) < 0.5
    order = np.argsort(~treated, kind="stable")
    matrix, treated = matrix[order], treated[order]
    matrix[:, 0] = treated
    ends = rng.exponential(np.exp(6 - 0.1 * matrix.sum(axis=1)))
    leaves = rng.uniform(100, 2_000, size)
    days, weight = np.ceil(np.minimum(ends, leaves)), rng.uniform(0.5, 2, size)
    return Stack(days, ends <= leaves, treated * 1.0, weight, None, None), matrix


def calls(both: Stack, matrix: np.ndarray) -> dict[str, tuple[Call, Call | None]]:
    """Name what is timed: by the project, and by its peer."""
    days, event, weight = both.time, both.event, both.weight
    plain = both._replace(weight=None)
    response = survival.Surv(days, event.astype(float))
    columns = {f"x{k}": matrix[:, k] for k in range(TERMS)}
    rows = {"days": days, "event": event.astype(float), **columns}
    formula = f"Surv(days, event) ~ {' + '.join(columns)}"
    who = np.arange(len(days))
    arms = {
        name: Arm(name, days[own], event[own], weight[own], None)
        for name, own in (
            ("treated", both.treated == 1),
            ("control", both.treated == 0),
        )
    }
    return {
        "Kaplan-Meier, limits": (
            lambda: fit_curve(days, event),
            lambda: survival.survfit(response, conf_type="log-log"),
        ),
        "Kaplan-Meier, weights": (
            lambda: fit_curve(days, event, weight),
            lambda: survival.survfit(
                response, weights=weight, robust=True, id=who, conf_type="log-log"
            ),
        ),
        "restricted mean, weights": (
            lambda: estimate_rmst(days, event, HORIZON, weight),
            None,
        ),
        "log-rank": (
            lambda: compare_logrank(days, event, both.treated),
            lambda: survival.survdiff(response, group=both.treated.astype(int)),
        ),
        "log-rank, weights": (lambda: compare_ranks(both), None),
        "MaxCombo": (lambda: compare_greatest(plain), None),
        "Cox, ten terms": (
            lambda: fit_cox(days, event, matrix),
            lambda: survival.coxph(formula, data=rows, ties="efron"),
        ),
        "Cox, weights, robust": (
            lambda: fit_cox(days, event, matrix, weight=weight),
            lambda: survival.coxph(
                formula, data=rows, weights=weight, cluster=who, ties="efron"
            ),
        ),
        "Firth, profile limits": (
            lambda: fit_profile(draws_of(plain), confidence=0.95, firth=True),
            None,
        ),
        "trend in log time": (lambda: fit_trend(draws_of(plain)), None),
        "doubly robust": (
            lambda: standardise_arms(
                arms,
                matrix[:, 1:],
                np.full(len(days), 0.5),
                horizons=[HORIZON],
                rmst_horizon=HORIZON,
            ),
            None,
        ),
    }


def seconds(call: Call | None, repeats: int) -> float:
    """Time the fastest of a few calls."""
    if call is None:
        return float("nan")
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return min(taken)


def main(most: int) -> None:
    """Print a row an estimate and size."""
    print(
        "| estimate | patients | s | survival alone, s | ratio |\n|---|---|---|---|---|"
    )
    for size in (each for each in SIZES if each <= most):
        repeats = 3 if size < 1_000_000 else 1
        for name, (own, peer) in calls(*simulate(size)).items():
            mine, theirs = seconds(own, repeats), seconds(peer, repeats)
            against = "" if peer is None else f"{theirs:.4f} | {mine / theirs:.2f}"
            print(
                f"| {name} | {size:,} | {mine:.4f} | {against or ' | '} |", flush=True
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else SIZES[-1])
