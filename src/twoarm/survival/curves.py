"""Survival curves of the arms of one design."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import polars as pl

from twoarm.engine import fit_curve
from twoarm.months import DAYS_PER_MONTH


class Arm(NamedTuple):
    """One arm of a design, for one endpoint.

    `weight` is None where all weights are one; `cluster` numbers the matched sets, None
    where there are none.
    """

    label: str
    time: np.ndarray
    event: np.ndarray
    weight: np.ndarray | None
    cluster: np.ndarray | None


def arms_of(
    patients: pl.DataFrame,
    members: pl.DataFrame,
    *,
    endpoint: str,
    labels: Mapping[str, str],
) -> dict[str, Arm]:
    """Split the patients of a design into its arms.

    Parameters
    ----------
    patients
        Analysed patients with `<endpoint>_days` and `<endpoint>_event`.
    members
        Rows of one design and imputation of the contract Designs.
    labels
        `treated` and `control`: names of the arms.

    Returns
    -------
    dict
        `treated` and `control`; times in days. The clock of a member starts at
        `entry_days`; an event after `exit_days` does not count. Who is not followed
        past the start is left out.
    """
    days, end = pl.col(f"{endpoint}_days"), pl.col("exit_days").fill_null(np.inf)
    outcomes = patients.select("patient_id", days, f"{endpoint}_event")
    joined = (
        members.join(outcomes, on="patient_id")
        .with_columns(
            time=pl.min_horizontal(days, end) - pl.col("entry_days"),
            event=pl.col(f"{endpoint}_event") & (days <= end),
        )
        .filter(pl.col("time") > 0)
        .sort("patient_id", "treated")
    )
    weighted = (joined["weight"] != 1).any()
    cluster = _clusters(joined)
    arms = {}
    for arm, label in labels.items():
        rows = (joined["treated"] == (arm == "treated")).to_numpy()
        arms[arm] = Arm(
            label,
            joined["time"].to_numpy()[rows],
            joined["event"].to_numpy()[rows],
            joined["weight"].to_numpy()[rows] if weighted else None,
            cluster[rows] if cluster is not None else None,
        )
    return arms


def _clusters(members: pl.DataFrame) -> np.ndarray | None:
    """Give each member its set's number; None where some are in several, or none."""
    if members["set_id"].null_count():
        return None
    return members["set_id"].rank("dense").to_numpy()


def estimate_curve(arm: Arm, *, confidence: float) -> pl.DataFrame:
    """Estimate the survival curve of an arm.

    Returns
    -------
    pl.DataFrame
        As the contract Curves, without endpoint and design; the first row is time 0.
        Counts are of patients, unweighted; limits are null where the curve is 1 or 0.
    """
    curve, _ = fit_curve(arm.time, arm.event, arm.weight, confidence=confidence)
    # The nearest time, as the engine merges times that differ by rounding.
    place = np.searchsorted((curve.time[1:] + curve.time[:-1]) / 2, arm.time)
    n_event = np.bincount(place[arm.event], minlength=len(curve.time))
    n_censor = np.bincount(place[~arm.event], minlength=len(curve.time))
    leaving = n_event + n_censor
    n_risk = len(arm.time) - np.cumsum(leaving) + leaving
    return pl.DataFrame(
        {
            "arm": arm.label,
            "months": np.r_[0.0, curve.time / DAYS_PER_MONTH],
            "n_risk": np.r_[len(arm.time), n_risk],
            "n_event": np.r_[0, n_event],
            "n_censor": np.r_[0, n_censor],
            "estimate": np.r_[1.0, curve.estimate],
            "conf_low": np.r_[np.nan, curve.conf_low],
            "conf_high": np.r_[np.nan, curve.conf_high],
        }
    ).with_columns(pl.col("conf_low", "conf_high").fill_nan(None))
