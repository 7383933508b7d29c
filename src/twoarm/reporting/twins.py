"""What each design does on a twin of the cohort, in words."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import polars as pl

from twoarm.words import (
    contrast_labels,
    list_in_words,
    number_in_words,
    twin_in_words,
)

NULL = "1"
"""Name of the twin on whom treatment has no effect."""
MANY = 0.05
"""Share of the cohorts beyond which failures are a weakness."""
PLAIN = ("unadjusted", "treated")
BEYOND = 1.96
"""Monte Carlo errors beyond which a figure is not chance."""


def twins_in_words(
    performance: pl.DataFrame | None,
    *,
    designs: Mapping[str, str],
    endpoints: Mapping[str, str],
    treated: str,
) -> dict[str, Any]:
    """Say how the designs did on invented cohorts like this one.

    Parameters
    ----------
    performance
        As the contract Performance; None if no twin was asked for.
    designs, endpoints
        Name to label.
    treated
        Label of the treated arm.

    Returns
    -------
    dict
        `sentences` and `rows`, a row an endpoint, effect and design; nothing in either
        if no twin was asked for.
    """
    if performance is None or not performance.height:
        return {"sentences": [], "rows": []}
    refused = performance["reason"].drop_nulls().unique().sort().to_list()
    ratios = performance.filter(measure="hazard_ratio")
    if not ratios["mean"].count():
        return {"sentences": _refused(refused), "rows": []}
    sentences = [
        *_introduction(ratios),
        *_false_findings(ratios, designs, endpoints, treated),
    ]
    rows = [
        _row(row, label, endpoints[endpoint])
        for endpoint in endpoints
        for scenario in _scenarios(ratios)
        for (design, term), label in contrast_labels(designs).items()
        for row in ratios.filter(
            endpoint=endpoint, scenario=scenario, design=design, term=term
        ).to_dicts()
    ]
    return {"sentences": sentences, "rows": rows}


def find_twin_weaknesses(
    performance: pl.DataFrame | None,
    headline: Mapping[str, Any] | None,
    *,
    designs: Mapping[str, str],
    endpoints: Mapping[str, str],
    confidence: float,
) -> list[str]:
    """Say if the design that the study leads with errs on its own twin.

    Where treatment does nothing in the twin, it errs if its mean log hazard ratio is
    further from 0, or it finds an effect more often than its level allows, than chance
    explains among so many cohorts; or if it often cannot be estimated.
    """
    if performance is None or headline is None:
        return []
    chosen = {name: headline[name] for name in ("endpoint", "design")}
    rows = performance.filter(
        pl.col("bias").is_not_null(), measure="hazard_ratio", scenario=NULL, **chosen
    ).filter(term="treated")
    if not rows.height:
        return []
    row, told = rows.row(0, named=True), []
    if abs(row["bias"]) > BEYOND * row["bias_mcse"]:
        told.append(
            f"its mean hazard ratio was {_ratio(row['mean'])} "
            f"({_ratio_limits(row)} within Monte Carlo error)"
        )
    allowed = 1 - confidence
    if row["rejection"] - BEYOND * row["rejection_mcse"] > allowed:
        told.append(
            f"it found an effect in {_percent(row['rejection'])} %, where "
            f"{_percent(allowed)} % were to be expected"
        )
    n = row["n_replicates"] + row["n_failed"]
    if row["n_failed"] > MANY * n:
        why = f" ({row['reason']})" if row["reason"] else ""
        told.append(f"it could not be estimated in {row['n_failed']:,}{why}")
    if not told:
        return []
    return [
        f"{designs[chosen['design']]}, {endpoints[chosen['endpoint']]}, with which "
        f"this study leads, errs on cohorts like this one: on {n:,} invented ones, in "
        f"which treatment has no effect, {list_in_words(told)}."
    ]


def _refused(reasons: list[str]) -> list[str]:
    told = [each.removeprefix("no twin: ") for each in reasons]
    return [f"No cohort like this one could be drawn: {each}." for each in told]


def _introduction(ratios: pl.DataFrame) -> list[str]:
    n: Any = ratios["n_replicates"].max()
    size = ratios["n_patients"][0]
    return [
        f"{n:,} cohorts of {size:,} patients were drawn for each effect: covariates of "
        "patients drawn anew from this cohort, and waiting times, events and follow-up "
        "from hazards fitted to it; treatment changes the hazards by a known ratio "
        "from its day on. Every design of the study then analysed each.",
        "The invented patients differ by nothing but their covariates. So what is seen "
        "is what the clock, the method and the numbers do; differences that nobody "
        "measured come on top.",
    ]


def _false_findings(
    ratios: pl.DataFrame,
    designs: Mapping[str, str],
    endpoints: Mapping[str, str],
    treated: str,
) -> Iterator[str]:
    """Say how often the plain contrast finds what is not there, and who else does."""
    null = ratios.filter(pl.col("rejection").is_not_null(), scenario=NULL)
    names = contrast_labels(designs)
    for endpoint, label in endpoints.items():
        own = null.filter(endpoint=endpoint).to_dicts()
        rows = {(row["design"], row["term"]): row for row in own}
        if PLAIN not in rows:
            continue
        row = rows[PLAIN]
        found = round(row["rejection"] * row["n_replicates"])
        yield (
            f"{label}: on {row['n_replicates']:,} invented cohorts like this one, in "
            f"which “{treated}” does nothing, the plain contrast found an effect in "
            f"{found:,}; its mean hazard ratio was {_ratio(row['mean'])}."
        )
        near = [
            names[name]
            for name in names
            if name in rows and abs(rows[name]["bias"]) <= _allowed(rows[name])
        ]
        if near:
            yield f"No bias beyond chance: {list_in_words(near)}."


def _allowed(row: Mapping[str, Any]) -> float:
    return BEYOND * float(row["bias_mcse"] or 0.0)


def _scenarios(ratios: pl.DataFrame) -> list[str]:
    names = ratios["scenario"].unique().to_list()
    return sorted(names, key=lambda name: (name != NULL, name))


def _row(row: Mapping[str, Any], design: str, endpoint: str) -> dict[str, str]:
    return {
        "design": design,
        "endpoint": endpoint,
        "effect": twin_in_words(row["scenario"]).capitalize(),
        "truth": _ratio(row["truth"]),
        "mean": "–"
        if row["mean"] is None
        else f"{_ratio(row['mean'])} ({_ratio_limits(row)})",
        "rejection": _share(row, "rejection"),
        "coverage": _share(row, "coverage"),
        "failed": f"{row['n_failed']:,}" if row["n_failed"] else "–",
    }


def _ratio(log_ratio: float | None) -> str:
    if log_ratio is None:
        return "–"
    return number_in_words(float(np.exp(log_ratio)), 2)


def _ratio_limits(row: Mapping[str, Any]) -> str:
    """Write the limits of a mean ratio that Monte Carlo error leaves."""
    reach = BEYOND * float(row["empirical_error"] or 0) / np.sqrt(row["n_replicates"])
    return f"{_ratio(row['mean'] - reach)}–{_ratio(row['mean'] + reach)}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f}"


def _share(row: Mapping[str, Any], name: str) -> str:
    if row[name] is None:
        return "–"
    error = row[f"{name}_mcse"]
    more = "" if error is None else f" ± {_percent(error)}"
    return f"{_percent(row[name])}{more}"
