"""Rows of the contract Findings: counts with exact limits, medians with quartiles."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from scipy.stats import binomtest

from twoarm.tables.care import UNIONS

NOT_REPORTED = "not reported"
QUARTILES = {"lower_quartile": 0.25, "median": 0.5, "upper_quartile": 0.75}
Row = dict[str, Any]


def summarise_levels(
    item: str,
    values: pl.Series,
    levels: Sequence[str],
    *,
    confidence: float,
    unknown: str = "",
    lacking: str = NOT_REPORTED,
) -> list[Row]:
    """Count an arm's patients at each level of an item, and at unions of levels.

    Parameters
    ----------
    item
        Its name; `twoarm.tables.care.UNIONS` has its unions.
    values
        Level of each patient, null where it is not known.
    levels
        Levels in their order.
    confidence
        Of the limits, as 0.95.
    unknown
        Name of the level of those of whom it is not known, if they count in what the
        shares are of, as they do in a response rate.
    lacking
        Why it is known of nobody, if so.

    Returns
    -------
    list of dict
        As rows of the contract Findings, without `row` and `arm`; limits by Clopper
        and Pearson. Where it is known of nobody there is no number but a reason.

    References
    ----------
    .. [1] Clopper CJ, Pearson ES. The use of confidence or fiducial limits illustrated
       in the case of the binomial. Biometrika 1934;26:404-413.
       doi:10.1093/biomet/26.4.404

    Examples
    --------
    >>> margins = pl.Series(["R0", "R0", "R1", None])
    >>> rows = summarise_levels("r_status", margins, ["R0", "R1"], confidence=0.95)
    >>> [(row["level"], row["n"], row["n_of"]) for row in rows]
    [('R0', 2, 3), ('R1', 1, 3)]
    """
    counts = dict(values.drop_nulls().value_counts().iter_rows())
    n_known = sum(counts.values())
    size = {"item": item, "n_patients": len(values), "n_known": n_known}
    parts: dict[str, Sequence[str]] = {level: [level] for level in levels}
    if unknown:
        counts[unknown] = len(values) - n_known
        parts[unknown] = [unknown]
    parts |= UNIONS.get(item, {})
    n_of = len(values) if unknown else n_known
    return [
        {**size, "level": name, **_share(sum(counts.get(x, 0) for x in part), n_of)}
        | _limits(sum(counts.get(x, 0) for x in part), n_of, confidence)
        if n_known
        else {**size, "level": name, "reason": lacking}
        for name, part in parts.items()
    ]


def summarise_numbers(item: str, values: pl.Series) -> list[Row]:
    """Take median and quartiles of an arm's patients, by the definition of Table 1.

    The second of Hyndman and Fan, as in `twoarm.propensity.description`.

    >>> (row,) = summarise_numbers("margin_mm", pl.Series([4.0, 1, 2, 3, None]))
    >>> row["lower_quartile"], row["median"], row["n_known"], row["n_patients"]
    (1.5, 2.5, 4, 5)
    """
    known = values.drop_nulls().cast(pl.Float64).to_numpy()
    size = {"item": item, "n_patients": len(values), "n_known": len(known)}
    if not len(known):
        return [{**size, "reason": NOT_REPORTED}]
    found = np.quantile(known, [*QUARTILES.values()], method="averaged_inverted_cdf")
    return [{**size, **dict(zip(QUARTILES, map(float, found), strict=True))}]


def list_rows(arms: Mapping[str, Sequence[Row]]) -> list[Row]:
    """List the rows of all arms, numbered in their order; all have the same rows."""
    return [
        {"row": place, "arm": arm, **row}
        for arm, rows in arms.items()
        for place, row in enumerate(rows, start=1)
    ]


def _share(n: int, n_of: int) -> Row:
    return {"n": n, "n_of": n_of, "share": n / n_of}


def _limits(n: int, n_of: int, confidence: float) -> Row:
    limits = binomtest(n, n_of).proportion_ci(confidence, method="exact")
    return {"conf_low": float(limits.low), "conf_high": float(limits.high)}
