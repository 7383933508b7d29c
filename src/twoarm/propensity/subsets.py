"""Designs made anew of a part of the patients."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from twoarm.propensity.cloned import clone_design, refit_cloned
from twoarm.propensity.refitting import refit_design
from twoarm.propensity.sample import select_sample

Columns = tuple[np.ndarray, ...]


def refit_part(
    patients: pl.DataFrame,
    scores: pl.DataFrame,
    design: Mapping[str, Any],
    model: Mapping[str, Any],
    endpoint: str,
) -> tuple[Columns, Columns]:
    """Score, match or weight a part of the patients as a design does all.

    A term that is the same in all of the part is left out: that of a centre, where the
    part is the others.

    Parameters
    ----------
    patients
        The part, sorted by `patient_id`.
    scores
        As the contract Scores, of the design's score and one imputation.
    design, model
        The design, complete, and how its score is estimated.
    endpoint
        Whose follow-up is asked.

    Returns
    -------
    tuple
        Of the treated and of the controls in the design: row, entry, exit, event and
        weight of each.
    """
    how = {key: model[key] for key in model if key != "within"}
    sample = select_sample(patients, scores, design, within=model["within"])
    varies = np.ptp(sample.matrix, axis=0) > 0
    kept = [name for name, each in zip(sample.names, varies, strict=True) if each]
    sample = sample._replace(matrix=sample.matrix[:, varies], names=kept)
    who = np.arange(patients.height)
    weight = refit_design(sample, design, how)(who)
    columns = (f"{endpoint}_days", f"{endpoint}_event", "treated")
    time, event, treated = (patients[name].to_numpy() for name in columns)
    every = (who, np.zeros(len(who)), time, event, weight)
    inside = weight > 0
    first, second = (
        tuple(each[rows] for each in every)
        for rows in (treated & inside, ~treated & inside)
    )
    return first, second


def refit_clones_of(
    patients: pl.DataFrame,
    design: Mapping[str, Any],
    endpoints: Sequence[str],
    name: str,
    endpoint: str,
) -> tuple[Columns, Columns]:
    """Clone and weight a part of the patients; parameters as `clone_design` has them.

    Returns
    -------
    tuple
        Of the treated and of the control clones: row, entry, exit, event and weight of
        each stretch.
    """
    copies = clone_design(patients, design, endpoints, name, endpoint=endpoint)
    varies = np.ptp(copies.matrix, axis=0) > 0
    kept = [each for each, free in zip(copies.names, varies, strict=True) if free]
    copies = copies._replace(matrix=copies.matrix[:, varies], names=kept)
    treated, control = refit_cloned(copies, design)(np.arange(patients.height))
    return tuple(treated), tuple(control)
