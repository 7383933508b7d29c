"""Balance of squares and products of covariates."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from twoarm.propensity.balance import (
    THREADS,
    DesignWeights,
    check_comparable,
    denominator_of,
)
from twoarm.tables.propensity import Interactions
from twoarm.terms import Term, expand_terms

BLOCK = 4096
"""Patients multiplied at a time, so that memory does not grow with them."""
CLOSE = 1e-6
"""A variance of so little of the mean square is worked out from the values."""


class Pairs(NamedTuple):
    """Which terms are multiplied, by their places; equal places are a square."""

    first: np.ndarray
    second: np.ndarray
    binary: np.ndarray


class Sums(NamedTuple):
    """Of each pair: difference of means by design, mean and mean square by arm."""

    difference: np.ndarray
    mean: np.ndarray
    square: np.ndarray


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
    sum over again. The denominator is that of `assess_balance`; the product of two
    levels is a level.

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
    check_comparable(patients, designs, covariates)
    _, terms = expand_terms(patients.head(0), covariates, full=True)
    pairs = _pairs(terms)
    if not pairs.first.size:
        return Interactions.of([])
    centre = np.array(
        [0.0 if t.level else patients[t.covariate].to_numpy().mean() for t in terms]
    )
    sums = _sums(patients, covariates, centre, pairs, list(designs.values()))
    variances = _variances(patients, covariates, centre, pairs, sums)
    named = [
        _name(terms[one], terms[other])
        for one, other in zip(pairs.first, pairs.second, strict=True)
    ]
    parts = []
    for place, (name, design) in enumerate(designs.items()):
        smd = sums.difference[place] / denominator_of(
            variances[0], variances[1], design.estimand
        )
        rows = pl.DataFrame({"design": name, "term": named, "smd": smd})
        parts.append(rows.with_columns(pl.col("smd").fill_nan(None)))
    found = pl.concat(parts).with_columns(smd_max=pl.col("smd").abs())
    return found.sort("design", "term")


def _pairs(terms: Sequence[Term]) -> Pairs:
    """List what is multiplied: the continuous with itself, and others behind it."""
    places = [
        (one, other)
        for one in range(len(terms))
        for other in range(one, len(terms))
        if (
            terms[one].level is None
            if one == other
            else terms[one].covariate != terms[other].covariate
        )
    ]
    first, second = np.array(places, int).reshape(-1, 2).T
    level = np.array([term.level is not None for term in terms], bool)
    return Pairs(first, second, level[first] & level[second])


def _name(one: Term, other: Term) -> str:
    return f"{one.name}^2" if one is other else f"{one.name}:{other.name}"


def _columns(
    patients: pl.DataFrame, covariates: Sequence[str], centre: np.ndarray
) -> np.ndarray:
    """Return the centred terms in rows, patients in columns."""
    matrix, _ = expand_terms(patients, covariates, full=True)
    return np.ascontiguousarray((matrix - centre).T)


def _sums(
    patients: pl.DataFrame,
    covariates: Sequence[str],
    centre: np.ndarray,
    pairs: Pairs,
    designs: Sequence[DesignWeights],
) -> Sums:
    treated = patients["treated"].to_numpy()
    # Counts of the arms are divided by their sizes last: shares of levels stay exact.
    weights = np.array([*(each.share for each in designs), treated, ~treated], float)
    add = partial(_sums_of_block, patients, covariates, centre, pairs, weights)
    total, square = (np.zeros((n, len(pairs.first))) for n in (len(weights), 2))
    with ThreadPoolExecutor(THREADS) as pool:
        for part, squares in _in_order(pool, add, range(0, len(treated), BLOCK)):
            total, square = total + part, square + squares
    sizes = np.array([[treated.sum()], [(~treated).sum()]])
    return Sums(total[:-2], total[-2:] / sizes, square / sizes)


def _in_order(pool, add, starts) -> Iterator[tuple[np.ndarray, np.ndarray]]:  # type: ignore[no-untyped-def]
    """Yield the blocks in their order, so that rounding is that of one thread.

    A few at a time: the results of all would take the memory that blocks save.
    """
    group = 8 * THREADS
    for place in range(0, len(starts), group):
        yield from pool.map(add, starts[place : place + group])


def _sums_of_block(
    patients: pl.DataFrame,
    covariates: Sequence[str],
    centre: np.ndarray,
    pairs: Pairs,
    weights: np.ndarray,
    start: int,
) -> tuple[np.ndarray, np.ndarray]:
    columns = _columns(patients.slice(start, BLOCK), covariates, centre)
    block = np.ascontiguousarray(weights[:, start : start + BLOCK])
    sums, squares = [], []
    for one in np.unique(pairs.first):
        product = columns[pairs.second[pairs.first == one]] * columns[one]
        # einsum adds by itself; BLAS rounds otherwise on another number of cores.
        sums.append(np.einsum("dp,kp->dk", block, product))
        squares.append(np.einsum("dp,kp->dk", block[-2:], product**2))
    return np.hstack(sums), np.hstack(squares)


def _variances(
    patients: pl.DataFrame,
    covariates: Sequence[str],
    centre: np.ndarray,
    pairs: Pairs,
    sums: Sums,
) -> np.ndarray:
    """Return the variances of the products in each arm, exact where they are small."""
    treated = patients["treated"].to_numpy()
    plain = sums.square - sums.mean**2
    small = ~pairs.binary & (plain <= CLOSE * sums.square).any(axis=0)
    for arm, rows in enumerate((treated, ~treated)):
        size = int(rows.sum())
        scaled = plain[arm] * size / (size - 1) if size > 1 else plain[arm] * np.nan
        plain[arm] = np.where(pairs.binary, plain[arm], scaled)
        chosen = patients.filter(rows) if small.any() else patients.head(0)
        for pair in np.flatnonzero(small):
            plain[arm, pair] = _variance_of(chosen, covariates, centre, pairs, pair)
    return np.asarray(plain)


def _variance_of(
    patients: pl.DataFrame,
    covariates: Sequence[str],
    centre: np.ndarray,
    pairs: Pairs,
    pair: np.integer[Any],
) -> float:
    columns = _columns(patients, covariates, centre)
    product = columns[pairs.first[pair]] * columns[pairs.second[pair]]
    if np.ptp(product) == 0:
        return 0.0  # what rounding leaves of it would pass for a variance
    return float(product.var(ddof=1))
