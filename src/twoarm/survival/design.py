"""All that one design says about one endpoint."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from twoarm.survival.curves import arms_of
from twoarm.survival.effects import estimate_effects, select_horizons
from twoarm.survival.regression import fit_regression
from twoarm.survival.variants import estimate_variants


def estimate_design(
    patients: pl.DataFrame,
    members: pl.DataFrame,
    *,
    endpoint: str,
    labels: Mapping[str, str],
    asked: Mapping[str, Any],
    covariates: Sequence[str],
    source: str,
) -> list[dict[str, Any]]:
    """Estimate the effects of a design: first answers, regression, other answers.

    Parameters
    ----------
    patients
        Analysed patients with the covariates.
    members
        Rows of one design and imputation of the contract Designs.
    endpoint, labels
        As in `twoarm.survival.curves.arms_of`.
    asked
        Section `analysis` of the config.
    covariates
        Covariates of the design's own regression; none for none.
    source
        Where they are named, for an error.

    Returns
    -------
    list of dict
        Rows of the contract Effects without `endpoint` and `design`.
    """
    arms = arms_of(patients, members, endpoint=endpoint, labels=labels)
    months = asked["horizons_months"] or select_horizons(arms)
    rmst = asked["rmst_months"] or max(months, default=None)
    ends: dict[str, Any] = {"horizons_months": months, "rmst_months": rmst}
    how: dict[str, Any] = {
        key: asked[key] for key in ("confidence", "limits", "minimum_at_risk")
    }
    return [
        *estimate_effects(arms, **ends, **how),
        *fit_regression(
            patients,
            arms,
            covariates=covariates,
            confidence=asked["confidence"],
            source=source,
        ),
        *estimate_variants(
            patients, arms, members, asked=asked, covariates=covariates, **ends
        ),
    ]
