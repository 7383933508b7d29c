"""Coarsened exact matching: sets that agree in all covariates, cut into bins."""

from collections.abc import Sequence

import numpy as np

from twoarm.propensity.sets import Sets


def derive_bins(
    values: np.ndarray, *, bins: int | Sequence[float] | None = None
) -> np.ndarray:
    """Cut a continuous covariate into bins.

    Parameters
    ----------
    values : ndarray of float, shape (n_patients,)
        Finite.
    bins
        Number of bins of equal width from the least to the greatest value; or the
        values at which to cut, in any order, of which each belongs to the bin above it.
        By Sturges' rule if left out: 1 + log2(n), rounded up.

    Returns
    -------
    ndarray of int, shape (n_patients,)
        Number of the bin, from 0. The greatest value is in the last bin.

    References
    ----------
    .. [1] Sturges HA. The choice of a class interval. J Am Stat Assoc 1926;21:65-66.
       doi:10.1080/01621459.1926.10502161

    Examples
    --------
    >>> derive_bins(np.array([0.0, 4.9, 5.0, 10.0]), bins=2)
    array([0, 0, 1, 1])
    >>> derive_bins(np.array([0.0, 4.9, 5.0, 10.0]), bins=[5.0, 9.0])
    array([0, 0, 1, 2])
    """
    if bins is None:
        bins = int(np.ceil(np.log2(len(values)))) + 1
    if not isinstance(bins, int):
        return np.searchsorted(np.sort(np.asarray(bins, float)), values, side="right")
    edges = np.linspace(values.min(), values.max(), bins + 1)
    return np.searchsorted(edges[1:-1], values, side="right")


def match_coarsened(columns: Sequence[np.ndarray], treated: np.ndarray) -> Sets:
    """Put patients who agree in all columns into one set.

    A set with one arm only is dropped.

    Parameters
    ----------
    columns : sequence of ndarray of int, shape (n_patients,)
        Covariates in bins, or their levels.
    treated : ndarray of bool, shape (n_patients,)
        True for the treated arm.

    Returns
    -------
    Sets
        Numbered by the lowest row of a treated patient in them.

    References
    ----------
    .. [1] Iacus SM, King G, Porro G. Causal inference without balance checking:
       coarsened exact matching. Polit Anal 2012;20:1-24. doi:10.1093/pan/mpr013

    Examples
    --------
    >>> arm = np.array([True, False, False, True])
    >>> match_coarsened([np.array([1, 1, 2, 3])], arm)
    Sets(row=array([0, 1]), set_number=array([0, 0]))
    """
    _, cell = np.unique(np.column_stack(columns), axis=0, return_inverse=True)
    n_cells = int(cell.max(initial=-1)) + 1
    n_treated = np.bincount(cell[treated], minlength=n_cells)
    n_control = np.bincount(cell[~treated], minlength=n_cells)
    both = (n_treated > 0) & (n_control > 0)
    lowest = np.full(n_cells, len(treated))
    np.minimum.at(lowest, cell[treated], np.flatnonzero(treated))
    number = np.full(n_cells, -1)
    number[both] = np.argsort(np.argsort(lowest[both]))
    of_row = number[cell]
    rows = np.flatnonzero(of_row >= 0)
    together = rows[np.argsort(of_row[rows], kind="stable")]
    return Sets(together, of_row[together])
