"""Every score by its worked examples, and every null by its reason."""

import polars as pl
import pytest

from twoarm.scores.catalogue import list_scores

SCORES = list_scores()


def rows_of(score, rows):
    """Rows of the inputs in their order, as columns of the types they have."""
    schema = {name: quantity.dtype for name, quantity in score.inputs.items()}
    return pl.DataFrame(rows, schema=schema, orient="row", strict=False)


def value_of(score, row):
    """The score of one row, and why it is null."""
    return rows_of(score, [row]).select(score(), score.why_missing()).row(0)


EXAMPLES = [
    pytest.param(score, example, id=f"{score.name}-{place}")
    for score in SCORES.values()
    for place, example in enumerate(score.examples)
]


@pytest.mark.parametrize(("score", "example"), EXAMPLES)
def test_worked_example(score, example):
    *row, told = example

    value, why = value_of(score, row)

    assert why is None
    if isinstance(told, float):
        decimals = len(str(told).split(".")[1])
        assert round(value, decimals) == pytest.approx(told, abs=1e-12)
    else:
        assert value == told
