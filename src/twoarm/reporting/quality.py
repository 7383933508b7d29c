"""The data quality page: what a data manager should do first, and the evidence."""

from collections.abc import Iterable, Mapping, Sequence
from math import log
from typing import Any

import polars as pl

from twoarm.flags import FLAGS

KINDS = {
    "fault": "Ends the run",
    "set_aside": "Row set aside",
    "withheld": "Cell not used",
}
LINKED = {
    "national_id": "The same national id",
    "name_and_birth": "The same sex, birth date and name",
    "settled": "A person said so",
}
REVIEWED = {
    "alike": "Birth date, first dose and AFP are alike",
    "ids_differ": "Sex, birth date and name agree, but the national ids differ",
}
"""Rules by which two records are one person, or may be, in words."""
OUTCOMES = ("used", "missing", "withheld", "set_aside")
FLAGGED = {name: words.split(":")[0].lower() for name, words in FLAGS.items()}


def describe_quality(
    tables: Mapping[str, pl.DataFrame], *, reasons: Mapping[str, str]
) -> dict[str, Any]:
    """Gather what the template of the data quality page names.

    Parameters
    ----------
    tables
        `quality`, `places`, `distributions`, `spans`, `ledger`, `persons`, `reviews`
        and `conflicts`, as the contracts of these names.
    reasons
        Rule to its reason in words.

    Returns
    -------
    dict
        `first`: what to do first; `files`; `centres`, each with its fields; `numbers`
        and `dates` with the evidence, and of those `odd` that stand out; `people`: who
        is one person, and of whom that must be asked; `conflicts`.
    """
    numbers = _numbers(tables["distributions"])
    dates = [
        {**row, "field": f"{row['table']}.{row['field']}"}
        for row in tables["spans"].sort("table", "field", "centre").to_dicts()
    ]
    odd = [row for row in [*numbers, *dates] if row["verdict"]]
    return {
        "first": _places(tables["places"], reasons),
        "files": _files(tables["ledger"], tables["places"], reasons),
        "centres": _centres(tables["quality"]),
        "numbers": numbers,
        "dates": dates,
        "odd": odd,
        "people": _people(tables["persons"], tables["reviews"]),
        "conflicts": _conflicts(tables["conflicts"]),
    }


def select_lists(tables: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Give what the page tells as tables that a spreadsheet opens.

    Parameters
    ----------
    tables
        As of `describe_quality`.

    Returns
    -------
    dict
        Name of a list to its rows. Who a row is of is told by its place alone.
    """
    each_row = tables["conflicts"].with_row_index("conflict").explode("files", "rows")
    return {
        "faults": tables["places"].with_columns(
            pl.col("rows").list.eval(pl.element().cast(pl.String)).list.join(" ")
        ),
        "files": tables["ledger"],
        "fields": tables["quality"],
        "numbers": tables["distributions"],
        "dates": tables["spans"],
        "people": tables["reviews"].drop("patient_id", "other_id", "same"),
        "conflicts": each_row.rename({"files": "file", "rows": "row"}),
    }


def rows_in_words(rows: Sequence[int], n_rows: int) -> str:
    """Name rows, those that follow one another as a span.

    >>> rows_in_words([2, 3, 4, 9], 4), rows_in_words([2, 4], 7)
    ('2–4, 9', '2, 4, and 5 more')
    """
    spans: list[list[int]] = []
    for row in rows:
        if spans and row == spans[-1][1] + 1:
            spans[-1][1] = row
        else:
            spans.append([row, row])
    shown = [f"{a}" if a == b else f"{a}–{b}" for a, b in spans]
    more = n_rows - len(rows)
    return ", ".join([*shown, *([f"and {more:,} more"] if more else [])])


def _places(
    places: pl.DataFrame, reasons: Mapping[str, str]
) -> list[dict[str, str | int]]:
    return [
        {
            "kind": row["kind"],
            "effect": KINDS[row["kind"]],
            "file": row["file"],
            "sheet": row["sheet"] or "–",
            "column": row["column"] or "–",
            "what": _what(row, reasons),
            "n_rows": row["n_rows"],
            "rows": rows_in_words(row["rows"], row["n_rows"]) or "the whole file",
        }
        for row in places.iter_rows(named=True)
    ]


def _what(row: Mapping[str, Any], reasons: Mapping[str, str]) -> str:
    """Say what is wrong; of what ends the run also why, and what to do."""
    reason = reasons.get(row["rule"], str(row["rule"]))
    ends = row["kind"] == "fault" and row["what"]
    return f"{reason}: {row['what']}" if ends else reason


def _files(
    ledger: pl.DataFrame, places: pl.DataFrame, reasons: Mapping[str, str]
) -> list[dict[str, Any]]:
    """List the files, with the reasons of the rows set aside."""
    rules = places.filter(kind="set_aside").select("file", "rule").unique()
    aside: dict[str, list[str]] = {}
    for file, rule in rules.sort("file", "rule").iter_rows():
        aside.setdefault(file, []).append(reasons.get(rule, rule))
    return [
        {
            **row,
            "reasons": "; ".join(aside.get(row["file"], []))
            if row["n_quarantined"]
            else "–",
        }
        for row in ledger.sort("centre", "table", "file").to_dicts()
    ]


def _people(persons: pl.DataFrame, reviews: pl.DataFrame) -> dict[str, Any]:
    """Count who is one person, by which rule, and list the pairs to look at."""
    second = persons.filter(~pl.col("survivor"))
    counts = second.group_by("rule").len().sort("rule").iter_rows()
    return {
        "n": persons.height,
        "n_persons": persons["person"].n_unique(),
        "rules": [{"rule": LINKED[rule], "n": n} for rule, n in counts],
        "pairs": [
            {**row, "why": REVIEWED[row["rule"]]}
            for row in reviews.sort("file", "row", "other_file", "other_row").to_dicts()
        ],
    }


def _conflicts(conflicts: pl.DataFrame) -> list[dict[str, str]]:
    """List what rows of one person tell differently, by the place of each."""
    return [
        {
            "field": f"{row['table']}.{row['field']}",
            "places": "; ".join(
                f"{file}, row {place}"
                for file, place in zip(row["files"], row["rows"], strict=True)
            ),
            "settled": row["settled"],
        }
        for row in conflicts.sort("table", "field").to_dicts()
    ]


def _centres(quality: pl.DataFrame) -> list[dict[str, Any]]:
    """List the fields of each centre, with the sums of its cells."""
    return [
        {"name": str(name), "fields": _fields(part), **_sums(part)}
        for (name,), part in quality.sort("centre").group_by(
            ["centre"], maintain_order=True
        )
    ]


def _sums(quality: pl.DataFrame) -> dict[str, int]:
    outcomes = quality.filter(pl.col("what") == "outcome")
    return {name: int(outcomes.filter(name=name)["n_cells"].sum()) for name in OUTCOMES}


def _fields(quality: pl.DataFrame) -> list[dict[str, Any]]:
    keys = ["table", "field", "file", "sheet"]
    found = []
    for _, part in quality.sort(keys).group_by(keys, maintain_order=True):
        first, sums = part.row(0, named=True), _sums(part)
        read = sum(sums.values())
        flags = part.filter(pl.col("what") == "flag").sort("name").to_dicts()
        found.append(
            {
                "field": f"{first['table']}.{first['field']}",
                "file": " ".join([first["file"], first["sheet"]]).strip(),
                "read": read,
                **sums,
                "share": round(100 * sums["missing"] / read) if read else 0,
                "flags": "; ".join(
                    f"{FLAGGED[each['name']]} ({each['n_cells']:,})" for each in flags
                )
                or "–",
            }
        )
    return found


def _numbers(distributions: pl.DataFrame) -> list[dict[str, Any]]:
    """List the distributions, each with its place on a scale of its field's own."""
    found = []
    keys = ["table", "field"]
    for _, part in distributions.sort(*keys, "centre").group_by(
        keys, maintain_order=True
    ):
        rows = part.to_dicts()
        low, high = _ends(rows)
        for row in rows:
            found.append(
                {
                    **row,
                    "field": f"{row['table']}.{row['field']}",
                    "first": row is rows[0],
                    "centres": len(rows),
                    "box": [
                        _position(row[end], low, high)
                        for end in ("lower", "median", "upper")
                    ],
                    "z": "–" if row["z"] is None else f"{row['z']:+.1f}",
                    **{x: shown(row[x]) for x in ("lower", "median", "upper")},
                }
            )
    return found


def _ends(rows: Iterable[Mapping[str, Any]]) -> tuple[float, float]:
    positive = [
        row[end] for row in rows for end in ("lower", "median", "upper") if row[end] > 0
    ]
    return (log(min(positive)), log(max(positive))) if positive else (0.0, 0.0)


def _position(value: float, low: float, high: float) -> float:
    """Give the place of a value on a scale of logarithms, in hundredths."""
    if value <= 0 or high <= low:
        return 0.0 if value <= 0 else 50.0
    return round(100 * (log(value) - low) / (high - low), 1)


def shown(value: float) -> str:
    """Write a value with three digits, and no more decimals than it needs.

    >>> shown(0.61234), shown(34.26), shown(120345.0), shown(5.0)
    ('0.612', '34.3', '120,345', '5')
    """
    decimals = max(0, 3 - len(f"{abs(value):.0f}")) if abs(value) >= 1 else 3
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
