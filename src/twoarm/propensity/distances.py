"""Distances between the distribution functions of the arms of weighted samples."""

import numpy as np


def share_signed(weights: np.ndarray, treated: np.ndarray) -> np.ndarray:
    """Turn weights into shares of the arm, those of the controls negative.

    Their running sum, over values in rising order, is the difference of the arms'
    distribution functions.

    Parameters
    ----------
    weights : ndarray of float, shape (n_patients, n_designs)
        0 for who is not in the design; some of each arm in each.
    treated : ndarray of bool, shape (n_patients,)
        True for the treated arm.

    Returns
    -------
    ndarray of float, shape (n_patients, n_designs)
        Each column sums to 1 over the treated, to -1 over the controls.
    """
    of_treated = weights[treated].sum(axis=0)
    of_control = weights[~treated].sum(axis=0)
    return weights / np.where(treated[:, None], of_treated, -of_control)


def compare_distributions(
    values: np.ndarray, shares: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Find how far the arms' distribution functions are apart: at most, and on average.

    Values are sorted once for all designs. The average is over the distinct values of
    all patients given, each once, whether or not somebody of the design has it: so
    MatchIt has it (its `eCDF Max` and `eCDF Mean`), and designs have one yardstick.

    Parameters
    ----------
    values : ndarray of float, shape (n_patients,)
        One covariate, nothing missing.
    shares : ndarray of float, shape (n_patients, n_designs)
        From `share_signed`.

    Returns
    -------
    greatest, average : ndarray of float, shape (n_designs,)
        Between 0 and 1.

    Examples
    --------
    >>> arm = np.array([True, True, False, False])
    >>> shares = share_signed(np.ones((4, 1)), arm)
    >>> compare_distributions(np.array([1.0, 2.0, 2.0, 3.0]), shares)
    (array([0.5]), array([0.33333333]))
    """
    # Stable, so that rounding is the same on every machine.
    order = np.argsort(values, kind="stable")
    line, steps = values[order], shares[order]
    last = np.flatnonzero(np.r_[line[1:] != line[:-1], True])
    found = [_distances(steps[:, design], last) for design in range(shares.shape[1])]
    greatest, average = np.array(found).reshape(-1, 2).T
    return greatest, average


def _distances(steps: np.ndarray, last: np.ndarray) -> tuple[float, float]:
    gaps = np.abs(np.cumsum(steps)[last])
    return min(float(gaps.max()), 1.0), min(float(gaps.mean()), 1.0)
