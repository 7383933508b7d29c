"""Subgroups and regressions in words: the numbers beside their forests."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from twoarm.words import (
    estimate_in_words,
    p_in_words,
    verdicts_in_words,
)

Row = Mapping[str, Any]
INTERACTION, LEVEL, ALONE = "interaction: ", "subgroup: ", "univariable: "
"""How the terms begin of a test, of a level of a subgroup, of a covariate alone."""
FEW = "too few events"


def subgroups_in_words(
    effects: pl.DataFrame,
    *,
    endpoints: Mapping[str, str],
    designs: Mapping[str, str],
    covariates: Mapping[str, str],
) -> list[dict[str, Any]]:
    """Put the subgroups in words, a table an endpoint and design that has any.

    Parameters
    ----------
    effects
        As the contract Effects, small counts hidden.
    endpoints, designs, covariates
        Name to label.

    Returns
    -------
    list of dict
        `label`, `verdict` of the design if it is biased, and `rows`: `label`, `inner`
        for a level, the counts `treated` and `control`, `ratio` and `p`.
    """
    return [
        {
            "label": f"{ending}, {label}",
            "verdict": _verdict(rows),
            "rows": list(_levels(rows, covariates)),
        }
        for endpoint, ending in endpoints.items()
        for design, label in designs.items()
        for rows in [effects.filter(endpoint=endpoint, design=design)]
        if rows["term"].str.starts_with(INTERACTION).any()
    ]


def _levels(
    rows: pl.DataFrame, covariates: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    """Yield all patients of a design, and each covariate with its levels."""
    term = pl.col("term")
    for row in rows.filter(measure="hazard_ratio", term="treated").to_dicts():
        yield {**_counted(row, "All"), "inner": False, "p": ""}
    for test in rows.filter(term.str.starts_with(INTERACTION)).to_dicts():
        name = test["term"].removeprefix(INTERACTION)
        p = p_in_words(test["p_value"]).removeprefix("= ")
        blank = dict.fromkeys(("treated", "control", "ratio"), "")
        yield {"label": covariates.get(name, name), "inner": False, "p": p} | blank
        for row in rows.filter(term.str.starts_with(f"{LEVEL}{name}=")).to_dicts():
            level = row["term"].removeprefix(f"{LEVEL}{name}=")
            minus = re.sub(r"(^| )-(?=\d)", r"\1−", level)
            yield {**_counted(row, minus), "inner": True, "p": ""}


def _counted(row: Row, label: str) -> dict[str, str]:
    """Write counts and ratio; a count may be hidden for what it tells of another."""
    counts = {
        arm: " / ".join(
            "–" if row[f"{what}_{arm}"] is None else f"{row[f'{what}_{arm}']:,}"
            for what in ("events", "n")
        )
        for arm in ("treated", "control")
    }
    return {"label": label, **counts, "ratio": _ratio(row)}


def regressions_in_words(
    effects: pl.DataFrame,
    *,
    endpoints: Mapping[str, str],
    covariates: Mapping[str, str],
) -> list[dict[str, Any]]:
    """Put the regression of the unadjusted arms in words, a table an endpoint.

    Parameters
    ----------
    effects, endpoints, covariates
        As `subgroups_in_words` takes them.

    Returns
    -------
    list of dict
        `label`, `verdict`, `events` a term, if known, and `rows`: `label`, and ratio
        and p `alone` and beside the others, `together`.
    """
    found = []
    for endpoint, label in endpoints.items():
        rows = effects.filter(
            endpoint=endpoint, design="unadjusted", measure="hazard_ratio"
        )
        terms = {row["term"]: row for row in rows.to_dicts()}
        single = [term for term in terms if f"{ALONE}{term}" in terms]
        if not single:
            continue
        pairs = [("Treatment", "treated", "treated_adjusted")]
        pairs += [(term_label(x, covariates), f"{ALONE}{x}", x) for x in single]
        few = re.search(r"([\d.]+) events a term", terms[single[0]]["method"])
        found.append(
            {
                "label": label,
                "verdict": _verdict(rows),
                "events": few[1] if few else "",
                "rows": [_pair(words, terms, ends) for words, *ends in pairs],
            }
        )
    return found


def _pair(label: str, terms: Mapping[str, Row], ends: Sequence[str]) -> dict[str, str]:
    row = {"label": label}
    for name, end in zip(("alone", "together"), ends, strict=True):
        told = terms.get(end)
        p = p_in_words(told["p_value"]) if told else "–"
        row[name] = _ratio(told) if told else "–"
        row[f"{name}_p"] = p.removeprefix("= ")
    return row


def term_label(term: str, covariates: Mapping[str, str]) -> str:
    """Name a term by the label of its covariate, and its level.

    >>> term_label("sex=male", {"sex": "Sex"}), term_label("age", {"age": "Age"})
    ('Sex: male', 'Age')
    """
    name, _, level = term.partition("=")
    label = covariates.get(name, name)
    return f"{label}: {level}" if level else label


def _ratio(row: Row) -> str:
    if row["estimate"] is not None:
        return estimate_in_words(row)
    return FEW if row["method"].startswith("not estimated") else "not estimable"


def _verdict(rows: pl.DataFrame) -> str:
    """Say what the audit calls the design, if it is biased."""
    told = rows.filter(measure="hazard_ratio", term="treated")["method"].to_list()
    verdicts = verdicts_in_words(told[0]) if told else []
    return "".join(f" {each}." for each in verdicts if each.startswith("Biased"))
