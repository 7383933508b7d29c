"""The bootstrap of a design: its statistic, and its rows."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import polars as pl
from scipy.special import ndtri

from twoarm.bootstrap import Spread, bootstrap, summarise_replicates
from twoarm.months import DAYS_PER_MONTH
from twoarm.survival.effects import ratio_row
from twoarm.survival.horizons import normal_row
from twoarm.survival.spells import estimate_spells
from twoarm.survival.two_arms import Contrasts, estimate_two_arms, two_arms_of

BOOTSTRAPPED = "treated_bootstrap"
"""Term of the hazard ratio with the bootstrap's error."""
Weigh = Callable[[np.ndarray], np.ndarray]
"""From the rows drawn to the weight of each in the design made of them; 0 is out."""


def bootstrap_arms(
    patients: pl.DataFrame,
    endpoint: str,
    weigh: Weigh,
    *,
    horizons_months: Sequence[float] = (),
    rmst_months: float | None = None,
    replicates: int,
    seed: int,
    confidence: float,
) -> list[dict[str, Any]]:
    """Estimate a design with the errors of a bootstrap.

    The design is made anew of each resample of the patients.

    Parameters
    ----------
    patients
        All patients of the design, with `treated` and the endpoint's columns.
    endpoint
        Name.
    weigh
        Makes the design of the rows drawn.
    horizons_months, rmst_months
        As in `twoarm.survival.effects.estimate_effects`.
    replicates, seed
        As in `twoarm.bootstrap.bootstrap`.
    confidence
        Level of the two-sided limits, normal; for the ratio on the log scale.

    Returns
    -------
    list of dict
        Rows of the contract Effects without `endpoint` and `design`: hazard ratio,
        differences of survival and of restricted means.

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
    days, area = _in_days(horizons_months, rmst_months)

    def statistic(rows: np.ndarray) -> np.ndarray:
        weight = weigh(rows)
        inside = weight > 0
        copies = np.bincount(rows[inside], minlength=size)
        even = bool((weight[inside] == 1).all())
        total = None if even else np.bincount(rows, weight, size)
        how = {"horizons": days, "rmst_horizon": area}
        return _flat(estimate_two_arms(arms, copies=copies, weight=total, **how))  # type: ignore[arg-type]

    weight = weigh(np.arange(size))
    estimate = statistic(np.arange(size))
    found = bootstrap(statistic, size, replicates=replicates, seed=seed)
    spread = summarise_replicates(estimate, found, confidence=confidence)
    z = float(ndtri((1 + confidence) / 2))
    error = float(spread.std_error[0])
    row = ratio_row(BOOTSTRAPPED, float(estimate[0]), error, z, _words(spread))
    how = f"Kaplan-Meier, bootstrap of {spread.n_replicates} resamples"
    rows = [row, *_differences(horizons_months, rmst_months, estimate, spread, z, how)]
    counts = _counts(event, treated, weight > 0)
    return [{**each, **counts} for each in rows]


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
        As in `bootstrap_arms`.
    of
        What a patient has several of: clones, or trials.

    Returns
    -------
    list of dict
        Rows of the contract Effects without `endpoint` and `design`: hazard ratio,
        differences of survival and of restricted means.
    """
    days, area = _in_days(horizons_months, rmst_months)

    def statistic(rows: np.ndarray) -> np.ndarray:
        treated, control = (each[1:] for each in refit(rows))
        how = {"horizons": days, "rmst_horizon": area}
        return _flat(estimate_spells(treated, control, **how))  # type: ignore[arg-type]

    everybody = np.arange(size)
    estimate = statistic(everybody)
    found = bootstrap(statistic, size, replicates=replicates, seed=seed)
    spread = summarise_replicates(estimate, found, confidence=confidence)
    z = float(ndtri((1 + confidence) / 2))
    how = f"{of}, bootstrap of {spread.n_replicates} resamples"
    first = float(estimate[0]), float(spread.std_error[0])
    rows = [ratio_row(BOOTSTRAPPED, *first, z, f"Cox of {how}")]
    rows += _differences(horizons_months, rmst_months, estimate, spread, z, how)
    counts = _counts_of_clones(refit(everybody))
    return [{**row, **counts} for row in rows]


def _in_days(
    horizons_months: Sequence[float], rmst_months: float | None
) -> tuple[list[float], float | None]:
    area = None if rmst_months is None else rmst_months * DAYS_PER_MONTH
    return [each * DAYS_PER_MONTH for each in horizons_months], area


def _flat(found: Contrasts) -> np.ndarray:
    """Lay out what is resampled: ratio, differences, restricted means in months."""
    months = found.rmst_difference / DAYS_PER_MONTH
    return np.array([found.log_hazard_ratio, *found.survival_difference, months])


def _differences(
    horizons_months: Sequence[float],
    rmst_months: float | None,
    estimate: np.ndarray,
    spread: Spread,
    z: float,
    how: str,
) -> Iterator[dict[str, Any]]:
    asked = [("survival_difference", each) for each in horizons_months]
    asked += [] if rmst_months is None else [("rmst_difference", rmst_months)]
    for place, (measure, months) in enumerate(asked, start=1):
        row = {"measure": measure, "term": BOOTSTRAPPED, "months": months}
        value, error = float(estimate[place]), float(spread.std_error[place])
        if np.isnan(value):
            yield {**row, "method": "not estimable: beyond the follow-up"}
        elif not error > 0:
            yield {**row, "method": "not estimable: all resamples are alike"}
        else:
            told = {"method": f"difference of {how}"}
            yield {**row, **normal_row(value, error, z), **told}


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
