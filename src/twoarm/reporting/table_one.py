"""Table 1 in words: the arms before and after each design."""

from collections.abc import Iterator, Mapping
from math import floor, log10
from typing import Any

import polars as pl

from twoarm.words import count_in_words, number_in_words

ARMS = ("treated", "control")
HIDDEN = "not shown"
LARGE_ARM = 100
"""Patients of an arm from which percentages have a decimal: of fewer, one patient is
more than that decimal tells."""


def table_one_in_words(
    baseline: pl.DataFrame,
    diagnostics: pl.DataFrame,
    *,
    designs: Mapping[str, str],
    covariates: Mapping[str, Mapping[str, Any]],
    minimum_count: int,
) -> list[dict[str, Any]]:
    """Put Table 1 in words, a table a design.

    Parameters
    ----------
    baseline, diagnostics
        As the contracts Description and Diagnostics, small counts hidden.
    designs
        Name to label, in their order; the first is the arms as they are.
    covariates
        Name to its section of the config.
    minimum_count
        Smallest count that is shown.

    Returns
    -------
    list of dict
        `design`, `sizes` of the arms, `weighted` if the numbers are, and `rows`: each
        with `label`, `inner` for a row below a covariate's own, the cells `treated` and
        `control`, `smd`, `before` and `missing`.
    """
    ordered = baseline.sort("row")
    first, *_ = designs
    before = {_place(row): row for row in _rows_of(ordered, first)}
    found = []
    for design, label in designs.items():
        rows = _rows_of(ordered, design)
        (sizes,) = diagnostics.filter(design=design).rows(named=True)
        weighted = any(
            row[f"weighted_{arm}"] is not None
            and abs(row[f"weighted_{arm}"] - row[f"n_{arm}"]) > 0.5
            for row in rows
            for arm in ARMS
        )
        names = list(dict.fromkeys(row["covariate"] for row in rows))
        parts = [
            _covariate(
                [row for row in rows if row["covariate"] == name],
                covariates[name],
                before,
                weighted=weighted,
            )
            for name in names
        ]
        found.append(
            {
                "design": label,
                "sizes": [
                    count_in_words(sizes[f"n_{arm}"], minimum_count) for arm in ARMS
                ],
                "weighted": weighted,
                "rows": [row for part in parts for row in part],
            }
        )
    return found


def _rows_of(baseline: pl.DataFrame, design: str) -> list[dict[str, Any]]:
    return baseline.filter(design=design).rows(named=True)


def _place(row: Mapping[str, Any]) -> tuple[Any, Any]:
    return row["covariate"], row["level"]


def _covariate(
    rows: list[dict[str, Any]],
    covariate: Mapping[str, Any],
    before: Mapping[tuple[Any, Any], Mapping[str, Any]],
    *,
    weighted: bool,
) -> Iterator[dict[str, Any]]:
    """Yield the rows of a covariate: its own, and those below it."""
    label = covariate["label"]
    head = {"inner": False, "treated": "", "control": "", "missing": _missing(rows[0])}
    if rows[0]["n_treated"] is None:
        blank = dict.fromkeys((*ARMS, "smd", "before"), HIDDEN)
        yield {**head, "label": label, **blank}
    elif covariate["kind"] == "continuous":
        unit = f", {covariate['unit']}" if covariate["unit"] else ""
        scale = before[_place(rows[0])]
        yield {**head, "label": label + unit, **_differences(rows[0], before)}
        yield from _continuous(rows[0], scale if scale["n_treated"] else rows[0])
    elif covariate["kind"] == "binary" and len(rows) == 2:
        words = _shares(rows, 1, weighted=weighted)
        yield {
            **head,
            "label": f"{label}, n (%)",
            **words,
            **_differences(rows[1], before),
        }
    else:
        yield {**head, "label": f"{label}, n (%)", "smd": "", "before": ""}
        for place, row in enumerate(rows):
            yield {
                "inner": True,
                "label": row["level"],
                "missing": "",
                **_shares(rows, place, weighted=weighted),
                **_differences(row, before, alone=len(rows) == 2 and not place),
            }


def _differences(
    row: Mapping[str, Any],
    before: Mapping[tuple[Any, Any], Mapping[str, Any]],
    *,
    alone: bool = False,
) -> dict[str, str]:
    """Write a row's difference, and that of the arms as they are.

    `alone` is the first of two levels, whose difference is that of the second.
    """
    if alone:
        return {"smd": "", "before": ""}
    both = {"smd": row, "before": before[_place(row)]}
    return {name: _difference(each) for name, each in both.items()}


def _difference(row: Mapping[str, Any]) -> str:
    if row["n_treated"] is None:
        return HIDDEN
    return "–" if row["smd"] is None else number_in_words(row["smd"], 2)


def _missing(row: Mapping[str, Any]) -> str:
    counts = [row[f"n_missing_{arm}"] for arm in ARMS]
    if None in counts:
        return HIDDEN
    return " / ".join(f"{count:,}" for count in counts) if any(counts) else "0"


def _shares(
    rows: list[dict[str, Any]], place: int, *, weighted: bool
) -> dict[str, str]:
    """Write number and percentage of a level in each arm."""
    cells = {}
    for arm in ARMS:
        share = rows[place][f"share_{arm}"]
        size = sum(row[f"n_{arm}"] for row in rows)
        count = rows[place][f"{'weighted' if weighted else 'n'}_{arm}"]
        digits = 1 if size >= LARGE_ARM else 0
        cells[arm] = (
            "–" if share is None else f"{count:,.0f} ({100 * share:.{digits}f})"
        )
    return cells


def _continuous(
    row: Mapping[str, Any], scale: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """Yield mean and median of a continuous covariate."""
    digits = digits_of(scale)
    below = {"inner": True, "smd": "", "before": "", "missing": ""}
    means, medians = {}, {}
    for arm in ARMS:
        mean, sd, median, low, high = (
            _shown(row[f"{name}_{arm}"], digits)
            for name in ("mean", "sd", "median", "lower_quartile", "upper_quartile")
        )
        between = " to " if "−" in low + high else "–"
        known = row[f"mean_{arm}"] is not None
        means[arm] = f"{mean} ({sd})" if known else "–"
        medians[arm] = f"{median} [{low}{between}{high}]" if known else "–"
    yield {**below, "label": "Mean (SD)", **means}
    yield {**below, "label": "Median [IQR]", **medians}


def _shown(number: float | None, digits: int) -> str:
    return "–" if number is None else number_in_words(number, digits)


def digits_of(row: Mapping[str, Any]) -> int:
    """Choose the decimals of a continuous covariate: few, but enough for its spread.

    Two digits of the standard deviation, or three of the largest quartile.

    >>> quiet = dict.fromkeys(f"{q}_{a}" for q in QUARTILES for a in ARMS)
    >>> digits_of({**quiet, "sd_treated": 9.1, "sd_control": 9.9})
    1
    >>> digits_of({**quiet, "sd_treated": 300, "sd_control": 1, "median_control": 2.5})
    2
    """
    spread = max(row[f"sd_{arm}"] or 0.0 for arm in ARMS)
    largest = max(
        abs(row[f"{each}_{arm}"] or 0.0) for each in QUARTILES for arm in ARMS
    )
    asked = [
        digits - 1 - floor(log10(size))
        for size, digits in ((spread, 2), (largest, 3))
        if size > 0
    ]
    return min(max([0, *asked]), 4)


QUARTILES = ("lower_quartile", "median", "upper_quartile")
