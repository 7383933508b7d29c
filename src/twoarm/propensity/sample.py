"""What a design needs of its patients, as arrays."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from twoarm.engine import fit_cox
from twoarm.errors import InputError
from twoarm.formula import expand_formula, names_of
from twoarm.propensity.coarsened import derive_bins
from twoarm.propensity.models import groups_of
from twoarm.terms import check_terms, expand_terms

MOMENT = 0.5
"""Days."""


class Sample(NamedTuple):
    """Patients of a design, a row each; None where the design does not need it.

    `matrix` has the terms of the design's score, `names` what they are, `continuous`
    which are not 0 or 1. `distances` has the columns of the Mahalanobis distance,
    `bins` the covariates of a coarsened match as whole numbers, `strata` numbers the
    groups in which a match must agree, `groups` those in which the score is fitted by
    itself. `treatment_days` is infinite for who is never
    treated.
    """

    treated: np.ndarray
    score: np.ndarray
    logit: np.ndarray
    matrix: np.ndarray
    names: list[str]
    distances: np.ndarray | None = None
    bins: np.ndarray | None = None
    strata: np.ndarray | None = None
    groups: np.ndarray | None = None
    treatment_days: np.ndarray | None = None
    follow_up_days: np.ndarray | None = None

    def take(self, rows: np.ndarray) -> "Sample":
        """Take rows, in their order, as often as they are named."""
        parts = self._asdict()
        chosen = {
            name: part[rows]
            for name, part in parts.items()
            if isinstance(part, np.ndarray)
        }
        return self._replace(**chosen)


def select_sample(
    patients: pl.DataFrame,
    scores: pl.DataFrame,
    design: Mapping[str, Any],
    *,
    endpoints: Sequence[str] = (),
    within: str | None = None,
) -> Sample:
    """Gather what a design needs.

    Parameters
    ----------
    patients
        As the contract Patients, sorted by `patient_id`, nothing null.
    scores
        As the contract Scores, of the design's score and one imputation.
    design
        The design, complete.
    within
        Covariate in each level of which the score is fitted.
    endpoints
        Endpoints whose follow-up says who is still at risk: all of them.
    """
    joined = patients.join(
        scores.select("patient_id", "propensity_score", "logit"),
        on="patient_id",
        validate="1:1",
    ).sort("patient_id")
    matrix, names = expand_formula(joined, design["covariates"])
    plain = list(
        dict.fromkeys(name for t in design["covariates"] for name in names_of(t))
    )
    sample = Sample(
        treated=joined["treated"].to_numpy(),
        score=joined["propensity_score"].to_numpy(),
        logit=joined["logit"].to_numpy(),
        matrix=matrix,
        names=names,
        strata=_strata(joined, design.get("exact", [])),
        groups=groups_of(joined, within),
    )
    if design["method"] == "coarsened":
        return sample._replace(bins=_bins(joined, design, plain))
    if design["method"] == "risk_set":
        return _over_time(sample, joined, endpoints)
    if design.get("distance") == "mahalanobis":
        columns, _ = expand_terms(joined, design["mahalanobis_of"] or plain)
        return sample._replace(distances=columns)
    return sample


def _over_time(
    sample: Sample, patients: pl.DataFrame, endpoints: Sequence[str]
) -> Sample:
    """Add the times, and for the logit the log hazard of treatment.

    Who was ever treated is known only later, so a match over time is on the linear
    predictor of a Cox regression of the time to treatment (Lu 2005,
    doi:10.1111/j.1541-0420.2005.00356.x).
    """
    wait = patients["treatment_days"].fill_null(np.inf).to_numpy()
    ends = patients.select(pl.min_horizontal(f"{each}_days" for each in endpoints))
    follow_up = ends.to_series().to_numpy()
    check_terms(sample.matrix, sample.names, "propensity.covariates")
    scaled = (sample.matrix - sample.matrix.mean(axis=0)) / sample.matrix.std(axis=0)
    # A treatment at time zero is not over time: such a patient waits a moment.
    time = np.maximum(np.minimum(wait, follow_up), MOMENT)
    fit = fit_cox(time, wait < follow_up, scaled)
    lost = np.flatnonzero(np.isnan(fit.estimate))
    if len(lost):
        named = ", ".join(sample.names[place] for place in lost)
        raise InputError(
            f"the hazard of treatment has no estimate for {named}: nobody treated has "
            "it, or everybody; take it out of the design's covariates"
        )
    return sample._replace(
        logit=scaled @ fit.estimate, treatment_days=wait, follow_up_days=follow_up
    )


def _strata(patients: pl.DataFrame, exact: Sequence[str]) -> np.ndarray | None:
    """Give each group of patients that agree in all levels a number."""
    if not exact:
        return None
    parts = [pl.col(name).to_physical().cast(pl.String) for name in exact]
    levels = pl.concat_str(parts, separator=" ").rank("dense")
    return patients.select(levels).to_series().to_numpy().astype(int)


def _bins(
    patients: pl.DataFrame, design: Mapping[str, Any], plain: Sequence[str]
) -> np.ndarray:
    columns = []
    for name in design["match_on"] or plain:
        column = patients[name]
        if column.dtype == pl.Float64:
            bins = design["bins"].get(name)
            columns.append(derive_bins(column.to_numpy(), bins=bins))
        else:
            columns.append(column.to_physical().to_numpy().astype(int))
    return np.column_stack(columns)
