"""What the tables hold against the study, from all that look for it."""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from twoarm.reporting.clones import find_clone_doubts
from twoarm.reporting.comparison import shown
from twoarm.reporting.fragility import support_weaknesses
from twoarm.reporting.missing import find_missing
from twoarm.reporting.twins import find_twin_weaknesses
from twoarm.reporting.weaknesses import find_weaknesses
from twoarm.words import list_in_words


def gather_weaknesses(
    study: Mapping[str, Any],
    tables: Mapping[str, pl.DataFrame],
    designs: Mapping[str, str],
    endpoints: Mapping[str, str],
) -> list[str]:
    """Gather what the tables hold against the study, its headline's errors first."""
    named = {"designs": designs, "endpoints": endpoints}
    effects = tables["effects"]
    main = effects.filter(
        pl.col("endpoint").is_in(list(endpoints)),
        pl.col("design").is_in(list(designs)),
        ~pl.col("term").str.contains(": ", literal=True),
    )
    return [
        *find_twin_weaknesses(
            tables.get("twins"),
            study["headline"],
            **named,
            confidence=study["analysis"]["confidence"],
        ),
        *find_weaknesses(
            main,
            tables["balance"],
            **named,
            threshold=study["propensity"]["balance"]["smd"],
        ),
        *support_weaknesses(effects, study=study, endpoints=endpoints),
        *find_missing(tables["missingness"], **missing_asked(study)),
        *_doubts(tables, designs=designs, endpoints=endpoints),
    ]


def missing_asked(study: Mapping[str, Any]) -> dict[str, Any]:
    """Name the covariates and the data sets, for what is said of missing values."""
    labels = {name: each["label"] for name, each in study["covariates"].items()}
    return {"labels": labels, "imputations": study["imputation"]["n"]}


def _doubts(
    tables: Mapping[str, pl.DataFrame], **labels: Mapping[str, str]
) -> list[str]:
    """Say where sound designs differ, and what weakens the cloned ones."""
    told: list[str] = []
    if "answers" in tables:
        told += find_conflicts(tables["answers"], **labels)
    if "clones" in tables:
        told += find_clone_doubts(tables["clones"], **labels)
    return told


def find_conflicts(
    answers: pl.DataFrame,
    *,
    designs: Mapping[str, str],
    endpoints: Mapping[str, str],
) -> Iterator[str]:
    """Say which sound designs find what the headline's limits do not hold."""
    for row in answers.filter("headline").iter_rows(named=True):
        low, high = row["hazard_ratio_low"], row["hazard_ratio_high"]
        others = answers.filter(
            ~pl.col("headline"),
            ~pl.col("hazard_ratio").is_between(low, high),
            endpoint=row["endpoint"],
            verdict="sound",
        )
        named = [
            f"{designs[each['design']]} ({each['hazard_ratio']:.2f})"
            for each in others.iter_rows(named=True)
        ]
        if named:
            yield (
                f"{endpoints[row['endpoint']]}: designs that are sound too find a "
                f"hazard ratio beyond the limits of {designs[row['design']]}, "
                f"{shown(row, 'hazard_ratio', 2)}: {list_in_words(named)}."
            )


FEW, LARGE = 0.3, 0.1
"""Effective share of clones at risk, and share of one clone, that are worth a word."""
