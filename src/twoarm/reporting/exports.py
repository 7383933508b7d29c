"""What is known of exports alone: criteria met, scans made, endpoints of one arm."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from twoarm.words import count_in_words, estimate_in_words

MEASURES = ("survival", "cumulative_incidence")


def alone_rows(
    effects: pl.DataFrame, labels: Mapping[str, str], minimum_count: int
) -> list[dict[str, Any]]:
    """Put the endpoints that are not compared in words, a row an endpoint and arm.

    Parameters
    ----------
    effects
        As the contract Effects, small counts hidden.
    labels
        Endpoint to its label.
    """
    rows = []
    for endpoint, label in labels.items():
        part = effects.filter(endpoint=endpoint)
        for arm in part["term"].unique(maintain_order=True):
            mine = part.filter(pl.col("measure").is_in(MEASURES), term=arm)
            if mine.is_empty():
                continue
            first, median = mine.row(0, named=True), part.filter(measure="median")
            arms = [end for end in ("treated", "control") if first[f"n_{end}"] != 0]
            at = [
                f"{row['months']:g} months: {_percent(row)}"
                for row in mine.sort("months").iter_rows(named=True)
            ]
            found = median.filter(term=arm).to_dicts()
            rows.append(
                {
                    "endpoint": label,
                    "arm": arm,
                    "what": "free of it"
                    if first["measure"] == "survival"
                    else "have had it",
                    "events": " / ".join(
                        f"{count_in_words(first[f'events_{end}'], minimum_count)} of "
                        f"{_size(first[f'n_{end}'])}"
                        for end in arms
                    ),
                    "median": estimate_in_words(found[0], 1) if found else "–",
                    "at": "; ".join(at),
                }
            )
    return rows


def _size(n: int | None) -> str:
    """Write a number of patients; a blank one is small, or few short of the arm."""
    return "–" if n is None else f"{n:,}"


def _percent(row: Mapping[str, Any]) -> str:
    scaled = {
        name: None if row[name] is None else 100 * row[name]
        for name in ("estimate", "conf_low", "conf_high")
    }
    return estimate_in_words({**row, **scaled}, 1)


def criteria_rows(
    versions: pl.DataFrame | None, minimum_count: int
) -> list[dict[str, Any]]:
    """Say how many patients meet each version of the criteria, and each item of it.

    Parameters
    ----------
    versions
        As the contract Versions, small counts hidden; None where there are none.
    """
    if versions is None:
        return []
    rows = []
    for name in versions["version"].unique(maintain_order=True):
        items = versions.filter(version=name).sort("position").to_dicts()
        told = [
            f"{item['reason']} ({count_in_words(item['n_ever'], minimum_count)})"
            for item in items
        ]
        rows.append(
            {
                "label": items[0]["label"],
                "used": items[0]["used"],
                "told": "; ".join(told),
                "met": count_in_words(items[0]["n_met"], minimum_count),
            }
        )
    return sorted(rows, key=lambda row: not row["used"])


def scan_rows(
    scans: pl.DataFrame | None, labels: Mapping[str, str]
) -> list[dict[str, str]]:
    """Say how often each arm was scanned while at risk, a row an endpoint and arm.

    Parameters
    ----------
    scans
        As the contract Scans, small arms hidden; None where there are none.
    labels
        Endpoint to its label; others are passed over.
    """
    if scans is None:
        return []
    return [
        {
            "endpoint": labels[row["endpoint"]],
            "arm": row["arm"],
            "scans": "–" if row["n_scans"] is None else f"{row['n_scans']:,}",
            "days": "–"
            if row["median_days"] is None
            else f"{row['median_days']:.0f} [{row['lower_days']:.0f}–"
            f"{row['upper_days']:.0f}]",
        }
        for row in scans.iter_rows(named=True)
        if row["endpoint"] in labels
    ]


def quality_rows(
    quality: pl.DataFrame | None, reasons: Mapping[str, str]
) -> list[dict[str, str]]:
    """Say what was done to cells, and which were not used, a row a centre and table.

    Parameters
    ----------
    quality
        As the contract Quality, small counts hidden and files joined; None where there
        is none.
    reasons
        Flag or rule to what it says.
    """
    if quality is None:
        return []
    told = quality.filter(pl.col("what") != "outcome")
    counts = told.group_by("centre", "table", "what", "name", maintain_order=True).agg(
        fields=pl.col("field").n_unique(),
        cells=pl.col("n_cells").sum(),
        hidden=pl.col("n_cells").is_null().any(),
    )
    return [
        {
            "centre": row["centre"],
            "table": row["table"],
            "effect": "Used" if row["what"] == "flag" else "Not used",
            "what": reasons.get(row["name"], row["name"]),
            "fields": f"{row['fields']}",
            "cells": _at_least(row["cells"], hidden=row["hidden"]),
        }
        for row in counts.iter_rows(named=True)
    ]


def _at_least(count: int, *, hidden: bool) -> str:
    """Write a sum of counts of which some may be hidden."""
    if not hidden:
        return f"{count:,}"
    return f"at least {count:,}" if count else "few"
