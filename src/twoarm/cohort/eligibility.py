"""Conditions of eligibility, asked of the row of time zero."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from twoarm.expressions import add_answers, columns_of

Condition = Mapping[str, Any]


def meets(condition: Condition) -> pl.Expr:
    """Tell whether a row meets a condition; null where that is not known.

    Parameters
    ----------
    condition
        With `name`, and one of `where` (answered by `derive_eligible`), `one_of` (codes
        in canonical form), or `at_least` and `at_most`, which both stay.
    """
    column = pl.col(f"eligible_{condition['name']}")
    if condition["where"] is not None:
        return column
    if condition["one_of"] is not None:
        return column.cast(pl.String).is_in(condition["one_of"])
    low, high = condition["at_least"], condition["at_most"]
    keep = (column >= low) if low is not None else pl.lit(value=True)
    return keep & ((column <= high) if high is not None else column.is_not_null())


def derive_eligible(
    rows: pl.DataFrame, conditions: Sequence[Condition]
) -> pl.DataFrame:
    """Add `eligible_<name>`: the answer of each condition that is an expression.

    Parameters
    ----------
    rows
        Rows of a file, which hold what a condition `x` asks of its column `a` under the
        name `eligible_x:a`.
    conditions
        As in `meets`.
    """
    for condition in conditions:
        if condition["where"] is not None:
            name = f"eligible_{condition['name']}"
            held = {f"{name}:{each}": each for each in columns_of(condition["where"])}
            asked = rows.select(pl.col(*held).name.map(held.__getitem__))
            answers = add_answers(asked, {name: condition["where"]})
            rows = rows.drop(*held).with_columns(answers[name])
    return rows


def derive_eligible_at_zero(
    candidates: pl.DataFrame, conditions: Sequence[Condition]
) -> pl.DataFrame:
    """Add `eligible_<name>` to candidates of exports.

    The levels no and yes are a flag to an expression, and stay text to `one_of`; a
    number is a code in its shortest form.

    Parameters
    ----------
    candidates
        One row a patient, as known at time zero.
    conditions
        As in `meets`; their columns are those of the candidates.
    """
    flags = pl.selectors.by_dtype(pl.Enum(["no", "yes"]))
    asked = candidates.with_columns(flags.cast(pl.String) == "yes")
    for condition in conditions:
        name = f"eligible_{condition['name']}"
        if condition["where"] is not None:
            answer = add_answers(asked, {name: condition["where"]})[name]
        else:
            answer = candidates[condition["column"]].alias(name)
            if condition["one_of"] is not None and answer.dtype.is_float():
                answer = answer.map_elements("{:g}".format, pl.String)
        candidates = candidates.with_columns(answer)
    return candidates
