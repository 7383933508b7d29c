"""Curves and contrasts by size: `python benchmarks/contrasts.py [most patients]`.

Each estimate is made in a process of its own, by the functions that a study calls: the
seconds are of the processor, as a busy machine makes the clock lie, and the memory is
the peak of the process above the data. Peers do the same on the same rows in the same
run: the package `survival` alone, which is the fastest in Python, and R, up to the size
at which it takes minutes. Growth is the slope of log seconds between the two greatest
sizes: 1 is linear, and n log n is 1.1.
"""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import survival

from twoarm.engine import assess_proportionality, fit_cox
from twoarm.logrank import compare_logrank
from twoarm.survival.clones import estimate_clones
from twoarm.survival.curves import Arm, estimate_curve
from twoarm.survival.effects import estimate_effects
from twoarm.survival.fine_gray import fit_fine_gray
from twoarm.survival.firth import draws_of, fit_profile
from twoarm.survival.gray import compare_incidence
from twoarm.survival.incidence import fit_incidence
from twoarm.survival.omission import assess_influence
from twoarm.survival.ranks import compare_greatest, compare_ranks
from twoarm.survival.restricted_mean import estimate_rmst
from twoarm.survival.second_routes import check_engine
from twoarm.survival.stack import Stack
from twoarm.survival.standardised import standardise_arms
from twoarm.survival.two_arms import estimate_two_arms, two_arms_of
from twoarm.survival.varying import fit_trend

SIZES = (1_000, 10_000, 100_000, 1_000_000)
TERMS, SEED, HORIZON = 10, 1, 365.0
Call = Callable[[], Any]
ALL = "Surv(days, event) ~ " + " + ".join(f"x{k}" for k in range(TERMS))
BOTH = "Surv(days, event) ~ x0"
OF_R = {
    "Kaplan-Meier, both arms": (f"survfit({BOTH}, d, conf.type = 'log-log')", 10**5),
    "Kaplan-Meier, weights": (
        f"survfit({BOTH}, d, weights = w, id = id, robust = TRUE)",
        10**3,
    ),
    "log-rank": (f"survdiff({BOTH}, d)", 10**5),
    "Cox, ten terms": (f"coxph({ALL}, d)", 10**5),
    "Cox, weights, robust": (f"coxph({ALL}, d, weights = w, robust = TRUE)", 10**4),
    "Fine-Gray, ten terms": (
        "cmprsk::crr(d$days, d$cause, as.matrix(d[, 1:10]), variance = TRUE)",
        10**3,
    ),
}
"""R's call, and the greatest size for which it is asked."""


class Cost(NamedTuple):
    """Seconds of the processor, by the clock, and the peak of memory in MiB."""

    seconds: float
    clock: float
    memory: float


class Rows(NamedTuple):
    """What is drawn: the arms, covariates and causes; 2 is the competing one."""

    both: Stack
    matrix: np.ndarray
    cause: np.ndarray


def simulate(size: int) -> Rows:
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
    event = ends <= leaves
    cause = np.where(event, np.where(rng.random(size) < 0.3, 2, 1), 0)
    return Rows(Stack(days, event, treated * 1.0, weight, None, None), matrix, cause)


def arms_of(both: Stack, *, weighted: bool) -> dict[str, Arm]:
    """Split the stack."""
    return {
        name: Arm(
            name,
            both.time[rows],
            both.event[rows],
            both.weight[rows] if weighted else None,
            None,
            patient_id=pl.Series(np.flatnonzero(rows)).cast(pl.String),
        )
        for name, rows in (
            ("treated", both.treated == 1),
            ("control", both.treated == 0),
        )
    }


def own_calls(rows: Rows) -> dict[str, Call]:
    """Name what a study asks for."""
    both, matrix, cause = rows
    days, event, weight = both.time, both.event, both.weight
    plain, treated = both._replace(weight=None), both.treated
    how = {"horizons_months": [12.0], "rmst_months": 12.0, "confidence": 0.95}

    one, weighed = arms_of(both, weighted=False), arms_of(both, weighted=True)
    clones = {
        name: arm._replace(
            entry=np.zeros(len(arm.time)), cluster=np.arange(len(arm.time))
        )
        for name, arm in weighed.items()
    }

    def curves(arms: dict[str, Arm]) -> None:
        for arm in arms.values():
            estimate_curve(arm, confidence=0.95)

    return {
        "Kaplan-Meier, both arms": lambda: curves(one),
        "Kaplan-Meier, weights": lambda: curves(weighed),
        "restricted mean, weights": lambda: estimate_rmst(days, event, HORIZON, weight),
        "log-rank": lambda: compare_logrank(days, event, treated),
        "log-rank, weights": lambda: compare_ranks(both),
        "MaxCombo": lambda: compare_greatest(plain),
        "Cox, ten terms": lambda: fit_cox(days, event, matrix),
        "Cox, weights, robust": lambda: fit_cox(days, event, matrix, weight=weight),
        "proportionality, the arm": lambda: assess_proportionality(
            days, event, treated[:, None]
        ),
        "Firth, profile limits": lambda: fit_profile(
            draws_of(plain), confidence=0.95, firth=True
        ),
        "trend in log time": lambda: fit_trend(draws_of(plain)),
        "doubly robust": lambda: standardise_arms(
            weighed,
            matrix[:, 1:],
            np.full(len(days), 0.5),
            horizons=[HORIZON],
            rmst_horizon=HORIZON,
        ),
        "Fine-Gray, ten terms": lambda: fit_fine_gray(days, cause, matrix),
        "Gray's test": lambda: compare_incidence(days, cause, treated),
        "incidence, limits": lambda: fit_incidence(days, cause),
        "all first effects": lambda: estimate_effects(one, **how),
        "clones, all contrasts": lambda: list(estimate_clones(clones, **how)),
        "a resample, all contrasts": lambda: estimate_two_arms(
            two_arms_of(days, event, treated > 0),
            horizons=[HORIZON],
            rmst_horizon=HORIZON,
            weight=weight,
        ),
        "without each patient": lambda: assess_influence(one, confidence=0.95),
        "second routes": lambda: list(check_engine(one)),
    }


def peer_calls(rows: Rows) -> dict[str, Call]:
    """Name what the package `survival` does of that."""
    both, matrix, _ = rows
    response = survival.Surv(both.time, both.event * 1.0)
    columns = {f"x{k}": matrix[:, k] for k in range(TERMS)}
    data = {"days": both.time, "event": both.event * 1.0, **columns}
    who, group = np.arange(len(both.time)), both.treated.astype(int)
    robust = {"weights": both.weight, "cluster": who}

    def curves(**how: Any) -> None:
        for arm in (0, 1):
            own = group == arm
            survival.survfit(
                survival.Surv(both.time[own], both.event[own] * 1.0),
                conf_type="log-log",
                **{name: each[own] for name, each in how.items()},
                **({"robust": True} if how else {}),
            )

    return {
        "Kaplan-Meier, both arms": curves,
        "Kaplan-Meier, weights": lambda: curves(weights=both.weight, id=who),
        "log-rank": lambda: survival.survdiff(response, group=group),
        "Cox, ten terms": lambda: survival.coxph(ALL, data=data, ties="efron"),
        "Cox, weights, robust": lambda: survival.coxph(
            ALL, data=data, ties="efron", **robust
        ),
        "proportionality, the arm": lambda: survival.cox_zph(
            survival.coxph(BOTH, data=data, ties="efron"), transform="km"
        ),
    }


def spend(call: Call, small: Call) -> Cost:
    """Make an estimate in a process of its own, which has made a small one before."""
    context = get_context("fork")
    told = context.SimpleQueue()

    def run() -> None:
        small()  # pays for imports
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        start, clock = time.process_time(), time.perf_counter()
        call()
        end = time.process_time() - start, time.perf_counter() - clock
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        told.put(Cost(*end, (peak - before) / 1024))

    child = context.Process(target=run)
    child.start()
    child.join()
    if child.exitcode:
        raise SystemExit("an estimate failed; what it said is above")
    found: Cost = told.get()
    return found


def spend_in_r(rows: Rows, names: list[str]) -> dict[str, Cost]:
    """Make the estimates in R, which counts what its own objects take."""
    if not names:
        return {}
    columns = [*rows.matrix.T, rows.both.time, rows.both.event, rows.cause]
    header = [f"x{k}" for k in range(TERMS)] + ["days", "event", "cause", "w"]
    with tempfile.TemporaryDirectory() as folder:
        path, script = Path(folder, "rows.csv"), Path(folder, "peer.R")
        table = np.column_stack([*columns, rows.both.weight])
        np.savetxt(path, table, "%.9g", ",", header=",".join(header), comments="")
        lines = [
            "suppressMessages(library(survival))",
            f"d <- read.csv('{path}')",
            "d$id <- seq_len(nrow(d)); w <- d$w; id <- d$id",
            "cost <- function(call) { first <- sum(gc(reset = TRUE)[, 2])",
            "  t <- system.time(eval(call)); cat(t[1] + t[2], t[3],",
            "  sum(gc()[, 6]) - first, '\\n') }",
            *(f"cost(quote({OF_R[name][0]}))" for name in names),
        ]
        script.write_text("\n".join(lines))
        told = subprocess.run(
            ["Rscript", str(script)], check=True, capture_output=True, text=True
        ).stdout
    found = [Cost(*map(float, line.split())) for line in told.splitlines()]
    return dict(zip(names, found, strict=True))


def main(most: int) -> None:
    """Print a row an estimate and size."""
    print("| estimate | patients | s | by the clock | MiB | growth ", end="")
    print("| survival, s | MiB | ratio | R, s | MiB | ratio |")
    print("|---" * 12 + "|")
    small, last = simulate(500), dict[str, float]()
    first, first_of_peer = own_calls(small), peer_calls(small)
    for size in (each for each in SIZES if each <= most):
        rows = simulate(size)
        in_r = spend_in_r(rows, [name for name in OF_R if size <= OF_R[name][1]])
        own, of_peer = own_calls(rows), peer_calls(rows)
        for name, call in own.items():
            cost = spend(call, first[name])
            slope = np.log10(cost.seconds / last[name]) if name in last else np.nan
            last[name] = cost.seconds
            peer = None
            if name in of_peer:
                peer = spend(of_peer[name], first_of_peer[name])
            cells = [name, f"{size:,}", f"{cost.seconds:.4f}", f"{cost.clock:.4f}"]
            cells += [f"{cost.memory:.0f}", "-" if np.isnan(slope) else f"{slope:.2f}"]
            cells += [*_beside(cost, peer), *_beside(cost, in_r.get(name))]
            print(f"| {' | '.join(cells)} |", flush=True)


def _beside(own: Cost, peer: Cost | None) -> list[str]:
    """Write what a peer takes, and the ratio of the seconds to its."""
    if peer is None:
        return ["-"] * 3
    ratio = own.seconds / peer.seconds
    return [f"{peer.seconds:.3f}", f"{peer.memory:.0f}", f"{ratio:.2f}"]


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else SIZES[-1])
