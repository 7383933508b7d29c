"""Cloned designs: from the patients to their weighted clones."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from twoarm.errors import InputError
from twoarm.formula import expand_formula, names_of
from twoarm.histories import values_at
from twoarm.propensity.cloning import Clones, clone_patients
from twoarm.propensity.cloning_courses import Courses, list_courses
from twoarm.propensity.cloning_models import steps_of
from twoarm.propensity.cloning_spells import Spells
from twoarm.propensity.cloning_summary import check_weights
from twoarm.propensity.cloning_weights import (
    fit_pieces,
    limit_pieces,
    refit_clones,
    weight_clones,
)
from twoarm.propensity.weights import Arms

HOW = ("model", "interval_days", "penalty", "stabilised", "truncate", "cap")
LIMITS = {"none": None, "0 to 99": (0.0, 99.0), "0 to 95": (0.0, 95.0)}
"""Percentiles to which weights are moved, to see what that changes."""
AFTER = 0.25
"""Days past the end of the grace period at which the treated clones' weight changes, so
that an event of that day, which is whole, finds the weight it had."""


class Cloned(NamedTuple):
    """Clones of all patients, the terms of the model, and what these are called.

    Where covariates vary, the terms are in `courses`, and `since_days` has, by
    covariate, how old a value is in each of their rows.
    """

    clones: Clones
    matrix: np.ndarray
    names: list[str]
    courses: Courses | None = None
    since_days: pl.DataFrame | None = None


def clone_design(
    patients: pl.DataFrame,
    design: Mapping[str, Any],
    endpoints: Sequence[str],
    name: str,
    *,
    endpoint: str | None = None,
    histories: pl.DataFrame | None = None,
) -> Cloned:
    """Clone the patients of a design; treatment ends with the first endpoint's time.

    Parameters
    ----------
    patients
        As the contract Patients, nothing null, sorted by `patient_id`.
    design
        The design, complete.
    endpoints
        Endpoints of the study. Once any of them has ended, treatment is impossible.
    name
        Of the design, for messages.
    endpoint
        Endpoint that the clones are followed for; to the last of all if left out.
    histories
        As the contract Histories, for a design whose covariates vary.

    Raises
    ------
    InputError
        As `clone_patients` and `values_at` do, with the name of the design.
    """
    days = [f"{each}_days" for each in endpoints]
    first, last = (
        patients.select(each(days)).to_series().to_numpy()
        for each in (pl.min_horizontal, pl.max_horizontal)
    )
    wait = patients["treatment_days"].fill_null(np.inf).to_numpy()
    event = np.zeros(len(wait), bool)
    if endpoint is not None:
        last = patients[f"{endpoint}_days"].to_numpy()
        event = patients[f"{endpoint}_event"].to_numpy()
    try:
        clones = clone_patients(
            wait, first, last, event, grace_days=design["grace_days"]
        )
        if design.get("varying"):
            if histories is None:
                raise InputError("what varies is not known without histories")
            return _follow_covariates(patients, histories, clones, design)
    except InputError as error:
        raise InputError(f"design {name}: {error}") from None
    return Cloned(clones, *expand_formula(patients, design["covariates"]))


def _follow_covariates(
    patients: pl.DataFrame,
    histories: pl.DataFrame,
    clones: Clones,
    design: Mapping[str, Any],
) -> Cloned:
    """Lay out what was known of each patient when treatment might come.

    At the start of an interval, of a day of treatment before it; with `same_day` what
    is measured by the end of the interval, the treatment or the end of its possibility
    counts too. A spline has its knots by all rows.
    """
    steps = steps_of(clones, design["interval_days"])
    row, step = list_courses(clones, steps)
    days, same_day = steps.starts[step], design["same_day"]
    if same_day:
        until = np.minimum(clones.treatment_days, clones.barred_days)[row]
        days = np.minimum(steps.ends[step], until)
    asked = pl.DataFrame({"patient_id": patients["patient_id"].gather(row)})
    asked = asked.with_columns(days=pl.Series(days, dtype=pl.Float64))
    before = design["interval_days"] is None and not same_day
    varying = design["varying"]
    _check_measured(histories, varying)
    known = values_at(histories, patients, asked, varying, before=before)
    named = {name for term in design["covariates"] for name in names_of(term)}
    others = patients.select(sorted(named - set(varying)))[row]
    frame = others.hstack(known.values).with_columns(
        pl.col(name).cast(pl.Enum(_used_levels(known.values[name])))
        for name in varying
        if isinstance(known.values.schema[name], pl.Enum)
    )
    matrix, names = expand_formula(frame, design["covariates"])
    size = patients.height
    courses = Courses(steps, np.bincount(row, minlength=size), matrix)
    return Cloned(clones, np.empty((size, 0)), names, courses, known.since_days)


def _check_measured(histories: pl.DataFrame, varying: Sequence[str]) -> None:
    """Check that what varies is measured again of somebody."""
    never = [
        name
        for name in varying
        if name in histories.columns and histories[name].is_null().all()
    ]
    if never:
        raise InputError(
            f"after time zero {', '.join(never)} is measured of nobody; take it out of "
            "varying"
        )


def _used_levels(column: pl.Series) -> list[str]:
    """List the levels that occur where treatment might come."""
    used = set(column.cast(pl.String))
    levels: list[str] = column.dtype.categories.to_list()  # type: ignore[attr-defined]
    return [level for level in levels if level in used]


def weight_cloned(
    patients: pl.DataFrame, cloned: Cloned, design: Mapping[str, Any], name: str
) -> pl.DataFrame:
    """Weight the clones of a design.

    Returns
    -------
    pl.DataFrame
        As the contract Clones.
    """
    how = {key: design[key] for key in HOW}
    try:
        terms = cloned.matrix, cloned.names
        spells = weight_clones(cloned.clones, *terms, courses=cloned.courses, **how)
        check_weights(cloned.clones, spells)
    except InputError as error:
        raise InputError(f"design {name}: {error}") from None
    arms = Arms(*zip(cloned.clones.arms, spells, (True, False), strict=True))
    parts = []
    for follow, own, treated in arms:
        ends = own.exit_days == follow.exit_days[own.row]
        stays = ends & ~follow.censored[own.row]
        later = AFTER if treated else 0.0
        rows = pl.DataFrame(
            {
                "patient_id": patients["patient_id"].gather(own.row),
                "entry_days": np.where(own.entry_days > 0, own.entry_days + later, 0.0),
                "exit_days": np.where(ends, own.exit_days, own.exit_days + later),
                "weight": own.weight,
            }
        )
        left = pl.when(~pl.Series(stays)).then("exit_days")
        parts.append(rows.with_columns(exit_days=left, treated=pl.lit(value=treated)))
    return pl.concat(parts).with_columns(design=pl.lit(name))


def weight_under_limits(
    cloned: Cloned, design: Mapping[str, Any], name: str
) -> Iterator[tuple[dict[str, Any], Arms[Spells]]]:
    """Weigh the clones of a design under its own limits, and others beside them.

    Yields
    ------
    limit, spells
        `truncate` and `cap` as the contract Truncations has them; the clones.
    """
    fit = {key: design[key] for key in HOW if key not in ("truncate", "cap")}
    given = {"truncate": design["truncate"], "cap": design["cap"]}
    limits = {"as given": given, **{key: {"truncate": v} for key, v in LIMITS.items()}}
    try:
        pieces = fit_pieces(
            cloned.clones, cloned.matrix, cloned.names, courses=cloned.courses, **fit
        )
        for label, limit in limits.items():
            told = {"truncate": label, "cap": limit.get("cap")}
            yield told, limit_pieces(cloned.clones, pieces, **limit)
    except InputError as error:
        raise InputError(f"design {name}: {error}") from None


def assess_carried(cloned: Cloned, design: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Count how old the values are that a cloned design carries on.

    Returns
    -------
    list of dict
        Rows of the contract Carried, without the design.
    """
    if cloned.since_days is None:
        return []
    stale, rows = design["stale_days"], []
    for since in cloned.since_days:
        old = None if stale is None else int((since > stale).sum())
        age = {"median_days": since.median(), "largest_days": since.max()}
        counts = {"n_intervals": len(since), "stale_days": stale, "n_stale": old}
        rows.append({"covariate": since.name, **counts, **age})
    return rows


def refit_cloned(
    cloned: Cloned, design: Mapping[str, Any]
) -> Callable[[np.ndarray], Arms[Spells]]:
    """Return what weights the clones of patients drawn anew, for a bootstrap."""
    how = {key: design[key] for key in HOW}
    terms = cloned.matrix, cloned.names
    return refit_clones(cloned.clones, *terms, courses=cloned.courses, **how)
