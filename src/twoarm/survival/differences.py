"""How far the arms are apart month by month, and who is left in each."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
import polars as pl

from twoarm.months import DAYS_PER_MONTH
from twoarm.survival.clones import estimate_clones
from twoarm.survival.curves import Arm, count_at_risk
from twoarm.survival.effects import count_arms
from twoarm.survival.forestalled import estimate_incidences
from twoarm.survival.horizons import Reading, estimate_means, estimate_survival
from twoarm.survival.pooled_effects import pool_effects
from twoarm.survival.stack import TREATED
from twoarm.tables.survival import Differences, Effects

Row = dict[str, Any]
AT_ONCE = 12
"""Months whose influences are held in memory together."""
KEY = ["endpoint", "design", "measure", "months"]
NUMBERS = ["estimate", "std_error", "conf_low", "conf_high"]


def estimate_differences(
    arms: Mapping[str, Arm], *, confidence: float, limits: str = "log-log"
) -> list[Row]:
    """Estimate at each whole month the difference of the arms, and count who is left.

    The difference is that of survival, and of the restricted mean up to the month; or
    that of the cumulative incidence where an event competes. They are the numbers that
    `estimate_effects` gives at its horizons, and end with the follow-up of the arm that
    is followed less long.

    Parameters
    ----------
    arms
        `treated` and `control`; times in days.
    confidence
        Level of the two-sided pointwise limits.
    limits
        Scale of the limits of a curve, as in `twoarm.engine.fit_curve`.

    Returns
    -------
    list of dict
        Rows of the contract Effects without `endpoint` and `design`, with `n_risk_` and
        `weight_` of each arm besides: patients at risk, and the sum of their weights.
        None where patients change arms: no arm has a survival of its own.

    References
    ----------
    .. [1] Zhao L, Claggett B, Tian L, et al. On the restricted mean survival time curve
       in survival analysis. Biometrics 2016;72:215-221. doi:10.1111/biom.12384
    """
    if arms[TREATED].entry is not None and arms[TREATED].cluster is None:
        return []
    shortest = min(float(arm.time.max()) for arm in arms.values())
    months = np.arange(shortest // DAYS_PER_MONTH + 1).tolist()
    together: Row = {"term": TREATED, "months": 0.0, "estimate": 0.0}
    told = [
        {**together, "measure": measure, "method": "the arms start together"}
        for measure in _measures(arms)
    ]
    told += _contrasts(arms, months[1:], Reading(confidence, limits))
    left = {
        f"{what}_{name}": counted
        for name, arm in arms.items()
        for what, counted in _left(arm, np.array(months) * DAYS_PER_MONTH).items()
    }
    counts = count_arms(arms)
    return [
        {
            **row,
            **counts,
            **{name: each[int(row["months"])] for name, each in left.items()},
        }
        for row in told
    ]


def _measures(arms: Mapping[str, Arm]) -> tuple[str, ...]:
    """Name what the arms differ in; where an event competes there is no mean."""
    if arms[TREATED].competing is not None:
        return ("cumulative_incidence_difference",)
    return ("survival_difference", "rmst_difference")


def pool_differences(
    rows: Sequence[Row], *, confidence: float, curves: pl.DataFrame
) -> pl.DataFrame:
    """Pool the differences over the imputed data sets, as `pool_effects` does.

    Parameters
    ----------
    rows
        As `estimate_differences` returns them, with `endpoint`, `design` and
        `imputation`.
    confidence
        Level of the limits.
    curves
        Rows of the contract Curves, pooled.

    Returns
    -------
    pl.DataFrame
        As the contract Differences: of the numbers at risk the least of all data sets,
        of the weights the mean.
    """
    effects = Effects.many([*rows])
    if effects.is_empty():
        effects = effects.drop("imputation")
    else:
        effects = pool_effects(effects, confidence=confidence, curves=curves)
    types = Differences.create_empty().drop(NUMBERS).schema
    left = pl.DataFrame([*rows], schema=types, orient="row")
    counted = left.group_by(KEY).agg(
        pl.col("^n_risk_.*$").min(), pl.col("^weight_.*$").mean()
    )
    return effects.select(*KEY, *NUMBERS).join(counted, on=KEY)


def _contrasts(
    arms: Mapping[str, Arm], months: Sequence[float], reading: Reading
) -> Iterator[Row]:
    """Take from the estimates at the months the contrasts of the arms."""
    measures = _measures(arms)
    for start in range(0, len(months), AT_ONCE):
        asked = months[start : start + AT_ONCE]
        if arms[TREATED].competing is not None:
            rows = estimate_incidences(arms, asked, reading.confidence)
        elif arms[TREATED].entry is not None:
            rows = estimate_clones(
                arms, horizons_months=asked, rmst_months=asked, reading=reading
            )
        else:
            means = estimate_means(arms, asked, reading)
            rows = chain(estimate_survival(arms, asked, reading), means)
        yield from (row for row in rows if row["measure"] in measures)


def _left(arm: Arm, days: np.ndarray) -> dict[str, list[Any]]:
    """Count the patients at risk at some days, and sum their weights, if any."""
    # Who enters when the clock starts is at risk then.
    entry = np.full(len(arm.time), -1.0)
    if arm.entry is not None:
        entry = np.where(arm.entry > 0, arm.entry, -1.0)
    weights: list[float | None] = [None] * len(days)
    if arm.weight is not None:
        rows = [(entry < day) & (arm.time >= day) for day in days]
        weights = [float(arm.weight[each].sum()) for each in rows]
    return {
        "n_risk": count_at_risk(arm._replace(entry=entry), days),
        "weight": weights,
    }
