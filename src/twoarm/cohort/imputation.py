"""Multiple imputation of covariates by chained equations."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from twoarm.cohort.donors import draw_donors, draw_levels
from twoarm.errors import InputError


class Imputed(NamedTuple):
    """A completed data set, and how the chain that made it went.

    `trace` has a row an iteration and covariate, or level of one: `imputation`,
    `iteration` from 1, `covariate`, `level` (null for a continuous one), `mean` of the
    imputed values or the share of the level among them, `sd` (null for a level).
    """

    completed: pl.DataFrame
    trace: pl.DataFrame


class _Covariate(NamedTuple):
    """A covariate as numbers; `levels` is None for a continuous one."""

    name: str
    numbers: np.ndarray
    missing: np.ndarray
    levels: list[str] | None
    place: slice


TRACE = {
    "imputation": pl.Int64,
    "iteration": pl.Int64,
    "covariate": pl.String,
    "level": pl.String,
    "mean": pl.Float64,
    "sd": pl.Float64,
}


def impute_covariates(
    patients: pl.DataFrame,
    *,
    covariates: Sequence[str],
    endpoints: Sequence[str],
    imputation: int,
    seed: int,
    iterations: int = 10,
    donors: int = 5,
    skip: Sequence[str] = (),
) -> Imputed:
    """Complete the covariates once, by chained equations.

    Each covariate with missing values is drawn in turn given all others, the treatment,
    and of each endpoint the event and the Nelson-Aalen cumulative hazard at the
    patient's own time; the one with fewest missing first, and all again at each
    iteration. Continuous ones are drawn by predictive mean matching, levels from a
    logistic regression (`draw_donors`, `draw_levels`). The start is a draw from the
    observed values.

    Parameters
    ----------
    patients
        Analysed patients with `treated`, the endpoints, and covariates as Float64 on
        the scale of their analysis or as Enum; only covariates may be null. A score
        that follows from other columns is not imputed but derived from the completed.
    imputation
        Number of the data set, from 1: with the seed it decides the draws, so that each
        data set may be made by its own job. The bytes are the same on any number of
        cores, and for any order of rows.
    iterations
        Rounds of the chain.
    donors
        Patients among whom the value of a continuous covariate is picked.
    skip
        Covariates whose gaps are no accident (no pathology where there was no surgery):
        they stay null, and with gaps they predict nothing.

    Returns
    -------
    Imputed
        `completed` has the columns of `patients`, sorted by `patient_id`; an observed
        value is as it was.

    Raises
    ------
    InputError
        If a covariate is missing in all patients.

    References
    ----------
    .. [1] van Buuren S, Groothuis-Oudshoorn K. mice: multivariate imputation by chained
       equations in R. J Stat Softw 2011;45(3). doi:10.18637/jss.v045.i03
    .. [2] White IR, Royston P. Imputing missing covariate values for the Cox model.
       Stat Med 2009;28:1982-1998. doi:10.1002/sim.3618
    """
    patients = patients.sort("patient_id")
    _check_observed(patients, covariates, skip)
    gaps = {name for name in skip if patients[name].null_count()}
    known = _outcomes(patients, endpoints)
    chain = _number_covariates(patients, [c for c in covariates if c not in gaps])
    generator = np.random.default_rng(np.random.SeedSequence([seed, imputation]))
    with threadpool_limits(limits=1):  # sums by several threads differ in a last bit
        rows = _run_chain(chain, known, generator, iterations, donors)
    trace = pl.DataFrame(
        [{"imputation": imputation, **row} for row in rows], schema=TRACE, orient="row"
    )
    filled = [
        _as_column(each, patients[each.name].dtype)
        for each in chain
        if each.missing.any()
    ]
    return Imputed(patients.with_columns(filled), trace)


def estimate_hazard(time: np.ndarray, event: np.ndarray) -> np.ndarray:
    """Estimate the Nelson-Aalen cumulative hazard at each patient's own time.

    At risk at t if `time >= t`; tied events fall together.

    Parameters
    ----------
    time : ndarray of float, shape (n_patients,)
        Time to event or censoring.
    event : ndarray of bool, shape (n_patients,)
        True for an event.

    References
    ----------
    .. [1] Aalen O. Nonparametric inference for a family of counting processes. Ann Stat
       1978;6:701-726. doi:10.1214/aos/1176344247

    Examples
    --------
    >>> estimate_hazard(np.array([2.0, 1, 2, 4]), np.array([True, True, False, True]))
    array([0.58333333, 0.25      , 0.58333333, 1.58333333])
    """
    steps, place = np.unique(time, return_inverse=True)
    leaving = np.bincount(place, minlength=len(steps))
    n_risk = np.cumsum(leaving[::-1])[::-1]
    n_event = np.bincount(place, event, minlength=len(steps))
    return np.asarray(np.cumsum(n_event / n_risk)[place])


def _check_observed(
    patients: pl.DataFrame, covariates: Sequence[str], skip: Sequence[str]
) -> None:
    empty = [
        name
        for name in covariates
        if name not in skip and patients[name].null_count() == patients.height
    ]
    if empty:
        raise InputError(
            f"covariates: {', '.join(empty)} missing in all {patients.height} "
            "patients, so there is nothing to impute from; take out of covariates, or "
            "check the name of the column"
        )


def _outcomes(patients: pl.DataFrame, endpoints: Sequence[str]) -> np.ndarray:
    """Collect what predicts but is never missing: treatment, events, hazards."""
    columns = [patients["treated"].to_numpy().astype(float)]
    for endpoint in endpoints:
        time = patients[f"{endpoint}_days"].to_numpy()
        event = patients[f"{endpoint}_event"].to_numpy()
        columns += [event.astype(float), estimate_hazard(time, event)]
    return np.column_stack(columns)


def _number_covariates(
    patients: pl.DataFrame, covariates: Sequence[str]
) -> list[_Covariate]:
    """Turn covariates into numbers: levels into codes of those observed, in order."""
    numbered, first = [], 0
    for name in covariates:
        column = patients[name]
        missing = column.is_null().to_numpy()
        levels, width = None, 1
        if column.dtype == pl.Float64:
            numbers = column.to_numpy().copy()
        else:
            seen, codes = np.unique(
                column.to_physical().to_numpy()[~missing], return_inverse=True
            )
            numbers = np.zeros(len(missing), int)
            numbers[~missing] = codes
            every = column.dtype.categories  # type: ignore[attr-defined]
            levels = [every[int(each)] for each in seen]
            width = len(levels) - 1
        place = slice(first, first + width)
        numbered.append(_Covariate(name, numbers, missing, levels, place))
        first += width
    return numbered


def _run_chain(
    chain: list[_Covariate],
    known: np.ndarray,
    generator: np.random.Generator,
    iterations: int,
    donors: int,
) -> list[dict[str, Any]]:
    """Fill the gaps of the covariates' numbers in place; return the trace."""
    turns = sorted(
        (each for each in chain if each.missing.any()), key=lambda c: c.missing.sum()
    )
    for each in turns:
        seen = each.numbers[~each.missing]
        each.numbers[each.missing] = generator.choice(seen, size=each.missing.sum())
    design = np.column_stack([*(_expand(each, each.numbers) for each in chain), known])
    fits: dict[str, np.ndarray] = {}
    trace: list[dict[str, Any]] = []
    for iteration in range(1, iterations + 1) if turns else ():
        for each in turns:
            others = np.delete(design, each.place, axis=1)
            seen = others[~each.missing], others[each.missing]
            values = each.numbers[~each.missing]
            if each.levels is None:
                drawn = draw_donors(values, *seen, donors=donors, generator=generator)
            else:
                drawn, fits[each.name] = draw_levels(
                    values, *seen, generator=generator, start=fits.get(each.name)
                )
            each.numbers[each.missing] = drawn
            design[each.missing, each.place] = _expand(each, drawn)
            trace += [{"iteration": iteration, **row} for row in _trace(each, drawn)]
    return trace


def _expand(covariate: _Covariate, numbers: np.ndarray) -> np.ndarray:
    """Turn codes into one column a level but the first."""
    if covariate.levels is None:
        return numbers[:, None]
    codes = np.arange(1, len(covariate.levels))
    return np.asarray(numbers[:, None] == codes, float)


def _trace(covariate: _Covariate, drawn: np.ndarray) -> list[dict[str, Any]]:
    if covariate.levels is None:
        sd = float(drawn.std(ddof=1)) if len(drawn) > 1 else None
        return [{"covariate": covariate.name, "mean": float(drawn.mean()), "sd": sd}]
    return [
        {"covariate": covariate.name, "level": level, "mean": float(share)}
        for level, share in zip(
            covariate.levels,
            np.bincount(drawn, minlength=len(covariate.levels)) / len(drawn),
            strict=True,
        )
    ]


def _as_column(covariate: _Covariate, dtype: pl.DataType) -> pl.Series:
    if covariate.levels is None:
        return pl.Series(covariate.name, covariate.numbers, dtype)
    levels = np.array(covariate.levels, dtype=object)[covariate.numbers]
    return pl.Series(covariate.name, levels, dtype)
