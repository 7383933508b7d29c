"""What a limit to the weights of clones changes."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from twoarm.months import DAYS_PER_MONTH
from twoarm.survival.spells import estimate_spells


def assess_truncations(
    treated: Sequence[np.ndarray],
    control: Sequence[np.ndarray],
    *,
    grace_days: float,
    rmst_months: float | None,
) -> dict[str, float | None]:
    """Estimate the contrast of weighted clones, and tell what the weights leave.

    Parameters
    ----------
    treated, control
        Of each arm the arrays row, entry, exit, event and weight.
    grace_days
        Effective numbers, by Kish, are those just after this day.
    rmst_months
        Horizon of the restricted means; none if None.

    Returns
    -------
    dict
        Numbers of the contract Truncations; None where not estimable.

    References
    ----------
    .. [1] Cole SR, Hernan MA. Constructing inverse probability weights for marginal
       structural models. Am J Epidemiol 2008;168:656-664. doi:10.1093/aje/kwn164
    """
    horizon = None if rmst_months is None else rmst_months * DAYS_PER_MONTH
    found = estimate_spells(
        *(arm[1:] for arm in (treated, control)),
        horizons=[],
        rmst_horizon=horizon,
    )
    numbers = {
        "hazard_ratio": float(np.exp(found.log_hazard_ratio)),
        "rmst_difference": float(found.rmst_difference) / DAYS_PER_MONTH,
        "effective_n_treated": _effective(treated, grace_days),
        "effective_n_control": _effective(control, grace_days),
        "largest_weight": float(max(arm[4].max() for arm in (treated, control))),
    }
    return {key: None if np.isnan(each) else each for key, each in numbers.items()}


def pool_truncations(rows: pl.DataFrame) -> pl.DataFrame:
    """Take the mean over imputations, of a hazard ratio that of its logarithm.

    The largest weight is the largest of all. Not estimable in one is not estimable.
    """
    key = ["endpoint", "design", "truncate", "cap"]

    def mean(name: str) -> pl.Expr:
        return pl.when(pl.col(name).null_count() == 0).then(pl.col(name).mean())

    ratio = pl.col("hazard_ratio")
    return rows.group_by(key, maintain_order=True).agg(
        pl.when(ratio.null_count() == 0).then(ratio.log().mean().exp()),
        *(
            mean(name)
            for name in (
                "rmst_difference",
                "effective_n_treated",
                "effective_n_control",
            )
        ),
        pl.col("largest_weight").max(),
    )


def _effective(arm: Sequence[np.ndarray], day: float) -> float:
    _, entry, exits, _, weight = arm
    inside = weight[(entry <= day) & (day < exits)]
    return float(inside.sum() ** 2 / (inside**2).sum()) if len(inside) else 0.0
