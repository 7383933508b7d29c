"""What a reader must know of clones, in words."""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from twoarm.words import number_in_words

FEW, LARGE = 0.3, 0.1
"""Effective share of clones at risk, and share of one clone, that are worth a word."""


def find_clone_doubts(
    clones: pl.DataFrame, *, designs: Mapping[str, str], endpoints: Mapping[str, str]
) -> Iterator[str]:
    """Say what weakens a cloned design, just after its grace period and later.

    Parameters
    ----------
    clones
        As the contract ClonesOverTime, small counts hidden.
    designs, endpoints
        Name to label.
    """
    for (design,), rows in clones.group_by("design", maintain_order=True):
        late: Any = rows["n_late"].max()
        if late:
            yield (
                f"{designs[str(design)]}: {late} treatments come after the grace "
                f"period of {rows['grace_days'][0]:g} days; its control strategy is "
                "not to be treated within it, which is not never."
            )
        for row in rows.filter(pl.col("days") == pl.col("grace_days")).iter_rows(
            named=True
        ):
            named = f"{designs[str(design)]}, {endpoints[row['endpoint']]}"
            if row["effective_n"] is None:
                continue
            if row["effective_n"] < FEW * row["n_at_risk"]:
                yield (
                    f"{named}: the {row['n_at_risk']:,} clones of “{row['arm']}” after "
                    f"the grace period are worth {row['effective_n']:.0f}."
                )
            if row["largest_share"] > LARGE:
                yield (
                    f"{named}: one clone of “{row['arm']}” has "
                    f"{100 * row['largest_share']:.0f} % of the weight after the "
                    "grace period."
                )


def truncation_rows(
    truncations: pl.DataFrame | None,
    *,
    designs: Mapping[str, str],
    endpoints: Mapping[str, str],
) -> list[dict[str, str]]:
    """Put in words what the limits to the weights of clones change; none without any.

    Parameters
    ----------
    truncations
        As the contract Truncations, what rests on few hidden.
    designs, endpoints
        Name to label.
    """
    if truncations is None:
        return []
    digits = {
        "hazard_ratio": 2,
        "rmst_difference": 1,
        "effective_n_treated": 0,
        "effective_n_control": 0,
        "largest_weight": 1,
    }
    return [
        {
            "endpoint": endpoints[row["endpoint"]],
            "design": designs[row["design"]],
            "limit": row["truncate"],
            **{
                name: "–" if row[name] is None else number_in_words(row[name], places)
                for name, places in digits.items()
            },
        }
        for row in truncations.iter_rows(named=True)
    ]
