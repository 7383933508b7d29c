"""The hazard ratio of a design that was made anew without one centre."""

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import polars as pl
from scipy.special import ndtri

from twoarm.engine import fit_cox
from twoarm.errors import InputError
from twoarm.survival.effects import ratio_row

Row = dict[str, Any]
Columns = Sequence[np.ndarray]


def list_other_centres(patients: pl.DataFrame) -> list[tuple[str, pl.DataFrame]]:
    """List each centre with the patients of the others; none if there is but one."""
    if "centre" not in patients.columns:
        return []
    centre = patients["centre"].cast(pl.String)
    names = sorted(centre.unique().drop_nulls())
    return [(name, patients.filter(centre != name)) for name in names if names[1:]]


def estimate_refitted(
    stretches: Callable[[], tuple[Columns, Columns]], centre: str, *, confidence: float
) -> Row:
    """Estimate the hazard ratio of a design made anew of the other centres.

    Parameters
    ----------
    stretches
        Makes the design: of the treated and of the controls the arrays patient, entry,
        exit, event and weight, a row a stretch of follow-up.
    centre
        Centre that was left out.
    confidence
        Level of the two-sided limits, by the robust error of patients.

    Returns
    -------
    dict
        A row of the contract Effects without `endpoint` and `design`: the term
        `refitted without centre: a`. Where the others do not carry the design, why.
    """
    term = f"refitted without centre: {centre}"
    counts = dict.fromkeys(
        ("n_treated", "n_control", "events_treated", "events_control"), 0
    )
    told = {"measure": "hazard_ratio", "term": term, "months": None}
    try:
        arms = stretches()
    except InputError as error:
        # Without the key before it, and without what it names of single levels.
        reason = re.sub(r"^[\w.]+: ", "", str(error)).split("\n")[0]
        why = re.split(r"[:;]", reason)[0]
        return {**told, **counts, "method": f"not estimable: {why}"}
    for name, (who, _, _, event, _) in zip(("treated", "control"), arms, strict=True):
        counts[f"n_{name}"] = len(np.unique(who))
        counts[f"events_{name}"] = int(event.sum())
    if not (counts["events_treated"] and counts["events_control"]):
        return {**told, **counts, "method": "not estimable: an arm has no event"}
    who, entry, exits, event, weight = (
        np.concatenate(pair) for pair in zip(*arms, strict=True)
    )
    treated = np.repeat([1.0, 0.0], [len(arm[0]) for arm in arms])
    late = entry if (entry > 0).any() else None
    fit = fit_cox(
        exits, event, treated[:, None], weight=weight, cluster=who, entry=late
    )
    z = float(ndtri((1 + confidence) / 2))
    method = "Cox without the centre, the design made anew, robust variance of patients"
    row = ratio_row(term, float(fit.estimate[0]), float(fit.std_error[0]), z, method)
    return {**row, **counts}
