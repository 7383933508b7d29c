"""Cloned designs: from the patients to their weighted clones."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from twoarm.errors import InputError
from twoarm.formula import expand_formula
from twoarm.propensity.cloning import Clones, clone_patients
from twoarm.propensity.cloning_spells import Spells
from twoarm.propensity.cloning_weights import refit_clones, weight_clones
from twoarm.propensity.weights import Arms

HOW = ("model", "interval_days", "penalty", "stabilised", "truncate", "cap")
AFTER = 0.25
"""Days past the end of the grace period at which the treated clones' weight changes, so
that an event of that day, which is whole, finds the weight it had."""


class Cloned(NamedTuple):
    """Clones of all patients, the terms of the model, and what these are called."""

    clones: Clones
    matrix: np.ndarray
    names: list[str]


def clone_design(
    patients: pl.DataFrame,
    design: Mapping[str, Any],
    endpoints: Sequence[str],
    name: str,
    *,
    endpoint: str | None = None,
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

    Raises
    ------
    InputError
        As `clone_patients` does, with the name of the design.
    """
    matrix, names = expand_formula(patients, design["covariates"])
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
    except InputError as error:
        raise InputError(f"design {name}: {error}") from None
    return Cloned(clones, matrix, names)


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
        spells = weight_clones(cloned.clones, cloned.matrix, cloned.names, **how)
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


def refit_cloned(
    cloned: Cloned, design: Mapping[str, Any]
) -> Callable[[np.ndarray], Arms[Spells]]:
    """Return what weights the clones of patients drawn anew, for a bootstrap."""
    how = {key: design[key] for key in HOW}
    return refit_clones(cloned.clones, cloned.matrix, cloned.names, **how)
