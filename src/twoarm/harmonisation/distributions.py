"""Compare the centres' numbers and dates: which centre's unit or order is wrong."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from twoarm.code_words import MEDIANS
from twoarm.dictionary import EXPORTS
from twoarm.tables.quality import Distributions, Spans
from twoarm.units import FACTORS

Floats = NDArray[np.float64]
# SOURCE: modified z score and its limit: Iglewicz and Hoaglin 1993, How to Detect and
# Handle Outliers, ASQC, volume 16.
LIMIT = 3.5
NORMAL = 1.4826
"""Median absolute deviation to standard deviation, of a normal distribution."""
FEWEST = 10
"""Values below which nothing is said of a centre."""
# ASSUME: laboratories differ by 5 % whatever they measure.
SPREAD = 0.05
"""Least standard deviation of logarithms that a distance is divided by."""
# ASSUME: two units are told apart where their factor is this far from 1, on the log.
APART = 0.5
# ASSUME: of 30 dates of patients at least one lies after the 12th: the chance that none
# does is below 1 in 10^12.
ENOUGH_DATES = 30


def assess_distributions(tables: Mapping[str, pl.LazyFrame]) -> pl.DataFrame:
    """Compare each numeric field's distribution between the centres.

    The median of a centre, as a logarithm, is held against the median of the other
    centres' medians. The distance is divided by the larger of two spreads: the robust
    standard deviation of the other centres' medians, and the pooled robust standard
    deviation within the centres, so that centres which differ as patients do are not
    marked. More than 3.5 stands out. A unit whose factor is small beside the spread of
    patients, as that of AFP, is not found so.

    Parameters
    ----------
    tables
        Table of the dictionary to the records of all centres, with `centre`; a field
        at a time is read of them.

    Returns
    -------
    pl.DataFrame
        As the contract Distributions; quartiles of all values by linear interpolation.

    References
    ----------
    Iglewicz B, Hoaglin DC. How to Detect and Handle Outliers. ASQC 1993.
    """
    rows = []
    for table, name, values in _columns(tables, ("number", "size", "ecog")):
        logs = {
            centre: np.log(each[each > 0])
            for centre, each in values.items()
            if (each > 0).sum() >= FEWEST
        }
        distances = compare_medians(logs)
        for centre, each in values.items():
            lower, median, upper = np.quantile(each, [0.25, 0.5, 0.75])
            shifted = count_shifted(name, logs[centre]) if centre in logs else 0
            z = distances.get(centre)
            quartiles = {"lower": lower, "median": median, "upper": upper}
            row = {"centre": centre, "table": table, "field": name, "n": len(each)}
            enough = centre in logs
            verdict = _judge(name, median, z, shifted, len(logs)) if enough else None
            rows.append(
                {**row, **quartiles, "z": z, "n_shifted": shifted, "verdict": verdict}
            )
    return Distributions.of(rows)


def _columns(
    tables: Mapping[str, pl.LazyFrame], kinds: tuple[str, ...]
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield each field of some kinds, and the values of each centre that has any."""
    for table, fields in EXPORTS.items():
        if table not in tables:
            continue
        names = tables[table].collect_schema().names()
        for field in fields:
            if field.kind in kinds and field.name in names:
                column = tables[table].select("centre", field.name)
                known = column.drop_nulls(field.name).collect()
                parts = known.partition_by("centre", as_dict=True)
                values = {
                    str(centre): part[field.name].to_numpy()
                    for (centre,), part in sorted(parts.items())
                }
                if values:
                    yield table, field.name, values


def compare_medians(logs: Mapping[str, Floats]) -> dict[str, float]:
    """Tell how far each centre's median lies from the others', in robust deviations.

    Parameters
    ----------
    logs
        Centre to the logarithms of its values.

    Returns
    -------
    dict
        Centre to its distance, of either sign; nothing of one centre alone.
    """
    if len(logs) < 2:
        return {}
    medians = {centre: float(np.median(each)) for centre, each in logs.items()}
    within = float(np.median([_deviation(each) for each in logs.values()]))
    found = {}
    for centre, median in medians.items():
        others = np.array([each for name, each in medians.items() if name != centre])
        spread = max(_deviation(others), within, SPREAD)
        found[centre] = (median - float(np.median(others))) / spread
    return found


def _deviation(values: Floats) -> float:
    return NORMAL * float(np.median(np.abs(values - np.median(values))))


def count_shifted(name: str, logs: Floats) -> int:
    """Count the values that lie a factor of units away, as of a column of two units.

    They count if they gather there: at least three and one in a hundred within a
    quarter of the factor's logarithm from where the median would be in the other unit,
    and fewer than half as many midway.
    """
    median = float(np.median(logs))
    most = 0
    for factor in FACTORS.get(name, {}).values():
        shift = abs(np.log(factor))
        if shift < APART:
            continue
        for side in (shift, -shift):
            distance = np.abs(logs - median - side)
            there = int((distance < shift / 4).sum())
            midway = int((np.abs(logs - median - side / 2) < shift / 8).sum())
            if there >= max(3, len(logs) / 100) and 2 * midway < there:
                most = max(most, there)
    return most


def _judge(
    name: str, median: float, z: float | None, shifted: int, centres: int
) -> str | None:
    """Say what stands out of a field at a centre."""
    told = []
    if z is not None and abs(z) > LIMIT:
        whose = "the other centre's" if centres == 2 else "the other centres'"
        side = "above" if z > 0 else "below"
        told.append(f"far {side} {whose}, as of another unit")
    if shifted:
        told.append(
            f"{shifted} values lie a unit's factor from the rest, as of two units"
        )
    low, high = MEDIANS.get(name, (-np.inf, np.inf))
    if not low <= median <= high:
        told.append("the median is unusual")
    return "; ".join(told) or None


def assess_spans(tables: Mapping[str, pl.LazyFrame]) -> pl.DataFrame:
    """Tell which days the dates of each centre span, and what is odd about them.

    Where no day of thirty or more is beyond the 12th, days and months have changed
    places; where most are the first or the fifteenth, a day was taken for a month.

    Parameters
    ----------
    tables
        Table of the dictionary to the records of all centres, with `centre`; a field
        at a time is read of them.

    Returns
    -------
    pl.DataFrame
        As the contract Spans.
    """
    rows = []
    for table, name, values in _columns(tables, ("date",)):
        for centre, each in values.items():
            dates = pl.Series("dates", each).cast(pl.Date).sort()
            rows.append(
                {
                    **{"centre": centre, "table": table, "field": name},
                    "n": dates.len(),
                    "first": dates[0],
                    "median": dates[dates.len() // 2],
                    "last": dates[-1],
                    "verdict": _judge_dates(dates),
                }
            )
    return Spans.of(rows)


def _judge_dates(dates: pl.Series) -> str | None:
    if dates.len() < ENOUGH_DATES:
        return None
    days = dates.dt.day()
    if (days <= 12).all():
        return "no day after the 12th: are days and months in the right order?"
    rounded = int(days.is_in([1, 15]).sum()) / dates.len()
    return "most are a 1st or a 15th: known by month alone?" if rounded > 0.5 else None
