"""Matched designs: from the patients of a design to its sets, checked."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import numpy as np
import polars as pl

from twoarm.errors import InputError
from twoarm.propensity.coarsened import match_coarsened
from twoarm.propensity.full import match_full
from twoarm.propensity.mahalanobis import match_mahalanobis
from twoarm.propensity.nearest import Matches, caliper_of, match_nearest
from twoarm.propensity.optimal import match_optimal
from twoarm.propensity.risk_set import match_risk_set
from twoarm.propensity.sample import Sample
from twoarm.propensity.sets import Sets, check_sets, sets_of, weight_sets


class Matched(NamedTuple):
    """Sets of a design, checked.

    Attributes
    ----------
    sets
        Rows are of the sample; of risk sets, where a patient may be a control first and
        treated later, those of the controls are as many more as there are patients.
    treated : ndarray of bool
        Role of each row that the sets may name.
    weight : ndarray of float
        Weight of each row that the sets may name; 0 for who is in no set.
    entry_days, exit_days : ndarray of float
        Clock of each member of risk sets in days since time zero, infinite for no end;
        NaN and infinite in other designs, whose clock is settled.
    """

    sets: Sets
    treated: np.ndarray
    weight: np.ndarray
    entry_days: np.ndarray
    exit_days: np.ndarray


def match_design(sample: Sample, design: Mapping[str, Any], name: str) -> Matched:
    """Match the patients of a design, and check what came out.

    Raises
    ------
    InputError
        If nobody is matched, with the key to change.
    """
    matchers = {
        "nearest": _match_nearest,
        "optimal": _match_optimal,
        "full": _match_full,
        "coarsened": _match_coarsened,
        "risk_set": _match_risk_set,
    }
    found = matchers[design["method"]](sample, design)
    if not len(found.sets.row):
        raise InputError(f"design {name} matches nobody; widen {_keys(design, name)}")
    return found


def _keys(design: Mapping[str, Any], name: str) -> str:
    """Name the keys of a design that may leave nobody."""
    if design["method"] == "coarsened":
        return f"designs.{name}.bins, or take covariates out of match_on"
    caliper = "caliper" if design["caliper"] else "caliper_sd"
    exact = ", or take covariates out of exact" if design["exact"] else ""
    return f"designs.{name}.{caliper}{exact}"


def _caliper(sample: Sample, design: Mapping[str, Any], line: np.ndarray) -> float:
    """Return the width of the caliper on the scale of the distance."""
    if design["caliper"] is not None:
        return float(design["caliper"])
    return caliper_of(
        line, sample.treated, design["caliper_sd"], scale=design["caliper_scale"]
    )


def _checked(
    sets: Sets, treated: np.ndarray, design: Mapping[str, Any], **promises: Any
) -> Matched:
    """Weight the sets and hold them to what the design promises."""
    estimand = design["estimand"]
    weight = weight_sets(sets, treated, estimand=estimand)
    check_sets(sets, treated, weight=weight, estimand=estimand, **promises)
    size = len(sets.row)
    return Matched(sets, treated, weight, np.full(size, np.nan), np.full(size, np.inf))


def _match_nearest(sample: Sample, design: Mapping[str, Any]) -> Matched:
    line = sample.score if design["distance"] == "score" else sample.logit
    bounds = {
        "ratio": design["ratio"],
        "caliper": _caliper(sample, design, line),
        "replace": design["replace"],
        "strata": sample.strata,
    }
    focal: Literal["treated", "control"] = (
        "treated" if design["estimand"] == "ATT" else "control"
    )
    how = {**bounds, "order": design["order"], "seed": design["seed"], "focal": focal}
    if sample.distances is None:
        found = match_nearest(line, sample.treated, **how)
    else:
        found = match_mahalanobis(sample.distances, sample.treated, line, **how)
    sets = sets_of(found, focal=focal)
    return _checked(sets, sample.treated, design, logit=line, **bounds)


def _match_optimal(sample: Sample, design: Mapping[str, Any]) -> Matched:
    bounds = {
        "ratio": design["ratio"],
        "caliper": _caliper(sample, design, sample.logit),
        "strata": sample.strata,
    }
    sets = sets_of(match_optimal(sample.logit, sample.treated, **bounds))
    return _checked(sets, sample.treated, design, logit=sample.logit, **bounds)


def _match_full(sample: Sample, design: Mapping[str, Any]) -> Matched:
    caliper, line, strata = (
        _caliper(sample, design, sample.logit),
        sample.logit,
        sample.strata,
    )
    bounds = {key: design[key] for key in ("min_controls", "max_controls")}
    sets = match_full(line, sample.treated, caliper=caliper, strata=strata, **bounds)
    promises = {"logit": line, "caliper": caliper, "strata": strata}
    return _checked(sets, sample.treated, design, **promises)


def _match_coarsened(sample: Sample, design: Mapping[str, Any]) -> Matched:
    assert sample.bins is not None
    sets = match_coarsened(list(sample.bins.T), sample.treated)
    _, strata = np.unique(sample.bins, axis=0, return_inverse=True)
    return _checked(sets, sample.treated, design, strata=strata)


def _match_risk_set(sample: Sample, design: Mapping[str, Any]) -> Matched:
    """Match over time; a control may be treated later, so has a row of their own."""
    assert sample.treatment_days is not None
    assert sample.follow_up_days is not None
    size, logit = len(sample.logit), np.tile(sample.logit, 2)
    bounds = {
        "ratio": design["ratio"],
        "caliper": _caliper(sample, design, sample.logit),
    }
    strata = sample.strata
    found = match_risk_set(
        sample.logit,
        sample.treatment_days,
        sample.follow_up_days,
        strata=strata,
        **bounds,
    )
    sets = sets_of(Matches(found.treated, found.control + size, found.distance))
    roles = np.repeat([True, False], size)
    twice = None if strata is None else np.tile(strata, 2)
    matched = _checked(sets, roles, design, logit=logit, strata=twice, **bounds)
    start = np.zeros(2 * size)
    start[found.treated], start[found.control + size] = (found.entry_days,) * 2
    end = np.full(2 * size, np.inf)
    if design["censor_crossovers"]:
        end[found.control + size] = found.exit_days
    return matched._replace(entry_days=start[sets.row], exit_days=end[sets.row])


def list_members(matched: Matched, names: pl.Series) -> pl.DataFrame:
    """Write the members of the sets under the names of the patients.

    Parameters
    ----------
    matched
        Of patients in the order of `names`.
    names
        `patient_id`.

    Returns
    -------
    pl.DataFrame
        As the contract Sets.
    """
    row, number = matched.sets
    end = pl.Series(matched.exit_days)
    return pl.DataFrame(
        {
            "set_id": pl.Series(number + 1).cast(pl.String),
            "patient_id": names.gather(row % len(names)),
            "treated": matched.treated[row],
            "weight": matched.weight[row],
            "entry_days": pl.Series(matched.entry_days).fill_nan(None),
            "exit_days": end.replace(np.inf, None),
        }
    )
