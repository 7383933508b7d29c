"""The bootstrap of a design: its statistic, and its rows."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from scipy.special import ndtri

from twoarm.bootstrap import (
    Replicate,
    Spread,
    Statistic,
    draw_replicates,
    join_replicates,
    summarise_replicates,
)
from twoarm.months import DAYS_PER_MONTH
from twoarm.survival.effects import ratio_row
from twoarm.survival.horizons import normal_row
from twoarm.survival.spells import estimate_spells
from twoarm.survival.two_arms import Contrasts, estimate_two_arms, two_arms_of

BOOTSTRAPPED = "treated_bootstrap"
"""Term of the hazard ratio with the bootstrap's error."""
Weigh = Callable[[np.ndarray], np.ndarray]
"""From the rows drawn to the weight of each in the design made of them; 0 is out."""


class Resampled(NamedTuple):
    """A design on its patients, and on resamples of them.

    Attributes
    ----------
    estimate : ndarray of float, shape (2 + n_horizons,)
        Log hazard ratio, difference of survival at each horizon, difference of
        restricted means in months; NaN where it is beyond the follow-up.
    counts
        Patients and events of the arms, as in the contract Effects.
    replicates
        As `twoarm.bootstrap.draw_replicates` returns them.
    """

    estimate: np.ndarray
    counts: dict[str, int]
    replicates: list[Replicate]


def replicate_arms(
    patients: pl.DataFrame,
    endpoint: str,
    weigh: Weigh,
    *,
    horizons_months: Sequence[float] = (),
    rmst_months: float | None = None,
    numbers: range,
    seed: int,
) -> Resampled:
    """Estimate a design on resamples of the patients, of each of which it is made anew.

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
    numbers, seed
        As in `twoarm.bootstrap.draw_replicates`.

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

    counts = _counts(event, treated, weigh(np.arange(size)) > 0)
    return _resample(statistic, size, counts, numbers, seed)


def replicate_clones(
    refit: Callable[[np.ndarray], Sequence[Sequence[np.ndarray]]],
    size: int,
    *,
    horizons_months: Sequence[float],
    rmst_months: float | None,
    numbers: range,
    seed: int,
) -> Resampled:
    """Estimate a cloned design on resamples of the patients.

    Patients are drawn with all their clones; the weights are estimated anew.

    Parameters
    ----------
    refit
        From the rows drawn to the treated and the control clones' stretches: row,
        entry, exit, event and weight.
    size
        Patients.
    horizons_months, rmst_months, numbers, seed
        As in `replicate_arms`.
    """
    days, area = _in_days(horizons_months, rmst_months)

    def statistic(rows: np.ndarray) -> np.ndarray:
        treated, control = (each[1:] for each in refit(rows))
        how = {"horizons": days, "rmst_horizon": area}
        return _flat(estimate_spells(treated, control, **how))  # type: ignore[arg-type]

    counts = _counts_of_clones(refit(np.arange(size)))
    return _resample(statistic, size, counts, numbers, seed)


def summarise_resamples(
    drawn: Resampled,
    *,
    horizons_months: Sequence[float] = (),
    rmst_months: float | None = None,
    confidence: float,
    of: str | None = None,
) -> list[dict[str, Any]]:
    """Give the estimates of a design the errors of a bootstrap.

    Parameters
    ----------
    drawn
        The design on its patients and on all resamples.
    horizons_months, rmst_months
        Those with which it was drawn.
    confidence
        Level of the two-sided limits, normal; for the ratio on the log scale.
    of
        What a patient has several of: clones, or trials; None if not of any.

    Returns
    -------
    list of dict
        Rows of the contract Effects without `endpoint` and `design`: hazard ratio,
        differences of survival and of restricted means.

    Raises
    ------
    InputError
        If every resample failed.
    """
    found = join_replicates(drawn.replicates)
    spread = summarise_replicates(drawn.estimate, found, confidence=confidence)
    z = float(ndtri((1 + confidence) / 2))
    how = f"{of or 'Kaplan-Meier'}, bootstrap of {spread.n_replicates} resamples"
    ratio = f"Cox of {how}" if of else _words(spread)
    first = float(drawn.estimate[0]), float(spread.std_error[0])
    rows = [ratio_row(BOOTSTRAPPED, *first, z, ratio)]
    asked = horizons_months, rmst_months
    rows += _differences(*asked, drawn.estimate, spread, z, how)
    return [{**row, **drawn.counts} for row in rows]


def _resample(
    statistic: Statistic, size: int, counts: dict[str, int], numbers: range, seed: int
) -> Resampled:
    replicates = draw_replicates(statistic, size, numbers, seed)
    return Resampled(statistic(np.arange(size)), counts, replicates)


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
