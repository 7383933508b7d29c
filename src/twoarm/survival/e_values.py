"""How strong confounding must be to explain a ratio away: E-values."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

# SOURCE: VanderWeele and Ding 2017: an outcome is common above 15 %.
COMMON = 0.15
Row = dict[str, Any]


def estimate_e_value(hazard_ratio: float, *, common: bool) -> float:
    """Estimate the E-value of a hazard ratio.

    The least strength, as a risk ratio with treatment and with outcome alike, that an
    unmeasured confounder must have to move the ratio to 1. A common outcome's hazard
    ratio h is first made a risk ratio, (1 - 0.5^sqrt(h)) / (1 - 0.5^sqrt(1/h)).

    Parameters
    ----------
    hazard_ratio
        Positive; one below 1 is inverted.
    common
        Whether more than 15 % have the event by the end.

    References
    ----------
    .. [1] VanderWeele TJ, Ding P. Sensitivity analysis in observational research:
       introducing the E-value. Ann Intern Med 2017;167:268-274. doi:10.7326/M16-2607

    Examples
    --------
    The paper's: a risk ratio of 3.9, lower limit 1.8.

    >>> [round(estimate_e_value(each, common=False), 2) for each in (3.9, 1.8)]
    [7.26, 3.0]
    """
    ratio = max(hazard_ratio, 1 / hazard_ratio)
    if common:
        ratio = (1 - 0.5 ** np.sqrt(ratio)) / (1 - 0.5 ** np.sqrt(1 / ratio))
    return float(ratio + np.sqrt(ratio * (ratio - 1)))


def estimate_e_values(effects: pl.DataFrame) -> list[Row]:
    """Estimate the E-value of each hazard ratio of the arms and of its near limit.

    Parameters
    ----------
    effects
        Rows of the contract Effects, pooled.

    Returns
    -------
    list of dict
        Rows of that contract: measure `e_value`, term `treated`, and `treated_limit`
        for the limit nearest to 1, whose E-value is 1 if the limits hold 1.
    """
    ratios = effects.filter(measure="hazard_ratio", term="treated")
    return [row for each in ratios.iter_rows(named=True) for row in _rows(each)]


def _rows(ratio: Row) -> Iterator[Row]:
    events = ratio["events_treated"] + ratio["events_control"]
    common = events > COMMON * (ratio["n_treated"] + ratio["n_control"])
    words = "E-value, hazard ratio"
    words += " of a common outcome made a risk ratio" if common else " as a risk ratio"
    numbers = ("estimate", "std_error", "conf_low", "conf_high", "p_value")
    for term, value in (
        ("treated", ratio["estimate"]),
        ("treated_limit", near_limit(ratio)),
    ):
        row = {**ratio, **dict.fromkeys(numbers), "measure": "e_value", "term": term}
        if value is None:
            yield {**row, "method": "not estimable: no hazard ratio"}
        else:
            found = estimate_e_value(value, common=common)
            yield {**row, "estimate": found, "method": words}


def near_limit(ratio: Row) -> float | None:
    """Return the limit of a ratio that is nearest to 1; 1 if the limits hold it."""
    low, high = ratio["conf_low"], ratio["conf_high"]
    if low is None or high is None:
        return None
    if low <= 1 <= high:
        return 1.0
    return float(low if low > 1 else high)
