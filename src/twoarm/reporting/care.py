"""Response, surgery and adverse events in words, a row a line of a table."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from twoarm.reporting.adverse_events import adverse_events_in_words
from twoarm.reporting.table_one import HIDDEN, LARGE_ARM
from twoarm.words import count_in_words, number_in_words

Row = Mapping[str, Any]
RESPONSE = {
    "recist_zero": "Response at time zero, RECIST 1.1",
    "mrecist_zero": "Response at time zero, mRECIST",
    "charted_zero": "Response at time zero, as charted",
    "recist_best": "Best response, RECIST 1.1",
    "mrecist_best": "Best response, mRECIST",
    "charted_best": "Best response, as charted",
    "change": "Best change of the target lesions, %",
    "afp_half": "AFP fell by half or more by time zero",
    "afp_75": "AFP fell by 75 % or more by time zero, from at least 20 ng/mL",
}
SURGERY = {
    "zero_days": "Days from time zero to surgery",
    "dose_days": "Days from the first dose to surgery",
    "operation_minutes": "Operation time, min",
    "blood_loss_ml": "Blood loss, mL",
    "r_status": "Resection margin",
    "margin_mm": "Width of the margin, mm",
    "viable_percent": "Viable tumour, %",
    "pathology": "Pathological response",
    "mvi": "Microvascular invasion",
    "edmondson": "Edmondson-Steiner grade",
    "clavien": "Complications within 90 days, highest Clavien-Dindo grade",
    "cci": "Comprehensive complication index",
    "death": "Death after surgery",
    "resumed": "Therapy resumed after surgery",
    "resumed_days": "Days from surgery to resumed therapy",
}
"""Item to its words, in the order of the tables."""
LEVELS = {
    "CR": "Complete response",
    "PR": "Partial response",
    "SD": "Stable disease",
    "PD": "Progression",
    "NE": "Not evaluable or not seen",
    "objective": "Objective response",
    "controlled": "Disease control",
    "complete": "Complete: no viable tumour",
    "major_or_complete": "Major or complete: at most 10 % viable",
    "less": "More than 10 % viable",
    "none": "No complication",
    "any": "Any complication",
    "severe": "Major: IIIa or worse",
    "by_30": "Within 30 days",
    "by_90": "Within 90 days",
}
"""Level or union to its words; another is its own word."""
SHOWN = {
    "pathology": ("complete", "major_or_complete", "less"),
    "death": ("by_30", "by_90"),
    **dict.fromkeys(("afp_half", "afp_75", "resumed"), ("yes",)),
}
"""Levels that are shown of an item, where not all are."""
LIMITED = {
    *("objective", "controlled", "complete", "major_or_complete"),
    *("severe", "by_30", "by_90", "yes"),
}
"""Levels whose share has its limits beside it."""
FINE = ("change", "margin_mm", "cci")
"""Continuous items that are told with a decimal; the others are of whole numbers."""
NUMBERS = ("lower_quartile", "median", "upper_quartile")


def care_in_words(
    study: Mapping[str, Any], tables: Mapping[str, pl.DataFrame]
) -> dict[str, Any]:
    """Put response, surgery and adverse events in words.

    Parameters
    ----------
    study
        The complete config.
    tables
        Name of a disclosed table to its rows; those that lack are of no exports.
    """
    labels, fewest = study["treatment"]["labels"], study["release"]["minimum_count"]
    limits = f"{100 * study['analysis']['confidence']:g}"
    return {
        **{
            name: findings_in_words(
                tables.get(name),
                items,
                arms=list(labels.values()),
                minimum_count=fewest,
            )
            for name, items in (("response", RESPONSE), ("surgery", SURGERY))
        },
        "adverse_events": adverse_events_in_words(
            tables.get("adverse_events"), labels, limits
        ),
    }


def findings_in_words(
    findings: pl.DataFrame | None,
    items: Mapping[str, str],
    *,
    arms: Sequence[str],
    minimum_count: int,
) -> dict[str, Any]:
    """Put a table of findings in words, a column an arm.

    Parameters
    ----------
    findings
        As the contract Findings, small counts hidden; None where there are none.
    items
        Item to its words, in the order of the table.
    arms
        Names of the arms in their order; those of no row are left out.
    minimum_count
        Smallest count that is shown.

    Returns
    -------
    dict
        `arms`, their `sizes`, and `rows`: `label`, `inner` for a row below another, a
        cell an arm in `cells`, and `known`. Nothing where there are no findings.
    """
    if findings is None or findings.is_empty():
        return {}
    arms = [arm for arm in arms if arm in findings["arm"]]
    found = {(r["arm"], r["item"], r["level"]): r for r in findings.to_dicts()}
    first = {arm: findings.filter(arm=arm).row(0, named=True) for arm in arms}
    rows: list[dict[str, Any]] = []
    for item in [item for item in items if item in findings["item"]]:
        levels = findings.filter(item=item)["level"].unique(maintain_order=True)
        parts = [
            (level, [found[(arm, item, level)] for arm in arms])
            for level in SHOWN.get(item, levels.to_list())
        ]
        rows += _item(items[item], parts)
    return {
        "arms": arms,
        "sizes": [count_in_words(first[x]["n_patients"], minimum_count) for x in arms],
        "rows": rows,
    }


def _item(
    label: str, parts: Sequence[tuple[str | None, Sequence[Row]]]
) -> Iterator[dict[str, Any]]:
    """Yield the rows of an item: one, or one a level below it."""
    _, first = parts[0]
    known = " / ".join(
        HIDDEN if row["n_known"] is None else f"{row['n_known']:,}" for row in first
    )
    if parts[0][0] is None:
        cells = [_median(row) for row in first]
        yield {"label": f"{label}, median [IQR]", "inner": False} | {
            "cells": cells,
            "known": known,
        }
        return
    head = {"label": f"{label}, n (%)", "inner": False, "known": known}
    if len(parts) == 1:
        yield {**head, "cells": [_share(row) for row in first]}
        return
    if all(row["reason"] for _, rows in parts for row in rows):
        yield {**head, "cells": [row["reason"] for row in first]}
        return
    yield {**head, "cells": [""] * len(first)}
    for level, rows in parts:
        cells = [_share(row) for row in rows]
        told = LEVELS.get(str(level), str(level))
        yield {"label": told, "inner": True, "cells": cells, "known": ""}


def _share(row: Row) -> str:
    """Write number, percentage and, of some levels, limits."""
    if row["n"] is None:
        return row["reason"] or HIDDEN
    if row["share"] is None:
        return f"{row['n']:,}"
    digits = 1 if row["n_of"] >= LARGE_ARM else 0
    told = f"{row['n']:,} ({100 * row['share']:.{digits}f})"
    if row["level"] not in LIMITED:
        return told
    low, high = (100 * row[end] for end in ("conf_low", "conf_high"))
    return f"{told} [{low:.{digits}f}–{high:.{digits}f}]"


def _median(row: Row) -> str:
    """Write a median with its quartiles."""
    if row["median"] is None:
        return row["reason"] or HIDDEN
    digits = 1 if row["item"] in FINE else 0
    low, median, high = (number_in_words(row[name], digits) for name in NUMBERS)
    return f"{median} [{low}{' to ' if '−' in low + high else '–'}{high}]"
