"""Survival curves of the arms of one design."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import polars as pl

from twoarm.clocks import is_repeated, spans_of
from twoarm.engine import fit_curve
from twoarm.fits import Curve
from twoarm.median import TIE, Quantile
from twoarm.months import DAYS_PER_MONTH
from twoarm.survival.incidence import fit_incidence


class Arm(NamedTuple):
    """One arm of a design, for one endpoint.

    `weight` is None where all weights are one; `cluster` numbers the matched sets, None
    where there are none; `entry` is when each came under observation in the arm, None
    where all did when the clock started. `patient_id` names the rows; `of` says what
    these are where a patient has several, clones or trials. `competing` tells whom
    something else befell first, so that the event did not; None where nothing can.
    """

    label: str
    time: np.ndarray
    event: np.ndarray
    weight: np.ndarray | None
    cluster: np.ndarray | None
    entry: np.ndarray | None = None
    patient_id: pl.Series | None = None
    of: str = "clones"
    competing: np.ndarray | None = None

    def cause(self) -> np.ndarray:
        """Return 1 for the event, 2 for a competing one, 0 for neither."""
        others = np.zeros(len(self.time)) if self.competing is None else self.competing
        return np.where(self.event, 1, 2 * others).astype(int)


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
        `treated` and `control`; times in days, as `twoarm.clocks.spans_of` has them.
    """
    joined = spans_of(patients, members, endpoint)
    cluster, late = _clusters(joined), (joined["start"] > 0).any()
    # In trials a patient has several rows that all start when the clock does.
    late = late or is_repeated(joined)
    weighted = (joined["weight"] != 1).any()
    arms = {}
    for arm, label in labels.items():
        rows = (joined["treated"] == (arm == "treated")).to_numpy()
        one = joined.filter(rows)
        arms[arm] = Arm(
            label,
            one["end"].to_numpy(),
            one["event"].to_numpy(),
            one["weight"].to_numpy() if weighted else None,
            cluster[rows] if cluster is not None else None,
            one["start"].to_numpy() if late else None,
            one["patient_id"],
            "trials" if (one["origin_days"] > 0).any() else "clones",
            one["competing"].to_numpy() if "competing" in one else None,
        )
    return arms


def _clusters(members: pl.DataFrame) -> np.ndarray | None:
    """Give each member its set's number; None where some are in several, or none."""
    if members["set_id"].null_count():
        return None
    return members["set_id"].rank("dense").to_numpy()


def estimate_curve(
    arm: Arm, *, confidence: float, limits: str = "log-log"
) -> pl.DataFrame:
    """Estimate the survival curve of an arm.

    Returns
    -------
    pl.DataFrame
        As the contract Curves, without endpoint and design; the first row is time 0.
        Counts are of patients, unweighted; limits are null where the curve is 1 or 0.
        Where patients enter later, the number at risk may rise, and the entries have
        rows of their own (Simon and Makuch 1984). Where an event competes the estimate
        is 1 less the cumulative incidence, and who had it counts as censored.

    References
    ----------
    .. [1] Simon R, Makuch RW. A non-parametric graphical representation of the
       relationship between survival and the occurrence of an event. Stat Med
       1984;3:35-44. doi:10.1002/sim.4780030106
    """
    curve, _ = fit_arm(arm, confidence=confidence, limits=limits)
    seen = _whole(arm)
    entry = np.zeros(len(seen.time)) if seen.entry is None else seen.entry
    entered = _merge(entry[entry > 0], curve.time)
    times = np.union1d(curve.time, entered)
    # The nearest time, as the engine merges times that differ by rounding.
    place = np.searchsorted((times[1:] + times[:-1]) / 2, seen.time)
    n_event = np.bincount(place[seen.event], minlength=len(times))
    n_censor = np.bincount(place[~seen.event], minlength=len(times))
    leaving = n_event + n_censor
    # At risk are those who entered before a time, and had not left before it.
    entries = np.r_[entry[entry <= 0], entered]
    n_before = np.searchsorted(np.sort(entries), times, side="left")
    n_risk = n_before - np.cumsum(leaving) + leaving
    step = np.searchsorted(curve.time, times, side="right")
    lines = (curve.estimate, curve.conf_low, curve.conf_high)
    starts = (1.0, np.nan, np.nan)
    estimate, low, high = (
        np.r_[start, np.r_[start, line][step]]
        for start, line in zip(starts, lines, strict=True)
    )
    return pl.DataFrame(
        {
            "arm": arm.label,
            "months": np.r_[0.0, times / DAYS_PER_MONTH],
            "n_risk": np.r_[(entry <= 0).sum(), n_risk],
            "n_event": np.r_[0, n_event],
            "n_censor": np.r_[0, n_censor],
            "estimate": estimate,
            "conf_low": low,
            "conf_high": high,
        }
    ).with_columns(pl.col("conf_low", "conf_high").fill_nan(None))


def fit_arm(
    arm: Arm, *, confidence: float, limits: str = "log-log"
) -> tuple[Curve, Quantile]:
    """Fit the survival curve of an arm, whose clones' rows are of one patient.

    Where an event competes it is 1 less the cumulative incidence, without a median.
    """
    patient = arm.cluster if arm.entry is not None else None
    if arm.competing is not None:
        how = {"weight": arm.weight, "entry": arm.entry, "patient": patient}
        curve = fit_incidence(arm.time, arm.cause(), confidence=confidence, **how)
        return curve, Quantile(np.nan, np.nan, np.nan)
    return fit_curve(
        arm.time,
        arm.event,
        arm.weight,
        entry=arm.entry,
        patient=patient,
        confidence=confidence,
        limits=limits,
    )


def _whole(arm: Arm) -> Arm:
    """Join the rows of each patient, who is followed from the first to the last."""
    if arm.entry is None or arm.cluster is None:
        return arm
    rows = pl.DataFrame(
        {"who": arm.cluster, "from": arm.entry, "to": arm.time, "event": arm.event}
    )
    found = rows.group_by("who", maintain_order=True).agg(
        pl.col("from").min(), pl.col("to").max(), pl.col("event").any()
    )
    return arm._replace(
        time=found["to"].to_numpy(),
        event=found["event"].to_numpy(),
        entry=found["from"].to_numpy(),
    )


def count_arm(arm: Arm) -> tuple[int, int]:
    """Count the patients of an arm and their events."""
    whole = _whole(arm)
    return len(whole.time), int(whole.event.sum())


def count_at_risk(arm: Arm, days: np.ndarray) -> list[int]:
    """Count the patients of an arm at risk at some days: not dead or censored before.

    A patient with several rows counts once.
    """
    entry = np.full(len(arm.time), -1.0) if arm.entry is None else arm.entry
    rows = [(entry < day) & (arm.time >= day) for day in days]
    if arm.patient_id is None:
        return [int(each.sum()) for each in rows]
    return [arm.patient_id.filter(pl.Series(each)).n_unique() for each in rows]


def _merge(entered: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Make an entry that differs from a time of the curve by rounding that time."""
    if not len(times):
        return entered
    nearest = times[np.searchsorted((times[1:] + times[:-1]) / 2, entered)]
    return np.where(np.abs(nearest - entered) <= TIE, nearest, entered)
