"""Extremes of weights: how many patients an arm rests on."""

from typing import NamedTuple

import numpy as np

from twoarm.propensity.weights import Arms


class Extremes(NamedTuple):
    """How unequal the weights of one arm are.

    `share_of_top` is carried by the largest hundredth of the patients, rounded up;
    `share_of_one` by the largest alone. `variation` is the standard deviation, with n,
    over the mean, so that the effective size is n / (1 + variation^2). `n_far` weigh
    more than ten times the mean.
    """

    n: int
    total: float
    effective_size: float
    largest: float
    share_of_top: float
    share_of_one: float
    variation: float
    n_far: int


def effective_size(weight: np.ndarray) -> float:
    """Return Kish's effective size of one arm, (sum w)^2 / sum w^2.

    >>> effective_size(np.array([1.0, 1.0, 2.0]))
    2.6666666666666665

    References
    ----------
    .. [1] Kish L. Survey Sampling. Wiley, 1965.
    """
    largest = weight.max()  # so that no square is too large or too small for a float
    return float((weight / largest).sum() ** 2 / ((weight / largest) ** 2).sum())


def assess_weights(weight: np.ndarray, treated: np.ndarray) -> Arms[Extremes]:
    """Tell how much of each arm rests on few patients.

    Parameters
    ----------
    weight : ndarray of float, shape (n_patients,)
        Patients of weight 0 are not in the design and not counted.
    treated : ndarray of bool, shape (n_patients,)
        True for the treated arm.
    """
    arms = (weight[rows & (weight > 0)] for rows in (treated, ~treated))
    return Arms(*map(assess_arm, arms))


def assess_arm(weight: np.ndarray) -> Extremes:
    """Tell how much of one arm rests on few patients; none of them of weight 0."""
    falling = np.sort(weight)[::-1]
    n, mean, total = len(weight), weight.mean(), weight.sum()
    return Extremes(
        n=n,
        total=float(total),
        effective_size=effective_size(weight),
        largest=float(falling[0]),
        share_of_top=float(falling[: -(-n // 100)].sum() / total),
        share_of_one=float(falling[0] / total),
        variation=float(weight.std() / mean),
        n_far=int((weight > 10 * mean).sum()),
    )
