import polars as pl
import pytest

from twoarm.cohort.attrition import derive_ledger
from twoarm.tables.cohort import Quarantine
from twoarm.tables.harmonisation import Ledger


def entry(table, file, n_read, n_quarantined=0, centre="a"):
    return {
        "centre": centre,
        "table": table,
        "file": file,
        "n_read": n_read,
        "n_used": n_read - n_quarantined,
        "n_quarantined": n_quarantined,
        "n_merged": 0,
        "n_elsewhere": 0,
    }


def aside(file, *rows):
    return [
        {"source_file": file, "source_row": row, "rule": "x", "reason": "X"}
        for row in rows
    ]


LEDGER = Ledger.of(
    [
        entry("patients", "a/book.xlsx", 10, 1),
        entry("labs", "a/book.xlsx", 30, 2),
        entry("patients", "b/patients.csv", 8, centre="b"),
    ]
)
BEFORE = aside("a/book.xlsx", 2, 3, 4)


def test_rows_that_the_cohort_set_aside_are_counted_at_the_index_table():
    after = [*BEFORE, *aside("a/book.xlsx", 7), *aside("b/patients.csv", 2, 5)]

    found = derive_ledger(
        LEDGER, Quarantine.of(BEFORE), Quarantine.of(after), table="patients"
    )

    assert Ledger.check(found)["n_quarantined"].to_list() == [2, 2, 2]
    assert found["n_used"].to_list() == [8, 28, 6]


@pytest.mark.parametrize("rows", [[], BEFORE])
def test_without_more_rows_set_aside_nothing_changes(rows):
    both = Quarantine.of(rows)

    assert derive_ledger(LEDGER, both, both, table="patients").equals(LEDGER)


def test_rule(script, tmp_path):
    after = [*BEFORE, *aside("b/patients.csv", 2)]
    paths = {name: tmp_path / f"{name}.parquet" for name in ("l", "b", "a", "out")}
    Ledger.write(LEDGER, paths["l"])
    Quarantine.write(Quarantine.of(BEFORE), paths["b"])
    Quarantine.write(Quarantine.of(after), paths["a"])

    script("cohort/derive_ledger").main(
        [paths["l"]], [paths["b"]], paths["a"], paths["out"], table="patients"
    )

    found = Ledger.read(paths["out"]).filter(pl.col("centre") == "b")
    assert found["n_used"].to_list() == [7]
