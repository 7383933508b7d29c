import polars as pl
import pytest

from twoarm.flags import BITS, TYPE
from twoarm.simulation.scoring import assess_cells
from twoarm.tables.simulation import AnswerKey

ROWS = [
    # row, field, kind, truth, outcome, rule, flags, value
    (2, "albumin_g_l", "clean", "38.0", "used", None, 0, 38.0),
    (3, "albumin_g_l", "clean", "38.0", "used", None, 0, 39.0),
    (4, "albumin_g_l", "decimal", None, "withheld", "range_hard", 0, None),
    (5, "albumin_g_l", "decimal", None, "used", None, 0, 55.0),
    (6, "albumin_g_l", "clean", "38.0", "withheld", "range_hard", 0, None),
    (7, "albumin_g_l", "unit", "34.208", "used", None, BITS["unit_converted"], 34.208),
    (8, "albumin_g_l", "comparator", "60.0", "used", None, BITS["comparator"], 60.0),
    (9, "albumin_g_l", "comparator", "60.0", "used", None, BITS["comparator"], 61.0),
    (10, "albumin_g_l", "missing_code", None, "missing", None, 0, None),
    (11, "albumin_g_l", "order", None, "used", None, 0, 38.0),
]
SCORED = ["row", "field", "kind", "truth", "outcome", "rule", "flags", "value"]


@pytest.fixture
def rows():
    place = {"file": pl.lit("a/labs.csv"), "sheet": pl.lit(None, pl.String)}
    return pl.DataFrame(ROWS, schema=SCORED, orient="row").with_columns(
        **place, column=pl.lit("ALB"), raw=pl.lit("?"), table=pl.lit("labs")
    )


def score(rows):
    """Counts and shares by kind, of rows of cells with what was made of them."""
    key = rows.with_columns(field=pl.concat_str("table", "field", separator="."))
    records = rows.select(
        source_file="file", source_row="row", albumin_g_l=pl.col("value")
    )
    scores = assess_cells(
        AnswerKey.check(key.select(AnswerKey.column_names())),
        rows.with_columns(pl.col("flags").cast(TYPE)),
        {"labs": records},
    )
    return {row["kind"]: row for row in scores.iter_rows(named=True)}


def test_scores_count_what_became_of_each_kind(rows):
    scores = score(rows)

    counts = {kind: (x["n"], x["n_right"], x["n_silent"]) for kind, x in scores.items()}
    assert counts == {
        "clean": (3, 1, 1),
        "decimal": (2, 1, 1),
        "unit": (1, 1, 0),
        "comparator": (2, 1, 0),
        "missing_code": (1, 1, 0),
    }
    assert scores["decimal"]["recall"] == scores["decimal"]["precision"] == 0.5
    assert scores["comparator"]["precision"] == 1
    assert scores["clean"]["precision"] is None


def test_cells_that_were_not_read_do_not_count(rows):
    assert set(score(rows.filter(pl.col("row") < 4))) == {"clean"}
