"""The flow of patients in words: the numbers beside its picture."""

import polars as pl

from twoarm.words import count_in_words


def flow_in_words(attrition: pl.DataFrame, minimum_count: int) -> list[dict[str, str]]:
    """Put the steps of the flow in words.

    Parameters
    ----------
    attrition
        As the contract Attrition, small steps joined.
    """
    counts = ("n_before", "n_excluded", "n_after")
    return [
        {
            "reason": row["reason"],
            **{name: count_in_words(row[name], minimum_count) for name in counts},
        }
        for row in attrition.sort("step").iter_rows(named=True)
    ]
