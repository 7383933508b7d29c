"""The tables as the dictionary has them, without any of a hospital's ways."""

from typing import Any

import polars as pl

from twoarm.dictionary import EXPORTS, MAY_LACK, Field
from twoarm.units import FACTORS

TABLES = tuple(name for name in EXPORTS if name not in MAY_LACK)
"""Tables that are written; the sizes of lesions come as their sums."""


def write_plain(rows: pl.DataFrame) -> pl.DataFrame:
    """Write rows of a table as text: ISO dates, `true` and `false`, "" for unknown.

    Parameters
    ----------
    rows
        Rows of one table at one centre; `centre` is left out.
    """
    return rows.select(pl.exclude("centre").cast(pl.String).fill_null(""))


def derive_codebook(centre: str) -> dict[str, Any]:
    """Make the codebook that reads what `write_plain` writes.

    Each table is in a file named by its centre and its own name, as `a_labs.csv`.
    """
    tables = {
        name: {
            "path": f"{centre}_{name}.csv",
            "fields": {
                field.name: _map(field)
                for field in EXPORTS[name]
                if field.name not in LACKING
            },
        }
        for name in TABLES
    }
    return {"centre": centre, "label": f"Centre {centre}", "tables": tables}


LACKING = ("prothrombin_s", "death_cause")
"""Fields that are not simulated."""


def _map(field: Field) -> dict[str, Any]:
    # The drug's name tells its class.
    column = "drug" if field.name == "drug_class" else field.name
    mapped: dict[str, Any] = {"column": column}
    if field.kind == "flag":
        mapped["codes"] = {"true": True, "false": False}
    if field.kind == "code":
        mapped["codes"] = {level: level for level in field.levels}
    units = [
        unit for unit, factor in FACTORS.get(field.name, {}).items() if factor == 1
    ]
    return mapped | ({"unit": units[0]} if units else {})
