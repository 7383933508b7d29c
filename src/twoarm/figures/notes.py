"""Lines of text that stand in a figure: what the effects table says, in words."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from twoarm.figures.phrases import say
from twoarm.words import estimate_in_words, p_in_words, verdicts_in_words


def notes_of(effects: pl.DataFrame, arms: Sequence[str]) -> list[str]:
    """Write medians, hazard ratio, p value and verdicts of one endpoint and design.

    Parameters
    ----------
    effects
        Rows of the contract Effects of one endpoint and design.
    arms
        Labels of the arms.
    """
    found = {
        (row["measure"], row["term"]): row for row in effects.iter_rows(named=True)
    }
    lines = [
        _median(arm, row)
        for arm in arms
        if (row := found.get(("median", arm)))
        and not row["method"].startswith("not estimated")
    ]
    ratio = found.get(("hazard_ratio", "treated"))
    if ratio and ratio["estimate"] is not None:
        lines.append(_ratio(ratio, found.get(("logrank", "treated"))))
    sub = found.get(("subdistribution_hazard_ratio", "treated"))
    if sub and sub["estimate"] is not None:
        lines.append(_subratio(sub, found.get(("gray", "treated"))))
    verdicts = verdicts_in_words(ratio["method"] if ratio else "")
    return [*lines, *map(say, verdicts)]


def medians_of(effects: pl.DataFrame, arms: Sequence[str]) -> dict[str, float]:
    """Return the median, in months, of each arm that reaches it."""
    found = effects.filter(pl.col("term").is_in(arms), measure="median")
    return dict(found.select("term", "estimate").drop_nulls().iter_rows())


def _median(arm: str, row: Mapping[str, Any]) -> str:
    told = {"arm": arm, "estimate": say(estimate_in_words(row, 1))}
    if row["estimate"] is None:
        return say("Median {arm}: {estimate}", **told)
    return say("Median {arm}: {estimate} mo", **told)


def _ratio(ratio: Mapping[str, Any], logrank: Mapping[str, Any] | None) -> str:
    told = {"estimate": estimate_in_words(ratio)}
    p_value = p_in_words((logrank or ratio)["p_value"])
    if logrank:
        return say("HR {estimate}, log-rank p {p_value}", p_value=p_value, **told)
    return say("HR {estimate}, p {p_value}", p_value=p_value, **told)


def _subratio(ratio: Mapping[str, Any], gray: Mapping[str, Any] | None) -> str:
    told = {"estimate": estimate_in_words(ratio)}
    if gray is not None and gray["estimate"] is not None:
        words = "Subdistribution HR {estimate}, Gray's p {p_value}"
        return say(words, p_value=p_in_words(gray["p_value"]), **told)
    words = "Subdistribution HR {estimate}, p {p_value}"
    return say(words, p_value=p_in_words(ratio["p_value"]), **told)


def ticks_of(curves: pl.DataFrame, step: float) -> list[float]:
    """Place ticks every `step` months up to the last time drawn."""
    last = float(curves["months"].max() or 0.0)  # type: ignore[arg-type]
    return [step * k for k in range(int(last // step) + 1)]
