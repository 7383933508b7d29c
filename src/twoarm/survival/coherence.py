"""Whether the numbers of a result agree with each other."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import polars as pl

from twoarm.survival.second_routes import EXACT, POOLED, Check

RATIOS = ("hazard_ratio", "subdistribution_hazard_ratio")
LIKELIHOOD = "profile likelihood limits"
"""What the method of a ratio says whose limits need not be even."""
SHARES = ("survival", "cumulative_incidence", "cure_fraction")


def check_coherence(
    effects: pl.DataFrame, curves: pl.DataFrame, *, confidence: float
) -> Iterator[Check]:
    """Hold the released numbers of one design and endpoint against each other.

    An estimate lies within its limits; those of a ratio hold 1 just if p says so, and
    lie evenly around it on the log scale, but for those of a likelihood; shares lie
    from 0 to 1 and survival falls; a median is where its curve crosses one half;
    nothing is told beyond the follow-up.

    Parameters
    ----------
    effects, curves
        Rows of the contracts Effects and Curves of the design and endpoint.
    confidence
        Level of the limits.
    """
    for row in effects.drop_nulls("estimate").iter_rows(named=True):
        yield from _limits(row, confidence)
        if row["measure"] in SHARES:
            beyond = max(-row["estimate"], row["estimate"] - 1, 0.0)
            yield Check("a share is from 0 to 1", 0.0, beyond)
    for (arm,), curve in curves.sort("months").group_by("arm", maintain_order=True):
        yield from _of_arm(effects.filter(term=arm), curve)


def _limits(row: Mapping[str, Any], confidence: float) -> Iterator[Check]:
    low, high, estimate = row["conf_low"], row["conf_high"], row["estimate"]
    if low is None or high is None or row["measure"] == "e_value":
        return
    slack = EXACT * max(abs(estimate), 1.0)
    beyond = max(low - estimate, estimate - high, 0.0)
    yield Check("an estimate is within its limits", 0.0, beyond, slack)
    if row["measure"] in RATIOS and row["std_error"] is not None:
        if LIKELIHOOD not in row["method"]:
            middle = float(np.sqrt(low) * np.sqrt(high))
            question = "the limits of a ratio are even on the log scale"
            yield Check(question, estimate, middle, 1e-8 * max(estimate, middle))
        if row["p_value"] is not None:
            held = float(low <= 1 <= high)
            close = abs(row["p_value"] - (1 - confidence)) < 1e-9
            told = held if close else float(row["p_value"] > 1 - confidence)
            yield Check("the limits hold 1 as p says", told, held)


def _of_arm(effects: pl.DataFrame, curve: pl.DataFrame) -> Iterator[Check]:
    """Hold medians and survival of an arm to its curve."""
    rises = curve["estimate"].diff().fill_null(0.0).max()
    yield Check("a curve falls", 0.0, max(float(rises), 0.0), EXACT)  # type: ignore[arg-type]
    months, line = curve["months"].to_numpy(), curve["estimate"].to_numpy()
    for row in effects.drop_nulls("estimate").iter_rows(named=True):
        pooled = any(words in row["method"] for words in POOLED)
        if row["measure"] == "median" and not pooled:
            at = np.searchsorted(months, row["estimate"] - EXACT, side="right")
            before = float(line[at - 1]) if at else 1.0
            after = float(line[min(at, len(line) - 1)])
            wrong = max(0.5 - before, after - 0.5, 0.0)
            yield Check("a curve crosses one half at its median", 0.0, wrong, 1e-7)
        if row["measure"] == "survival" and not pooled:
            at = np.searchsorted(months, row["months"] + EXACT, side="right")
            told = float(line[at - 1])
            question = "survival at a horizon is that of the curve"
            yield Check(question, told, row["estimate"], EXACT)
            late = max(row["months"] - float(months[-1]), 0.0)
            yield Check("nothing is told beyond the follow-up", 0.0, late, EXACT)
