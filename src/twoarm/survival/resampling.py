"""The bootstrap of a design's hazard ratio: its statistic, and its row."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.stats import norm

from twoarm.bootstrap import Spread, bootstrap, summarise_replicates
from twoarm.survival.effects import ratio_row
from twoarm.survival.two_arms import fit_arms, two_arms_of

BOOTSTRAPPED = "treated_bootstrap"
"""Term of the hazard ratio with the bootstrap's error."""
Weigh = Callable[[np.ndarray], np.ndarray]
"""From the rows drawn to the weight of each in the design made of them; 0 is out."""


def bootstrap_ratio(
    time: np.ndarray,
    event: np.ndarray,
    treated: np.ndarray,
    weigh: Weigh,
    *,
    replicates: int,
    seed: int,
    confidence: float,
) -> dict[str, Any]:
    """Estimate the hazard ratio of a design with the error of a bootstrap.

    The design is made anew of each resample of the patients.

    Parameters
    ----------
    time, event, treated
        Of all analysed patients, shape (n_patients,).
    weigh
        Makes the design of the rows drawn.
    replicates, seed
        As in `twoarm.bootstrap.bootstrap`.
    confidence
        Level of the two-sided limits, normal on the log scale.

    Returns
    -------
    dict
        A row of the contract Effects without `endpoint` and `design`.

    References
    ----------
    .. [1] Austin PC. Variance estimation when using inverse probability of treatment
       weighting (IPTW) with survival analysis. Stat Med 2016;35:5642-5655.
       doi:10.1002/sim.7084
    .. [2] Austin PC, Small DS. The use of bootstrapping when using propensity-score
       matching without replacement: a simulation study. Stat Med 2014;33:4306-4319.
       doi:10.1002/sim.6276
    """
    arms, size = two_arms_of(time, event, treated), len(time)

    def statistic(rows: np.ndarray) -> np.ndarray:
        weight = weigh(rows)
        inside = weight > 0
        copies = np.bincount(rows[inside], minlength=size)
        even = bool((weight[inside] == 1).all())
        total = None if even else np.bincount(rows, weight, size)
        return np.array([fit_arms(arms, copies=copies, weight=total).estimate])

    weight = weigh(np.arange(size))
    estimate = statistic(np.arange(size))
    found = bootstrap(statistic, size, replicates=replicates, seed=seed)
    spread = summarise_replicates(estimate, found, confidence=confidence)
    z = float(norm.ppf((1 + confidence) / 2))
    error = float(spread.std_error[0])
    row = ratio_row(BOOTSTRAPPED, float(estimate[0]), error, z, _words(spread))
    return {**row, **_counts(event, treated, weight > 0)}


def _words(spread: Spread) -> str:
    doubt = "".join(f"; {each}" for each in spread.doubt if each)
    return f"Cox, Efron ties, bootstrap of {spread.n_replicates} resamples{doubt}"


def _counts(
    event: np.ndarray, treated: np.ndarray, inside: np.ndarray
) -> dict[str, int]:
    arms = {"treated": inside & treated, "control": inside & ~treated}
    return {
        f"{what}_{arm}": int(rows.sum())
        for arm, members in arms.items()
        for what, rows in (("n", members), ("events", members & event))
    }
