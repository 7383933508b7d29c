"""Event times from piecewise hazards."""

import numpy as np


def invert_hazard(
    exponential: np.ndarray,
    *,
    scale: np.ndarray,
    shape: float,
    ratio: float,
    switch: np.ndarray,
) -> np.ndarray:
    """Turn unit exponentials into times of a Weibull hazard that switches once.

    The cumulative hazard is ``scale * t**shape`` up to `switch` and rises by `ratio`
    times as much after it.

    Parameters
    ----------
    exponential
        Draws of the unit exponential distribution.
    scale
        Scale of the cumulative hazard of each draw.
    shape
        Shape of the Weibull distribution; 1: constant hazard.
    ratio
        Hazard ratio from the switch on.
    switch
        Time of the switch; infinite: never.

    Returns
    -------
    np.ndarray
        Times, in the unit that `scale` and `switch` are in.

    References
    ----------
    .. [1] Austin PC. Generating survival times to simulate Cox proportional hazards
       models with time-varying covariates. Stat Med 2012;31:3946-3958.
       doi:10.1002/sim.5452

    Examples
    --------
    >>> one = np.ones(2)
    >>> invert_hazard(3 * one, scale=one, shape=1, ratio=0.5, switch=np.array([1, 9]))
    array([5., 3.])
    """
    at_switch = scale * switch**shape
    before = (exponential / scale) ** (1 / shape)
    excess = np.maximum(exponential - at_switch, 0)
    after = (excess / (scale * ratio) + switch**shape) ** (1 / shape)
    return np.where(exponential <= at_switch, before, after)
