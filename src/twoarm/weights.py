"""Weights of rows: what may stand for a share of the patients."""

import numpy as np

from twoarm.errors import InputError


def check_weights(weight: np.ndarray | None) -> None:
    """Refuse weights that weigh nothing, less than nothing, or beyond all numbers.

    Parameters
    ----------
    weight : ndarray of float, shape (n_rows,), optional
        None stands for ones.

    Raises
    ------
    InputError
        Counts the weights that are not known, not finite, 0 or negative.

    Examples
    --------
    >>> check_weights(np.array([1.0, 0.5]))
    """
    if weight is None:
        return
    kinds = {
        "not known": np.isnan(weight),
        "infinite": np.isinf(weight),
        "0": weight == 0,
        "negative": (weight < 0) & np.isfinite(weight),
    }
    if faults := [f"{each.sum()} {name}" for name, each in kinds.items() if each.any()]:
        raise InputError(
            f"weights: of {len(weight)} rows {', '.join(faults)}; every weight must be "
            "positive and finite, so leave out the rows that do not count"
        )
