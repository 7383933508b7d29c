"""What the table below survival curves says: who is at risk, and who has left how."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from twoarm.figures.phrases import say
from twoarm.figures.risk_table import TableLine

HEADING = "Number at risk"
KINDS = {"n_risk": "At risk", "weight": "Weighted", "n_censor": "Censored",
         "n_event": "Events"}  # fmt: skip
HIDDEN = "–"
"""Printed for a number that is not known, as too few are at risk."""


def numbers_at_risk(curve: pl.DataFrame, months: Sequence[float]) -> list[int]:
    """Count the patients of one arm still at risk at each of `months`.

    A patient who leaves at a month is still at risk in it. After the curve's last row
    those are left who had neither the event nor were censored in it.

    Parameters
    ----------
    curve
        Rows of `Curves` of one endpoint, design and arm.
    months
        Months since time zero.
    """
    ordered = curve.sort("months")
    at = np.searchsorted(ordered["months"].to_numpy(), months, side="left")
    left = ordered.select(pl.col("n_risk") - pl.col("n_event") - pl.col("n_censor"))
    n_risk = np.append(ordered["n_risk"].to_numpy(), max(left.item(-1, 0), 0))
    return [int(n) for n in n_risk[at]]


def numbers_before(
    curve: pl.DataFrame, what: str, months: Sequence[float]
) -> list[int]:
    """Count events, or censorings, of one arm before each of `months`.

    With those at risk then they are all patients of the arm.

    Parameters
    ----------
    curve, months
        As `numbers_at_risk` takes them.
    what
        `n_event` or `n_censor`.
    """
    ordered = curve.sort("months")
    at = np.searchsorted(ordered["months"].to_numpy(), months, side="left")
    return [int(n) for n in np.r_[0, ordered[what].cum_sum().to_numpy()][at]]


def is_entered_late(curve: pl.DataFrame) -> bool:
    """Tell whether patients come to be at risk after time zero, as they change arms.

    Such an arm is followed by a curve of Simon and Makuch (1984,
    doi:10.1002/sim.4780030106); its events before few were at risk are not known.
    """
    # Those at risk and all who left before: the patients so far.
    gone = (pl.col("n_event") + pl.col("n_censor").fill_null(0)).cum_sum()
    so_far = pl.col("n_risk") + gone.shift(1, fill_value=0)
    found = curve.sort("months").select(so_far).to_series().drop_nulls()
    return bool((found.diff() > 0).any())


def numbers_told(
    curve: pl.DataFrame, months: Sequence[float]
) -> dict[str, list[int | None]]:
    """List what is told at each of `months` of a curve with joined steps.

    Parameters
    ----------
    curve, months
        As `numbers_at_risk` takes them; numbers that are not told are null.

    Returns
    -------
    dict
        `n_risk` at risk then, `n_censor` and `n_event` before; None where not told.
    """
    rows = curve.sort("months").with_columns(
        n_risk=pl.col("n_risk").shift(-1), n_event=pl.col("n_event").cum_sum()
    )
    told = rows.filter(pl.col("n_censor").is_not_null()).with_columns(
        pl.col("n_censor").cum_sum()
    )
    if told.height and not is_entered_late(curve):
        first = curve["n_risk"].item(0)
        left = first - pl.col("n_event") - pl.col("n_censor")
        told = told.with_columns(pl.col("n_risk").fill_null(left))
    found = told.rows_by_key("months", named=True, unique=True)
    blank = dict.fromkeys(("n_risk", "n_censor", "n_event"))
    return {name: [found.get(month, blank)[name] for month in months] for name in blank}


def lines_of_counts(
    curves: Mapping[str, pl.DataFrame],
    months: Sequence[float],
    *,
    minimum: int,
    weights: Mapping[str, Mapping[float, float]],
    whole: bool,
    joined: bool = False,
) -> list[TableLine]:
    """Lay out the table: a line an arm, or a block an arm.

    Parameters
    ----------
    curves
        Arm label to the rows of `Curves`.
    months
        Ticks of the time axis.
    minimum
        A smaller number at risk is printed as "<minimum", and what became of the arm by
        then is not told.
    weights
        Arm label to the sum of the weights at risk at each month, if there are any.
    whole
        Whether censorings and events up to each month are printed, as in [1]_, and
        weights; not where patients enter an arm late, of whom only some are known.
    joined
        Whether steps are joined, so that numbers are known at some months alone.

    References
    ----------
    .. [1] Morris TP, Jarvis CI, Cragg W, et al. Proposals on Kaplan-Meier plots in
       medical research and a survey of stakeholder views: KMunicate. BMJ Open
       2019;9:e030215. doi:10.1136/bmjopen-2019-030215
    """
    told = {
        arm: numbers_told(rows, months) if joined else _counted(rows, months, minimum)
        for arm, rows in curves.items()
    }
    hidden = HIDDEN if joined else f"<{minimum}"
    printed = {arm: _print(counts["n_risk"], hidden) for arm, counts in told.items()}
    if not whole or any(map(is_entered_late, curves.values())):
        lines = [TableLine(arm, row, arm) for arm, row in printed.items()]
        return [TableLine(say(HEADING)), *lines]
    lines = []
    for arm, counts in told.items():
        lines += [
            TableLine(arm, arm=arm),
            TableLine(say(KINDS["n_risk"]), printed[arm]),
        ]
        if weights.get(arm):
            left = [weights[arm].get(month) for month in months]
            row = [HIDDEN if n is None else f"{n:.1f}" for n in left]
            lines.append(TableLine(say(KINDS["weight"]), row))
        for what in ("n_censor", "n_event"):
            lines.append(TableLine(say(KINDS[what]), _print(counts[what], HIDDEN)))
    return lines


def _print(counts: Sequence[int | None], hidden: str) -> list[str]:
    return [hidden if n is None else f"{n}" for n in counts]


def _counted(
    rows: pl.DataFrame, months: Sequence[float], minimum: int
) -> dict[str, list[int | None]]:
    """Count at each month, but where few are at risk."""
    at_risk = numbers_at_risk(rows, months)
    found = {"n_risk": at_risk}
    for what in ("n_censor", "n_event"):
        found[what] = numbers_before(rows, what, months)
    return {
        name: [
            None if 0 < left < minimum else n
            for left, n in zip(at_risk, row, strict=True)
        ]
        for name, row in found.items()
    }
