"""Balance of squares and products of covariates."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from twoarm.propensity.balance import DesignWeights
from twoarm.tables.propensity import Interactions
from twoarm.terms import Term, expand_terms


def assess_interactions(
    patients: pl.DataFrame,
    designs: Mapping[str, DesignWeights],
    covariates: Sequence[str],
) -> pl.DataFrame:
    """Compare the arms in the squares and products of the covariates' terms.

    A design balances the means of covariates and may still leave their spread, or what
    goes with what, apart. Terms are those of `assess_balance`; a square is of a
    continuous covariate, a product of two terms of different covariates. Continuous
    covariates are centred at the mean of all patients, so that a product is not their
    sum over again. The denominator is that of `assess_balance`.

    Parameters
    ----------
    patients, designs, covariates
        As in `assess_balance`.

    Returns
    -------
    pl.DataFrame
        As the contract Interactions; `smd_max` is the absolute `smd`, null where the
        product does not vary.

    References
    ----------
    .. [1] Austin PC, Stuart EA. Moving towards best practice when using inverse
       probability of treatment weighting. Stat Med 2015;34:3661-3679.
       doi:10.1002/sim.6607
    """
    matrix, terms = expand_terms(patients, covariates, full=True)
    continuous = np.array([term.level is None for term in terms], bool)
    centred = matrix - np.where(continuous, matrix.mean(axis=0), 0.0)
    treated = patients["treated"].to_numpy()
    shares = {name: each.share for name, each in designs.items()}
    parts = []
    for place, term in enumerate(terms):
        others = _others(place, terms, continuous)
        if not others:
            continue
        products = centred[:, others] * centred[:, [place]]
        scales = _scales(products, treated)
        for name, design in designs.items():
            difference = shares[name] @ products
            scale = scales[{"ATT": 0, "ATC": 1}.get(design.estimand or "", 2)]
            smd = np.divide(
                difference, scale, out=np.full(len(others), np.nan), where=scale > 0
            )
            named = [_name(term, terms[other]) for other in others]
            rows = pl.DataFrame({"design": name, "term": named, "smd": smd})
            parts.append(rows.with_columns(pl.col("smd").fill_nan(None)))
    if not parts:
        return Interactions.of([])
    found = pl.concat(parts).with_columns(smd_max=pl.col("smd").abs())
    return found.sort("design", "term")


def _others(place: int, terms: Sequence[Term], continuous: np.ndarray) -> list[int]:
    """List the terms to multiply a term with: itself, and those behind it."""
    own = [place] if continuous[place] else []
    behind = range(place + 1, len(terms))
    return own + [k for k in behind if terms[k].covariate != terms[place].covariate]


def _name(one: Term, other: Term) -> str:
    return f"{one.name}^2" if one is other else f"{one.name}:{other.name}"


def _scales(products: np.ndarray, treated: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return the standard deviations of the treated, the controls, and pooled."""
    first, second = (products[rows].var(axis=0, ddof=1) for rows in (treated, ~treated))
    # What rounding leaves of a constant would pass for a variance.
    constant = np.ptp(products, axis=0) == 0
    found = (first, second, (first + second) / 2)
    return tuple(np.where(constant, 0.0, np.sqrt(each)) for each in found)
