"""A bootstrap that refits all steps: `python benchmarks/bootstrap.py [patients]`.

Each replicate draws the patients again, fits the score, matches or weights, and
estimates the contrasts that a study asks for: hazard ratio, two differences of survival
and one of restricted means. The peer does the same for the hazard ratio alone, with
scikit-learn's regression and k-d tree and scikit-survival's Cox regression, on fewer
replicates; its matching has a loop about the tree, as the tree takes no control out.
"""

import sys
import time
from collections.abc import Callable

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KDTree
from sksurv.linear_model import CoxPHSurvivalAnalysis
from sksurv.util import Surv

from twoarm.bootstrap import bootstrap
from twoarm.propensity.nearest import caliper_of, match_nearest
from twoarm.propensity.score import estimate_score
from twoarm.propensity.weights import weight_by_score
from twoarm.survival.two_arms import TwoArms, estimate_two_arms, two_arms_of

REPLICATES, OF_PEER, SEED = 1_000, 20, 1
CALIPER, HORIZONS = 0.2, (365.0, 730.0)


def simulate(size: int) -> tuple[np.ndarray, ...]:
    """Draw times, events, arms and ten covariates that confound them."""
    rng = np.random.default_rng(SEED)
    matrix = rng.normal(size=(size, 10))
    matrix[:, 5:] = matrix[:, 5:] > 0
    lean = matrix @ np.linspace(0.4, -0.2, 10)
    treated = rng.random(size) < 1 / (1 + np.exp(0.8 - lean))
    ends = rng.exponential(np.exp(6 - 0.5 * lean + 0.4 * treated))
    leaves = rng.uniform(100, 2_000, size)
    return np.ceil(np.minimum(ends, leaves)), ends <= leaves, treated, matrix


def contrasts_of(arms: TwoArms, **drawn: np.ndarray) -> np.ndarray:
    """Estimate all contrasts, the log hazard ratio first."""
    found = estimate_two_arms(arms, horizons=HORIZONS, rmst_horizon=730.0, **drawn)
    return np.r_[
        found.log_hazard_ratio, found.survival_difference, found.rmst_difference
    ]


def own(
    time_days: np.ndarray,
    event: np.ndarray,
    treated: np.ndarray,
    matrix: np.ndarray,
    design: str,
) -> Callable[[np.ndarray], np.ndarray]:
    """Build the statistic as the project computes it."""
    arms, size = two_arms_of(time_days, event, treated), len(treated)

    def statistic(rows: np.ndarray) -> np.ndarray:
        score = estimate_score(treated[rows], matrix[rows])
        if design == "1:1":
            caliper = caliper_of(score.logit, treated[rows], CALIPER)
            found = match_nearest(score.logit, treated[rows], caliper=caliper)
            chosen = rows[np.r_[found.treated, found.control]]
            copies = np.bincount(chosen, minlength=size)
            return contrasts_of(arms, copies=copies)
        weight = weight_by_score(score.probability, treated[rows], estimand=design)
        copies = np.bincount(rows, minlength=size)
        total = np.bincount(rows, weight, size)
        return contrasts_of(arms, copies=copies, weight=total)

    return statistic


def match_by_tree(logit: np.ndarray, treated: np.ndarray, caliper: float) -> list[int]:
    """Match the treated in falling order, asking a tree for more until one is free."""
    controls = np.flatnonzero(~treated)
    tree, taken, chosen = KDTree(logit[controls, None]), set(), []
    for place in np.flatnonzero(treated)[np.argsort(-logit[treated], kind="stable")]:
        asked = 1
        while True:
            gap, near = tree.query(logit[None, [place]], k=min(asked, len(controls)))
            free = [
                (far, each)
                for far, each in zip(gap[0], near[0], strict=True)
                if each not in taken
            ]
            if free or gap[0][-1] > caliper or asked >= len(controls):
                break
            asked *= 4
        if free and free[0][0] <= caliper:
            taken.add(free[0][1])
            chosen += [int(place), int(controls[free[0][1]])]
    return chosen


def peer(
    time_days: np.ndarray,
    event: np.ndarray,
    treated: np.ndarray,
    matrix: np.ndarray,
    design: str,
) -> Callable[[np.ndarray], np.ndarray]:
    """Build the statistic from the peers; scikit-survival's Cox takes no weights."""

    def statistic(rows: np.ndarray) -> np.ndarray:
        arm = treated[rows]
        fit = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-8)
        logit = fit.fit(matrix[rows], arm).decision_function(matrix[rows])
        if design == "1:1":
            chosen = match_by_tree(logit, arm, CALIPER * logit.std(ddof=1))
            rows = rows[np.array(chosen)]
        response = Surv.from_arrays(event[rows], time_days[rows])
        cox = CoxPHSurvivalAnalysis(ties="efron")
        return cox.fit(treated[rows, None].astype(float), response).coef_

    return statistic


def seconds_of(
    statistic: Callable[[np.ndarray], np.ndarray],
    size: int,
    replicates: int,
    processes: int,
) -> tuple[float, np.ndarray]:
    """Time replicates, in seconds per 1,000, and return them.

    Of one process they are the processor's; what two save only a clock can tell.
    """
    clock = time.process_time if processes == 1 else time.perf_counter
    start = clock()
    found = bootstrap(
        statistic, size, replicates=replicates, seed=SEED, processes=processes
    )
    return (clock() - start) * 1_000 / replicates, found


def main(size: int = 1_000) -> None:
    """Print a row a design."""
    patients = simulate(size)
    print(f"{size:,} patients, 10 covariates; s per 1,000 replicates")
    print("| design | 1 process | 2 processes | peer, 1 process | peer / own | agree |")
    print("|---|---|---|---|---|---|")
    for design in ("1:1", "ATE", "ATO"):
        statistic = own(*patients, design)
        alone, found = seconds_of(statistic, size, REPLICATES, 1)
        two, again = seconds_of(statistic, size, REPLICATES, 2)
        assert np.array_equal(found, again, equal_nan=True)
        slow, other = seconds_of(peer(*patients, design), size, OF_PEER, 1)
        # Weighted, the peer has no number to compare: it fits without weights.
        gap = (
            f"{np.abs(found[:OF_PEER, :1] - other).max():.0e}"
            if design == "1:1"
            else ""
        )
        print(
            f"| {design} | {alone:.1f} | {two:.1f} | {slow:.1f} | {slow / alone:.1f} "
            f"| {gap} |"
        )


if __name__ == "__main__":
    main(*(int(each) for each in sys.argv[1:]))
