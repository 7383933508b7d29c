"""Effects under proportional hazards, of a population whose hazards are known."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import brentq

from twoarm.months import DAYS_PER_MONTH
from twoarm.simulation.proportional import LAST_CUT, followed_at, hazard_at
from twoarm.survival.changing import list_periods
from twoarm.survival.doubly_robust import TERM as DOUBLY_ROBUST
from twoarm.survival.regression import ADJUSTED
from twoarm.survival.resampling import BOOTSTRAPPED
from twoarm.survival.stack import TREATED

Key = tuple[str, str, float | None]
"""Measure, term and months."""
DAYS = np.arange(int(LAST_CUT * DAYS_PER_MONTH) + 1)
BINS = 500
"""Log hazards are told apart by as many bins, each with the mean of its own."""
WIDEST = 20.0
"""Log hazard ratio beyond which none is looked for."""
SAME = ("", "_profile", "_firth")
"""Terms of a hazard ratio whose truth is the marginal one."""


class Whom(NamedTuple):
    """A population, arrays of shape (n_patients,).

    `log_hazard` is the untreated one, less that where all covariates are 0; `weight` is
    how much a patient counts; `stratum` numbers the strata of a stratified regression.
    """

    log_hazard: np.ndarray
    weight: np.ndarray
    stratum: np.ndarray


def answer_of(
    whom: Whom,
    effect: float,
    plan: Mapping[str, Any],
    horizons_months: Sequence[float],
    rmst_months: float,
) -> dict[Key, float]:
    """Answer all that is asked of one population.

    Parameters
    ----------
    whom
        The population.
    effect
        Hazard ratio of treatment, given the covariates.
    plan
        As in `twoarm.validation.replication.analyse_cohort`.
    horizons_months, rmst_months
        Months of survival and of the restricted mean.

    Returns
    -------
    dict
        Ratios as logarithms; NaN for a median that is not reached.
    """
    curves = _curves(whom, effect)
    alive = curves.sum(axis=1)
    found: dict[Key, float] = dict(_ratios(curves, effect, plan, horizons_months))
    figures: list[tuple[str, float | None, np.ndarray]] = [
        ("survival", each, alive[:, int(each * DAYS_PER_MONTH)])
        for each in horizons_months
    ]
    mean = _mean(alive, rmst_months * DAYS_PER_MONTH) / DAYS_PER_MONTH
    figures.append(("rmst", rmst_months, mean))
    for measure, months, both in figures:
        for term in (TREATED, DOUBLY_ROBUST, BOOTSTRAPPED):
            found[f"{measure}_difference", term, months] = both[0] - both[1]
            if measure == "rmst":
                found["rmst_ratio", term, months] = np.log(both[0] / both[1])
    half = np.where((alive < 0.5).any(axis=1), (alive < 0.5).argmax(axis=1), np.nan)
    figures.append(("median", None, half / DAYS_PER_MONTH))
    for measure, months, both in figures:
        for arm, value in zip((TREATED, "control"), both, strict=True):
            found[measure, plan["labels"][arm], months] = float(value)
    return found


def _ratios(
    curves: np.ndarray,
    effect: float,
    plan: Mapping[str, Any],
    horizons_months: Sequence[float],
) -> Iterator[tuple[Key, float]]:
    """Yield each logarithm of a hazard ratio."""
    analysis, together = plan["analysis"], curves.sum(axis=1, keepdims=True)
    marginal = solve_cox(together)
    for term in (*(f"{TREATED}{each}" for each in SAME), BOOTSTRAPPED):
        yield ("hazard_ratio", term, None), marginal
    for term in (ADJUSTED, f"{ADJUSTED}_firth"):
        yield ("hazard_ratio", term, None), float(np.log(effect))
    yield ("hazard_ratio", f"{TREATED}_stratified", None), solve_cox(curves)
    for term, start, end in list_periods(analysis["periods_months"]):
        yield ("hazard_ratio", term, None), solve_cox(together, start, end)
    if effect == 1:  # a line in log time has a truth where it is flat
        yield ("hazard_ratio", f"{TREATED}: per doubling of time", None), 0.0
        for months in horizons_months:
            yield ("hazard_ratio", f"{TREATED}: then", months), 0.0


def _curves(whom: Whom, effect: float) -> np.ndarray:
    """Return who lives beyond each day: arm, treated first; stratum; day."""
    baseline = hazard_at(DAYS / DAYS_PER_MONTH)
    edges = np.histogram_bin_edges(whom.log_hazard, BINS)
    weight = whom.weight / whom.weight.sum()
    strata = []
    for stratum in np.unique(whom.stratum):
        own = np.where(whom.stratum == stratum, weight, 0.0)
        mass, total = (
            np.histogram(whom.log_hazard, edges, weights=each)[0]
            for each in (own, own * whom.log_hazard)
        )
        rate = np.exp(total[mass > 0] / mass[mass > 0])
        both = (np.outer(rate * ratio, baseline) for ratio in (effect, 1.0))
        strata.append([mass[mass > 0] @ np.exp(-each) for each in both])
    return np.array(strata).transpose(1, 0, 2)


def solve_cox(curves: np.ndarray, start: float = 0.0, end: float = np.inf) -> float:
    """Solve Cox's equation of two known arms of one size, under the cohorts' censoring.

    Parameters
    ----------
    curves : ndarray of float, shape (2, n_strata, n_days)
        Share of all that is in the stratum and lives beyond each day, from day 0; the
        treated arm first.
    start, end
        Events after the one, up to the other, count; days.

    Returns
    -------
    float
        Logarithm of the hazard ratio.
    """
    days = DAYS[1 : curves.shape[2]]
    inside = (days > start) & (days <= end)
    followed = followed_at((days - 1) / DAYS_PER_MONTH)[inside]
    # Those who die on a day are at risk until they do: half of them at a time.
    before, after = curves[..., :-1][..., inside], curves[..., 1:][..., inside]
    deaths, at_risk = (before - after) * followed, (before + after) * followed

    def gap(log_ratio: float) -> float:
        treated = np.exp(log_ratio) * at_risk[0]
        share = treated / (treated + at_risk[1])
        return float((deaths[0] - deaths.sum(axis=0) * share).sum())

    return float(brentq(gap, -WIDEST, WIDEST, xtol=1e-12))


def _mean(alive: np.ndarray, days: float) -> np.ndarray:
    """Return the area under curves that step down on whole days, up to a day."""
    whole = int(days)
    return np.asarray(alive[:, :whole].sum(axis=1) + (days - whole) * alive[:, whole])
