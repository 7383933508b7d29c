"""Where a falling curve crosses one half."""

from typing import NamedTuple

import numpy as np

TIE = 1.5e-8
"""A curve so near to one half rests on it: the square root of the float's epsilon."""


class Quantile(NamedTuple):
    """A quantile of a survival curve; NaN where it is not reached."""

    estimate: float
    conf_low: float
    conf_high: float


def find_median(time: np.ndarray, line: np.ndarray) -> float:
    """Find where a falling line crosses one half, as R's `quantile.survfit` does.

    It is the first time below one half; where the line rests on one half, the middle of
    that stretch, which lasts to the next drop or else to the end. The package's own
    rule takes a limit at an estimate of 0 for 0, where R has none, so it is not used.
    """
    known = ~np.isnan(line)
    time, line = time[known], line[known]
    at_most = np.flatnonzero(line < 0.5 + TIE)
    if not at_most.size:
        return np.nan
    first = at_most[0]
    if line[first] < 0.5 - TIE:
        return float(time[first])
    below = np.flatnonzero(line < 0.5 - TIE)
    last = below[0] if below.size else -1
    return float(time[first] + time[last]) / 2
