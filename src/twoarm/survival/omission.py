"""How far an answer hangs on one centre, or on one patient."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import polars as pl
from scipy.special import ndtri

from twoarm.engine import assess_dfbeta, fit_cox
from twoarm.survival.curves import Arm
from twoarm.survival.effects import ratio_row
from twoarm.survival.members import counts_of, join_members, restrict_arms
from twoarm.survival.stack import Stack, stack_arms

Row = dict[str, Any]
MOST_REFITTED = 500
"""Patients up to whom each is left out in truth."""


def compare_without_centres(
    patients: pl.DataFrame, arms: Mapping[str, Arm], *, confidence: float
) -> Iterator[Row]:
    """Estimate the hazard ratio without each centre in turn.

    Weights, sets and clones stay those of the whole design: it is estimated again, not
    designed again.

    Parameters
    ----------
    patients
        Analysed patients; without a column `centre`, or of one centre, no rows.
    arms
        As `twoarm.survival.curves.arms_of` returns them.
    confidence
        Level of the two-sided limits.

    Yields
    ------
    dict
        Rows of the contract Effects without `endpoint` and `design`: the term
        `without centre: a`.
    """
    if "centre" not in patients.columns:
        return
    centre = patients["centre"].cast(pl.String)
    names = sorted(centre.unique().drop_nulls())
    z = float(ndtri((1 + confidence) / 2))
    for name in names if len(names) > 1 else []:
        part = restrict_arms(arms, patients["patient_id"].filter(centre != name))
        counts, term = counts_of(part), f"without centre: {name}"
        if not (counts["events_treated"] and counts["events_control"]):
            why = "not estimable: an arm has no event"
            told = {"measure": "hazard_ratio", "months": None, "method": why}
            yield {**told, "term": term, **counts}
            continue
        estimate, error = _fit(stack_arms(part))
        method = "Cox without the centre, the design of all kept"
        yield {**ratio_row(term, estimate, error, z, method), **counts}


def assess_influence(arms: Mapping[str, Arm], *, confidence: float) -> Row | None:
    """Leave each patient out in turn: how far does the hazard ratio move.

    Up to 500 patients each is left out and the Cox regression fitted again; of more the
    change is that of the dfbeta residuals, with the error of all. Weights and sets stay
    those of the whole design.

    Parameters
    ----------
    arms
        As `twoarm.survival.curves.arms_of` returns them.
    confidence
        Level at which the limits hold 1 or do not.

    Returns
    -------
    dict or None
        A row of the contract Influence without `endpoint` and `design`; None where
        there is no hazard ratio.
    """
    both = stack_arms(arms)
    named = join_members(arms)["patient_id"]
    who = named.rank("dense").to_numpy().astype(int) - 1
    size, z = int(who.max()) + 1, float(ndtri((1 + confidence) / 2))
    whole = _fit(both)
    if not whole[1] > 0:
        return None
    if size <= MOST_REFITTED:
        fits = np.array([_fit(_without(both, who == each)) for each in range(size)])
    else:
        rows = assess_dfbeta(
            both.time,
            both.event,
            both.treated[:, None],
            weight=both.weight,
            entry=both.entry,
        )
        moved = whole[0] - np.bincount(who, rows[:, 0], minlength=size)
        fits = np.column_stack([moved, np.full(size, whole[1])])
    # Without a patient there may be no event left in an arm.
    known = fits[fits[:, 1] > 0]
    clear = np.abs(known[:, 0]) > z * known[:, 1]
    verdict = abs(whole[0]) > z * whole[1]
    return {
        "n_patients": size,
        "estimate": float(np.exp(whole[0])),
        "lowest": float(np.exp(known[:, 0].min())),
        "highest": float(np.exp(known[:, 0].max())),
        "n_tipping": int((clear != verdict).sum()) + size - len(known),
        "method": "refitted" if size <= MOST_REFITTED else "dfbeta",
    }


def _without(both: Stack, out: np.ndarray) -> Stack:
    parts: dict[str, Any] = {
        k: None if v is None else v[~out] for k, v in both._asdict().items()
    }
    return Stack(**parts)


def _fit(both: Stack) -> tuple[float, float]:
    """Return the log hazard ratio and its error; NaN where there is none."""
    treated = both.treated > 0
    if not (both.event[treated].any() and both.event[~treated].any()):
        return np.nan, np.nan
    fit = fit_cox(both.time, both.event, both.treated[:, None], **both.how())
    return float(fit.estimate[0]), float(fit.std_error[0])
