"""Of events that another may forestall, or that never come, in words."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from twoarm.words import estimate_in_words, p_in_words

SHARES = {
    "cure_fraction": "Mixture model",
    "cure_plateau": "End of the curve",
    "cure_fraction_shared": "Mixture model, one curve of the uncured",
}


def subdistributions_of(
    effects: pl.DataFrame, *, endpoint: str, designs: Mapping[str, str]
) -> list[dict[str, str]]:
    """Put what competes in words, a design a row; nothing where nothing competes.

    Parameters
    ----------
    effects
        As the contract Effects, small counts hidden.
    designs
        Name to label.
    """
    part = effects.filter(endpoint=endpoint, term="treated")
    rows = []
    for design, label in designs.items():
        found = {row["measure"]: row for row in part.filter(design=design).to_dicts()}
        ratio = found.get("subdistribution_hazard_ratio")
        if ratio is None:
            continue
        gray = found.get("gray", {"p_value": None})
        rows.append(
            {
                "design": label,
                "ratio": estimate_in_words(ratio),
                "p": p_in_words(ratio["p_value"]).removeprefix("= "),
                "gray": p_in_words(gray["p_value"]).removeprefix("= "),
                "why": _why(ratio),
            }
        )
    return rows


def cures_of(
    effects: pl.DataFrame, *, endpoint: str, designs: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Put the cured shares in words, a design, method and arm a row, in percent.

    Parameters
    ----------
    effects
        As the contract Effects, small counts hidden.
    designs
        Name to label.
    """
    shown = effects.filter(
        pl.col("measure").is_in(list(SHARES)), endpoint=endpoint
    ).with_columns(pl.col("estimate", "conf_low", "conf_high") * 100)
    return [
        {
            "design": label,
            "how": SHARES[row["measure"]],
            "arm": row["term"],
            "share": estimate_in_words(row, 1),
            "why": _why(row),
        }
        for design, label in designs.items()
        for row in shown.filter(design=design).iter_rows(named=True)
    ]


def _why(row: Mapping[str, Any]) -> str:
    """Say why there is no estimate; the verdicts on the design stand elsewhere."""
    return "" if row["estimate"] is not None else str(row["method"]).split(";")[0]
