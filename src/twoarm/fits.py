"""What a fit returns: a curve, a regression, a test."""

from typing import NamedTuple

import numpy as np


class Curve(NamedTuple):
    """A survival curve at its distinct times; NaN where a figure is undefined.

    `std_error` is that of the estimate itself, not of its logarithm.
    """

    time: np.ndarray
    estimate: np.ndarray
    std_error: np.ndarray
    conf_low: np.ndarray
    conf_high: np.ndarray


class Cox(NamedTuple):
    """A Cox regression; `std_error` is the robust one if it was asked for.

    `gain` is the log-likelihood above that of no term at all. NaN for a term whose
    likelihood has no single maximum: it grows for ever (each event has the highest
    covariate of those at risk), or is flat (none tells the arms apart).
    """

    estimate: np.ndarray
    std_error: np.ndarray
    robust: bool
    gain: float
    covariance: np.ndarray


class ChiSquared(NamedTuple):
    """A chi-squared test; NaN where the data do not carry it."""

    statistic: float
    degrees: float
    p_value: float


class Residuals(NamedTuple):
    """Scaled Schoenfeld residuals of a Cox regression, and the tests they give.

    Attributes
    ----------
    tests : list of ChiSquared
        Of each term, then of all together.
    estimate : ndarray of float, shape (n_terms,)
        Log hazard ratios.
    time, place : ndarray of float, shape (n_events,)
        When each event was, rising, and where that is on the scale of time.
    scaled : ndarray of float, shape (n_events, n_terms)
        Residuals plus the estimates: about the log hazard ratios at the time.
    covariance : ndarray of float, shape (n_terms, n_terms)
        Of the residuals of one event, were the hazards proportional.
    """

    tests: list[ChiSquared]
    estimate: np.ndarray
    time: np.ndarray
    place: np.ndarray
    scaled: np.ndarray
    covariance: np.ndarray


NO_TEST = ChiSquared(np.nan, np.nan, np.nan)
