"""Give survival curves steps that stand for enough patients."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from twoarm.disclosure.counts import suppress_tails

ARM = ["endpoint", "design", "arm"]
LINES = ["estimate", "conf_low", "conf_high"]


def suppress_curves(
    curves: pl.DataFrame,
    *,
    minimum_at_risk: int,
    minimum_mark: int,
    tick_months: float = 12,
) -> pl.DataFrame:
    """Join the steps of each curve until each stands for enough events.

    A curve is then told at whole months alone, which are no patient's own time. Since
    the month before as many as `minimum_mark` had the event, or nobody; the last step
    has those after it too. Who is at risk and was censored is told at ticks alone, and
    there only if since the last such tick nobody or enough had the event, were censored
    and, where patients enter late, came: no difference of two rows is a small count.

    Parameters
    ----------
    curves
        As the contract Curves.
    minimum_at_risk
        A curve ends where fewer are at risk.
    minimum_mark
        Fewest events that a step stands for; 1: each step as it is.
    tick_months
        Months between the ticks.

    Returns
    -------
    pl.DataFrame
        The same columns. `estimate` and its limits are those of the month, `n_event`
        counts since the row before, `n_censor` since the last that tells it, `n_risk`
        who was at risk after the row before; null where not told.
    """
    if minimum_mark == 1:
        return suppress_tails(curves, minimum_at_risk=minimum_at_risk)
    fewest = max(minimum_at_risk, minimum_mark)
    parts = curves.sort(*ARM, "months").partition_by(ARM, maintain_order=True)
    shown = [_join_steps(part, minimum_mark, fewest, tick_months) for part in parts]
    return pl.concat([curves.clear(), *shown])


def _join_steps(
    curve: pl.DataFrame, mark: int, fewest: int, tick_months: float
) -> pl.DataFrame:
    """Read one curve, sorted by time, at the months that may be told."""
    months = np.arange(np.floor(curve["months"].item(-1)) + 1)
    place = curve["months"].search_sorted(months, side="right").to_numpy() - 1
    events, censored, n_risk = (
        curve[name].to_numpy() for name in ("n_event", "n_censor", "n_risk")
    )
    came = np.r_[np.diff(n_risk) + (events + censored)[:-1], 0]
    totals = np.cumsum([events, censored, came], axis=1)[:, place]
    left = n_risk[0] + totals[2] - totals[0] - totals[1]
    usable = left >= fewest
    wanted = usable & (months % tick_months == 0)
    if came.any():
        # After the last month it could not be told who came since.
        wanted[usable.nonzero()[0][-1:]] = False
    ticks = find_months(totals, wanted, mark)
    told = find_steps(totals[:1], usable, ticks, mark)
    counted = np.isin(told, ticks)
    since = np.r_[0, told[:-1]]
    n_censor = np.zeros(len(told), dtype=int)
    n_censor[counted] = np.diff(totals[1, ticks], prepend=0)
    # At risk after the row before: time 0 has itself before it.
    known = np.r_[True, counted[:-1]] & (usable | (left == 0))[since]
    lines: pl.DataFrame = curve[place[told]].select(*ARM, *LINES)
    return lines.with_columns(
        months=pl.Series(months[told]),
        n_risk=_where(known, left[since]),
        n_event=pl.Series(np.diff(totals[0, told], prepend=0)),
        n_censor=_where(counted, n_censor),
    ).select(curve.columns)


def find_steps(
    totals: np.ndarray, usable: np.ndarray, ticks: np.ndarray, mark: int
) -> np.ndarray:
    """Choose months between ticks that are told and after them, as early as can be.

    Parameters
    ----------
    totals, usable, mark
        As `find_months` takes them; at the ticks these totals may be told.
    ticks : ndarray of int
        Places of months that are told in any case, the first of them 0.

    Returns
    -------
    ndarray of int
        Places of the months told, ascending, the ticks among them.
    """
    told = set(ticks.tolist())
    ends = [*ticks[1:], totals.shape[1] - 1]
    for place, (begin, end) in enumerate(zip(ticks, ends, strict=True)):
        # The span between two ticks is told as a whole, so its parts must add up to it.
        part, to_end = slice(begin, end + 1), place + 1 < len(ticks)
        found = begin + find_months(totals[:, part], usable[part], mark, to_end=to_end)
        told.add(int(found[-1]))
        for month in found:
            same = (totals == totals[:, [month]]).all(axis=0) & usable
            same[month] = True
            told.add(max(int(same.argmax()), int(begin)))
    return np.array(sorted(told))


def _where(known: np.ndarray, counts: np.ndarray) -> pl.Series:
    numbers = zip(known, counts.tolist(), strict=True)
    return pl.Series([n if told else None for told, n in numbers], dtype=pl.Int64)


def find_months(
    totals: np.ndarray, usable: np.ndarray, mark: int, *, to_end: bool = False
) -> np.ndarray:
    """Choose the most months at which counts that add up along time may be told.

    Parameters
    ----------
    totals : ndarray of int, shape (n_counts, n_months)
        How many by the end of each month.
    usable : ndarray of bool, shape (n_months,)
        Whether a month may be chosen.
    mark
        Between two months told a count is nobody, or as many as this.
    to_end
        Whether the last month is told, which can be.

    Returns
    -------
    ndarray of int
        Places of the months told, ascending, from 0. Of several choices that have as
        many months by which anything happened, it is that which reaches furthest.
    """
    n_months = totals.shape[1]
    score, before = np.full(n_months, -np.inf), np.zeros(n_months, dtype=int)
    score[0] = 0
    for end in np.flatnonzero(usable[1:]) + 1:
        apart = totals[:, [end]] - totals[:, :end]
        clean = ((apart == 0) | (apart >= mark)).all(axis=0)
        found = np.where(clean, score[:end] + (apart.sum(axis=0) > 0), -np.inf)
        before[end] = found.argmax()
        score[end] = found[before[end]]
    told = [n_months - 1 - (0 if to_end else int(score[::-1].argmax()))]
    while told[-1]:
        told.append(int(before[told[-1]]))
    return np.array(told[::-1])


def suppress_months(
    differences: pl.DataFrame, curves: pl.DataFrame, labels: Mapping[str, str]
) -> pl.DataFrame:
    """Keep differences and weights at the months at which both curves are told.

    At others they would tell of few who left since. A weight is kept where those at
    risk are told, who stand in the curves.

    Parameters
    ----------
    differences
        As the contract Differences, small numbers hidden.
    curves
        As `suppress_curves` returns them, where a step stands for several.
    labels
        `treated` and `control`: names of the arms.
    """
    keys = ["endpoint", "design", "months"]
    told = differences
    for arm, label in labels.items():
        counted = pl.col("n_censor").is_not_null().alias(arm)
        months = curves.filter(arm=label).select(*keys, counted)
        told = told.join(months, on=keys, maintain_order="left")
    return told.with_columns(
        *(pl.when(arm).then(f"weight_{arm}").alias(f"weight_{arm}") for arm in labels),
        *(pl.lit(None, pl.Int64).alias(f"n_risk_{arm}") for arm in labels),
    ).select(differences.columns)
