"""What is missing among the covariates, in words."""

from collections.abc import Iterator, Mapping
from math import ceil
from typing import Any

import polars as pl

from twoarm.words import list_in_words

HIDDEN = "not shown"
FEWEST = 20
"""Data sets that an imputation should have at least."""
CONCERNS = {
    "known of fewer than half": {
        "imputed": "{} is known of fewer than half of the patients; what is said of it "
        "rests more on the model of the imputation than on data.",
        "set aside": "{} is known of fewer than half of the patients; the others are "
        "set aside.",
    },
    "missing in nearly all of one arm": {
        "imputed": "{} is missing in nearly all patients of one arm and known in the "
        "other: such a gap is no accident, yet it is imputed. Name it as structural, "
        "or leave it out.",
        "set aside": "{} is missing in nearly all patients of one arm and known in the "
        "other: such a gap is no accident, yet the patients are set aside. Name it as "
        "structural, or leave it out.",
    },
    "missing in nearly all of one centre": {
        "imputed": "{} is missing in nearly all patients of one centre: it was not "
        "recorded there, and is imputed from what other centres know.",
        "set aside": "{} is missing in nearly all patients of one centre, who are set "
        "aside: it was not recorded there.",
    },
}


def missingness_in_words(
    missingness: pl.DataFrame, *, labels: Mapping[str, str], imputations: int
) -> dict[str, Any]:
    """Put the table of what is missing in words.

    Parameters
    ----------
    missingness
        As the contract Missingness, small counts hidden.
    labels
        Covariate to its label, in the order of the table.
    imputations
        Completed data sets; 0 where nothing is imputed.

    Returns
    -------
    dict
        `groups`: heads of the columns; `rows` of the covariates with gaps: `label`,
        `cells`, `handling`; `sentences`.
    """
    any_of = missingness.filter(pl.col("covariate").is_null())
    ordered = _in_order(any_of)
    rows = []
    for name, label in labels.items():
        part = _in_order(missingness.filter(covariate=name))
        if part and part[0]["handling"] != "complete":
            cells = [_cell(row) for row in part]
            told = {"label": label, "cells": cells, "handling": part[0]["handling"]}
            rows.append(told)
    return {
        "groups": [_head(row) for row in ordered],
        "rows": rows,
        "sentences": list(_sentences(ordered[0], imputations)),
    }


def _in_order(rows: pl.DataFrame) -> list[dict[str, Any]]:
    order = pl.col("by").replace_strict({"all": 0, "arm": 1, "centre": 2})
    return rows.sort(order, "group").rows(named=True)


def _head(row: Mapping[str, Any]) -> str:
    name = "All" if row["by"] == "all" else row["group"]
    n = row["n_patients"]
    return name if n is None else f"{name} (n = {n:,})"


def _cell(row: Mapping[str, Any]) -> str:
    if row["n_missing"] is None:
        return HIDDEN
    return f"{row['n_missing']:,} ({100 * row['share_missing']:.1f})"


def _sentences(row: Mapping[str, Any], imputations: int) -> Iterator[str]:
    if row["handling"] == "complete":
        yield "Every covariate that is in a model is known of every patient."
        return
    known = row["n_missing"] is not None
    who = (
        f"{row['n_missing']:,} of {row['n_patients']:,} patients "
        f"({100 * row['share_missing']:.1f} %)"
        if known
        else "Patients whose number is not shown"
    )
    if row["handling"] == "set aside":
        yield (
            f"{who} were set aside because a covariate is not known; those analysed "
            "are the complete cases."
        )
    else:
        yield (
            f"{who} have at least one covariate that is not known; it was imputed in "
            f"each of {imputations} completed data sets."
        )


def find_missing(
    missingness: pl.DataFrame, *, labels: Mapping[str, str], imputations: int
) -> Iterator[str]:
    """Say what weakens an imputation, or an analysis of complete cases.

    Parameters
    ----------
    missingness, labels, imputations
        As in `missingness_in_words`.

    References
    ----------
    .. [1] White IR, Royston P, Wood AM. Multiple imputation using chained equations.
       Stat Med 2011;30:377-399. doi:10.1002/sim.4067
    """
    everybody = missingness.filter(by="all")
    told = {row["covariate"]: row for row in everybody.iter_rows(named=True)}
    for name, label in labels.items():
        row = told[name]
        for concern in filter(None, row["concern"].split("; ")):
            if row["handling"] in ("imputed", "set aside"):
                yield CONCERNS[concern][row["handling"]].format(label)
    share = told[None]["share_missing"]
    needed = max(FEWEST, ceil(100 * (share or 0.0) - 1e-9))
    if told[None]["handling"] == "imputed" and imputations < needed:
        why = (
            f"with {100 * share:.0f} % of the patients incomplete"
            if share and needed > FEWEST
            else "at the least"
        )
        yield (
            f"{imputations} completed data sets are few: {needed} are wanted {why}; "
            "limits and p values would change with the seed."
        )


def gaps_in_words(study: Mapping[str, Any]) -> str:
    """Say what a study does where a covariate is not known.

    Parameters
    ----------
    study
        The complete config.
    """
    return _imputation(study["imputation"]) + _structural(study["covariates"])


def _imputation(imputation: Mapping[str, Any]) -> str:
    if not imputation["n"]:
        return (
            "Patients with a covariate that is not known are left out and counted in "
            "the flow; nothing is imputed."
        )
    return (
        "Covariates that are not known were imputed "
        f"{imputation['n']} times by chained equations from all covariates, the arm, "
        "and each endpoint's event and "
        "cumulative hazard (White and Royston 2009, doi:10.1002/sim.3618). Score, "
        "match or weights and effects were estimated within each completed data set "
        "and pooled by Rubin's rules, with the degrees of freedom of Barnard and Rubin "
        "(1999, doi:10.1093/biomet/86.4.948)."
    )


def _structural(covariates: Mapping[str, Any]) -> str:
    named = [each["label"] for each in covariates.values() if each["structural"]]
    if not named:
        return ""
    return (
        f" Gaps of {list_in_words(named)} are no accident: they are left as they are, "
        "and no model has them."
    )
