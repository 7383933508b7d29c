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
    left = pl.col("n_risk") - pl.col("n_event") - pl.col("n_censor")
    came = curve.sort("months").select(pl.col("n_risk") > left.shift(1))
    return bool(came.to_series().any())


def lines_of_counts(
    curves: Mapping[str, pl.DataFrame],
    months: Sequence[float],
    *,
    minimum: int,
    weights: Mapping[str, Mapping[float, float]],
    whole: bool,
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

    References
    ----------
    .. [1] Morris TP, Jarvis CI, Cragg W, et al. Proposals on Kaplan-Meier plots in
       medical research and a survey of stakeholder views: KMunicate. BMJ Open
       2019;9:e030215. doi:10.1136/bmjopen-2019-030215
    """
    at_risk = {arm: numbers_at_risk(rows, months) for arm, rows in curves.items()}
    printed = {
        arm: [f"<{minimum}" if 0 < n < minimum else f"{n}" for n in row]
        for arm, row in at_risk.items()
    }
    if not whole or any(map(is_entered_late, curves.values())):
        lines = [TableLine(arm, row, arm) for arm, row in printed.items()]
        return [TableLine(say(HEADING)), *lines]
    lines = []
    for arm, rows in curves.items():
        lines += [
            TableLine(arm, arm=arm),
            TableLine(say(KINDS["n_risk"]), printed[arm]),
        ]
        known = [not 0 < n < minimum for n in at_risk[arm]]
        if weights.get(arm):
            left = [weights[arm].get(month) for month in months]
            row = [HIDDEN if n is None else f"{n:.1f}" for n in left]
            lines.append(TableLine(say(KINDS["weight"]), row))
        for what in ("n_censor", "n_event"):
            counts = zip(numbers_before(rows, what, months), known, strict=True)
            row = [f"{n}" if told else HIDDEN for n, told in counts]
            lines.append(TableLine(say(KINDS[what]), row))
    return lines
