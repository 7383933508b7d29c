"""Rows of the effects that are standardised by a regression in a design."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from twoarm.months import DAYS_PER_MONTH
from twoarm.survival.curves import Arm
from twoarm.survival.horizons import BEYOND, log_row, normal_row
from twoarm.survival.proportionality import sum_clusters
from twoarm.survival.stack import TREATED
from twoarm.survival.standardised import standardise_arms
from twoarm.terms import expand_terms

Row = dict[str, Any]
TERM = f"{TREATED}_doubly_robust"
WEIGHTED = "regression of pseudo-values with weights, standardised"
MATCHED = "regression of pseudo-values, standardised, robust variance by matched set"
COLLINEAR = "not estimable: in an arm a covariate is the same in all, or tells another"


def estimate_standardised(
    rows: pl.DataFrame,
    arms: Mapping[str, Arm],
    members: pl.DataFrame,
    *,
    covariates: Sequence[str],
    horizons_months: Sequence[float],
    rmst_months: float | None,
    z: float,
    cluster: np.ndarray | None = None,
) -> list[Row]:
    """Estimate differences of survival and restricted means doubly robust.

    In matched sets the regression mends what the match left, and each set counts once
    in the variance [1]_.

    Parameters
    ----------
    rows
        Patients of the treated, then of the control arm, with the covariates.
    arms
        `treated` and `control`, weighted, all from time 0.
    members
        Rows of the design of the contract Designs.
    covariates
        Covariates of the regression; none gives no rows.
    horizons_months, rmst_months
        As in `twoarm.survival.effects.estimate_effects`.
    z
        Half the width of the limits, in standard errors.
    cluster : ndarray of int, shape (n_rows,), optional
        Matched set of each row.

    Returns
    -------
    list of dict
        Rows of the contract Effects without endpoint, design and counts.

    References
    ----------
    .. [1] Abadie A, Spiess J. Robust post-matching inference. J Am Stat Assoc
       2022;117:983-995. doi:10.1080/01621459.2020.1840383
    """
    if not covariates:
        return []
    last = min(float(arm.time.max()) for arm in arms.values()) / DAYS_PER_MONTH
    known = [each for each in horizons_months if each <= last]
    area = rmst_months if rmst_months is not None and rmst_months <= last else None
    found = standardise_arms(
        arms,
        expand_terms(rows, covariates)[0],
        _scores(rows, members) if cluster is None else np.full(rows.height, np.nan),
        horizons=[each * DAYS_PER_MONTH for each in known],
        rmst_horizon=None if area is None else area * DAYS_PER_MONTH,
    )
    by_place: dict[tuple[str, float], tuple[np.ndarray, np.ndarray]] = {}
    if found is not None:
        asked = [("survival", each) for each in known]
        asked += [] if area is None else [("rmst", area)]
        by_place = {
            key: (found.mean[:, place], sum_clusters(influence.T, cluster).T)
            for place, key in enumerate(asked)
            for influence in [found.influence[:, :, place]]
        }
    wanted = [("survival", each) for each in horizons_months]
    wanted += [] if rmst_months is None else [("rmst", rmst_months)]
    missing = {"estimate": None, "method": COLLINEAR} if found is None else BEYOND
    told = WEIGHTED if cluster is None else MATCHED
    return [
        {"term": TERM, "months": months, "method": told, **row}
        for figure, months in wanted
        for row in _contrasts(figure, by_place.get((figure, months)), z, missing)
    ]


def _scores(rows: pl.DataFrame, members: pl.DataFrame) -> np.ndarray:
    """Return each row's probability of treatment, NaN where the design has none."""
    score = members.select("patient_id", "propensity_score")
    found = rows.select("patient_id").join(
        score, on="patient_id", maintain_order="left"
    )
    return found["propensity_score"].fill_null(np.nan).to_numpy()


def _contrasts(
    figure: str, found: tuple[np.ndarray, np.ndarray] | None, z: float, missing: Row
) -> Iterator[Row]:
    kinds = ("difference", "ratio") if figure == "rmst" else ("difference",)
    if found is None:
        for kind in kinds:
            yield {"measure": f"{figure}_{kind}", **missing}
        return
    unit = DAYS_PER_MONTH if figure == "rmst" else 1.0
    mean, influence = found[0] / unit, found[1] / unit
    treated, control = (float(each) for each in mean)
    error = float(((influence[0] - influence[1]) ** 2).sum()) ** 0.5
    row = normal_row(treated - control, error, z)
    yield {"measure": f"{figure}_difference", **row}
    if figure == "rmst" and min(treated, control) > 0:
        shares = influence / mean[:, None]
        error = float(((shares[0] - shares[1]) ** 2).sum()) ** 0.5
        yield {"measure": "rmst_ratio", **log_row(treated / control, error, z)}
