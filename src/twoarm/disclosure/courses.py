"""Draw single courses together, so that no mark of a figure is one patient's."""

from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl

from twoarm.tables.figures import STATES, Quartiles, Responses, States

COMPLETE, PARTIAL, GROWN = -100.0, -30.0, 20.0
"""Changes in percent at which RECIST 1.1 sees a response, or progression."""


def suppress_responses(responses: pl.DataFrame, *, minimum_mark: int) -> pl.DataFrame:
    """Join the bars of neighbours until each stands for enough patients of an arm.

    A bar is their mean to one place, with the class that this has; an arm's remainder
    joins the last bar. New lesions and operations are of single patients, and are left
    out, as is an arm with fewer patients.

    Parameters
    ----------
    responses
        As the contract Responses, a bar a patient.
    minimum_mark
        Fewest patients that a bar stands for; 1: each patient as it is.

    Returns
    -------
    pl.DataFrame
        As the contract Responses.
    """
    if minimum_mark == 1:
        return responses
    ordered = responses.sort("arm", "rank")
    last = pl.max_horizontal(pl.len() // minimum_mark, 1).over("arm")
    place = pl.int_range(pl.len()).over("arm") // minimum_mark + 1
    blocks = (
        ordered.with_columns(block=pl.min_horizontal(place, last))
        .group_by("arm", rank="block", maintain_order=True)
        .agg(
            pl.col("n_patients").sum(),
            pl.col("change_percent").mean(),
        )
        .filter(pl.col("n_patients") >= minimum_mark)
    )
    change = pl.col("change_percent")
    joined = blocks.with_columns(
        change.round(1),
        response=pl.when(change >= GROWN)
        .then(pl.lit("PD"))
        .when(change > PARTIAL)
        .then(pl.lit("SD"))
        .when(change > COMPLETE)
        .then(pl.lit("PR"))
        .otherwise(pl.lit("CR")),
        new_lesion=pl.lit(value=False),
        operated=pl.lit(value=False),
    )
    return Responses.check(joined)


def summarise_changes(
    changes: pl.DataFrame, *, minimum_mark: int, minimum_at_risk: int
) -> pl.DataFrame:
    """Take median and quartiles, month by month, of the lines of an arm's patients.

    A line joins the visits of a patient and ends with the last. An arm is told up to
    the month that enough lines reach. Numbers are rounded to whole percent, since a
    quartile may be a patient's own.

    Parameters
    ----------
    changes
        As the contract Changes.
    minimum_mark, minimum_at_risk
        Fewest lines to tell of, both.

    Returns
    -------
    pl.DataFrame
        As the contract Quartiles.
    """
    fewest = max(minimum_mark, minimum_at_risk)
    rows: list[dict[str, Any]] = []
    for (arm,), part in changes.sort("rank", "months").group_by(
        "arm", maintain_order=True
    ):
        lines = part.partition_by("rank")
        ends = np.array([line["months"].item(-1) for line in lines])
        last = np.sort(ends)[-fewest] if len(lines) >= fewest else -1.0
        for month in range(int(np.floor(last)) + 1):
            there = [
                np.interp(month, line["months"], line["change_percent"])
                for line, end in zip(lines, ends, strict=True)
                if end >= month
            ]
            low, middle, high = np.round(np.quantile(there, [0.25, 0.5, 0.75])).tolist()
            told = {"change_percent": middle, "low_percent": low, "high_percent": high}
            rows.append({"arm": arm, "months": month, "n_patients": len(lines), **told})
    return Quartiles.check(Quartiles.of(rows))


def summarise_courses(
    courses: pl.DataFrame, *, minimum_mark: int, minimum_at_risk: int
) -> pl.DataFrame:
    """Share the patients of each arm, month by month, among the states they are in.

    The states are stacked, and each border between two is rounded down to one of as
    many levels as leave enough patients to each; a border at all of them stays. So a
    small number may be any. An arm is told up to the month at which enough are alive
    and in follow-up.

    Parameters
    ----------
    courses
        As the contract Courses.
    minimum_mark
        Fewest patients between two levels.
    minimum_at_risk
        Fewest patients left.

    Returns
    -------
    pl.DataFrame
        As the contract States.
    """
    rows: list[dict[str, Any]] = []
    for (arm,), lanes in courses.group_by("arm", maintain_order=True):
        n = lanes["lane"].n_unique()
        if n < minimum_mark:
            continue
        levels = np.arange(n // minimum_mark) * n // (n // minimum_mark)
        months = range(int(np.floor(lanes["end_months"].max())) + 1)  # type: ignore[arg-type]
        counts = _count_states(lanes, np.array(months))
        left = n - counts[:, [0, -1]].sum(axis=1)
        shown = np.flatnonzero(left >= max(minimum_at_risk, minimum_mark))
        for month in range(shown[-1] + 1 if len(shown) else 0):
            borders = np.cumsum(counts[month])
            below = levels[np.searchsorted(levels, borders, side="right") - 1]
            told = np.where(borders == n, n, below)
            for state, (low, high) in zip(
                STATES, pairwise([0, *told.tolist()]), strict=True
            ):
                named = {"arm": arm, "months": month, "state": state}
                rows.append({**named, "share": (high - low) / n, "n_patients": n})
    return States.check(States.of(rows))


def _count_states(lanes: pl.DataFrame, months: np.ndarray) -> np.ndarray:
    """Count the patients in each of `STATES`, shape (n_months, n_states)."""
    counts = np.zeros((len(months), len(STATES)), dtype=int)
    for lane in lanes.partition_by("lane"):
        parts = lane.partition_by("what", as_dict=True)
        since = {
            what: months >= parts[(what,)]["start_months"].min()
            for what in ("death", "progression", "surgery")
            if (what,) in parts
        }
        holds = dict.fromkeys(STATES, np.zeros(len(months), dtype=bool)) | since
        followed = lane.filter(what="follow_up")["end_months"].max()
        holds["end"] = (months > followed) & ~holds["death"]
        for start, end in (
            lane.filter(what="treatment")
            .select("start_months", "end_months")
            .iter_rows()
        ):
            holds["treatment"] = holds["treatment"] | (months >= start) & (months < end)
        order = ("death", "end", "progression", "surgery", "treatment")
        free = np.ones(len(months), dtype=bool)
        for state in order:
            counts[:, list(STATES).index(state)] += holds[state] & free
            free &= ~holds[state]
        counts[:, list(STATES).index("none")] += free
    return counts
