"""The bootstrap of a design's hazard ratio: its statistic, and its row."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import polars as pl
from scipy.stats import norm

from twoarm.bootstrap import Spread, bootstrap, summarise_replicates
from twoarm.months import DAYS_PER_MONTH
from twoarm.survival.effects import ratio_row
from twoarm.survival.spells import estimate_spells
from twoarm.survival.two_arms import fit_arms, two_arms_of

BOOTSTRAPPED = "treated_bootstrap"
"""Term of the hazard ratio with the bootstrap's error."""
Weigh = Callable[[np.ndarray], np.ndarray]
"""From the rows drawn to the weight of each in the design made of them; 0 is out."""


def bootstrap_ratio(
    patients: pl.DataFrame,
    endpoint: str,
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
    patients
        All patients of the design, with `treated` and the endpoint's columns.
    endpoint
        Name.
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
    columns = (f"{endpoint}_days", f"{endpoint}_event", "treated")
    time, event, treated = (patients[name].to_numpy() for name in columns)
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


def bootstrap_clones(
    refit: Callable[[np.ndarray], Sequence[Sequence[np.ndarray]]],
    size: int,
    *,
    horizons_months: Sequence[float],
    rmst_months: float | None,
    replicates: int,
    seed: int,
    confidence: float,
    of: str = "clones",
) -> list[dict[str, Any]]:
    """Estimate a cloned design with the errors of a bootstrap.

    Patients are drawn with all their clones; the weights are estimated anew.

    Parameters
    ----------
    refit
        From the rows drawn to the treated and the control clones' stretches: row,
        entry, exit, event and weight.
    size
        Patients.
    horizons_months, rmst_months
        As in `twoarm.survival.effects.estimate_effects`.
    replicates, seed, confidence
        As in `bootstrap_ratio`.
    of
        What a patient has several of: clones, or trials.

    Returns
    -------
    list of dict
        Rows of the contract Effects without `endpoint` and `design`: hazard ratio,
        differences of survival and of restricted means.
    """
    days = [each * DAYS_PER_MONTH for each in horizons_months]
    area = None if rmst_months is None else rmst_months * DAYS_PER_MONTH

    def statistic(rows: np.ndarray) -> np.ndarray:
        treated, control = (each[1:] for each in refit(rows))
        how = {"horizons": days, "rmst_horizon": area}
        found = estimate_spells(treated, control, **how)  # type: ignore[arg-type]
        months = found.rmst_difference / DAYS_PER_MONTH
        every = [found.log_hazard_ratio, *found.survival_difference, months]
        return np.array(every)

    everybody = np.arange(size)
    estimate = statistic(everybody)
    found = bootstrap(statistic, size, replicates=replicates, seed=seed)
    spread = summarise_replicates(estimate, found, confidence=confidence)
    z = float(norm.ppf((1 + confidence) / 2))
    asked = [("survival_difference", each) for each in horizons_months]
    asked += [] if rmst_months is None else [("rmst_difference", rmst_months)]
    how = f"{of}, bootstrap of {spread.n_replicates} resamples"
    first = float(estimate[0]), float(spread.std_error[0])
    rows = [ratio_row(BOOTSTRAPPED, *first, z, f"Cox of {how}")]
    for place, (measure, months) in enumerate(asked, start=1):
        row = {"measure": measure, "term": BOOTSTRAPPED, "months": months}
        numbers = _normal(float(estimate[place]), float(spread.std_error[place]), z)
        rows.append({**row, **numbers, "method": f"difference of {how}"})
    counts = _counts_of_clones(refit(everybody))
    return [{**row, **counts} for row in rows]


def _normal(estimate: float, error: float, z: float) -> dict[str, float]:
    """Give normal limits; nothing of what is not known."""
    if np.isnan(estimate) or not error > 0:
        return {}
    return {
        "estimate": estimate,
        "std_error": error,
        "conf_low": estimate - z * error,
        "conf_high": estimate + z * error,
        "p_value": float(2 * norm.sf(abs(estimate / error))),
    }


def _counts_of_clones(arms: Sequence[Sequence[np.ndarray]]) -> dict[str, int]:
    named = zip(("treated", "control"), arms, strict=True)
    return {
        f"{what}_{arm}": len(np.unique(rows))
        for arm, (row, _, _, event, _) in named
        for what, rows in (("n", row), ("events", row[event]))
    }


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
