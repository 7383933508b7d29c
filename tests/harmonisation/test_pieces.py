"""Tables in pieces: what is made of them is what is made of the whole."""

import random
from dataclasses import asdict, replace

import polars as pl
import pytest

from twoarm.config.cohort import RULES, WITHHELD
from twoarm.dictionary import EXPORTS, Field
from twoarm.harmonisation import centre
from twoarm.harmonisation.centre import harmonise_table_files, join_pieces
from twoarm.ingestion.parts import label_parts
from twoarm.tables.ingestion import Faults, Files
from twoarm.units import factors_of

COLUMNS = {
    "labs": {"patient_id": "id", "sample_date": "day"},
    "treatments": {"patient_id": "id", "start_date": "day", "drug_class": "drug"},
}
REASONS = ("patient_absent", "date_absent", "date_unreadable")


def form_of(table, repeats=({},)):
    """A file of a table: the columns of every repeat, and those of one."""
    fields = []
    for own in repeats:
        named = COLUMNS[table] | own
        fields.append(
            [
                asdict(replace(each, column=named.get(each.name, ""), plain=False,
                               factors=factors_of(each.name)))
                for each in EXPORTS[table]
            ]
        )  # fmt: skip
    return {
        "repeats": fields,
        "missing": ["", "NA"],
        "withhold": list(WITHHELD),
        "only_with": None,
        "prefix": "a:",
        "reasons": {rule: RULES[rule] for rule in REASONS},
    }


def harmonise(table, forms, parts, size):
    """Harmonise the files of a table, some rows at a time."""
    cut = [
        [rows[at : at + size] for at in range(0, max(rows.height, 1), size)]
        for rows in parts
    ]
    told = [
        {"table": table, "part": part, "file": f"f{part}.csv", "n_read": rows.height}
        for part, rows in enumerate(parts, start=1)
    ]
    given = (forms, Files.of(told), Faults.of([]), table)
    return list(harmonise_table_files(label_parts(cut), *given))


def rows_of(columns, cells):
    text = pl.DataFrame(cells, schema=dict.fromkeys(columns, pl.String), orient="row")
    return text.select(pl.int_range(2, pl.len() + 2).alias("source_row"), pl.all())


IDS = ("1", "2", "", "3")
DAYS = ("2021-03-05", "2021年3月", "x", "NA", "44260")
VALUES = ("1.5", "<0.2", "17 umol/L", "high", "", "9999")
DRUGS = ("lenvatinib", "仑伐替尼+信迪利单抗", "x", "NA")
WIDE = [{"bilirubin_umol_l": "one"}, {"bilirubin_umol_l": "two"}]


def hold_together(table, forms, parts, size):
    """Hold what is made of pieces to what is made of the whole."""
    (whole,) = harmonise(table, forms, parts, 99)
    with pytest.MonkeyPatch().context() as patch:
        patch.setattr(centre, "PIECE_ROWS", 0)
        pieces = harmonise(table, forms, parts, size)

    assert all(each.records.schema == whole.records.schema for each in pieces)
    for told, held in zip(join_pieces(pieces), whole, strict=True):
        assert told.equals(held)
    return len(pieces)


def test_files_with_repeats_in_pieces_are_the_whole():
    size = 3
    draw = random.Random(size).choice
    names = ["id", "day", "one", "two"]
    first, second = (
        rows_of(names, [tuple(map(draw, (IDS, DAYS, VALUES, VALUES))) for _ in rows])
        for rows in (range(7), range(6))
    )
    forms = [form_of("labs", WIDE), form_of("labs", [{"albumin_g_l": "one"}])]

    # Behind the last piece of a file its ledger comes.
    n_pieces = -(-7 // size) + -(-6 // size) + 2
    assert hold_together("labs", forms, [first, second], size) == n_pieces


def test_drugs_and_files_without_them_in_pieces_are_the_whole():
    draw = random.Random(1).choice
    rows = [tuple(map(draw, (IDS, DAYS, DRUGS))) for _ in range(7)]
    parts = [
        rows_of(["id", "day"], [("1", "2021-03-05")]),
        rows_of(["id", "day", "drug"], rows),
        rows_of(["id", "day", "drug"], []),
    ]
    undrugged = form_of("treatments", [{"drug_class": ""}])
    forms = [undrugged, form_of("treatments"), form_of("treatments")]

    assert hold_together("treatments", forms, parts, 3) == 1 + 3 + 1 + 3


def test_levels_that_nobody_states_are_those_of_all_rows(monkeypatch):
    monkeypatch.setattr(centre, "PIECE_ROWS", 0)
    rows = rows_of(["id", "stage"], [("1", "b"), ("2", "a"), ("3", "c")])
    fields = [Field("patient_id", "text", "id"), Field("stage", "code", "stage")]
    form = form_of("labs") | {"repeats": [[asdict(field) for field in fields]]}

    (found,) = harmonise("labs", [form], [rows], 1)

    assert found.records.schema["stage"] == pl.Enum(["a", "b", "c"])


def test_a_column_that_a_file_lacks_is_told_once(monkeypatch):
    monkeypatch.setattr(centre, "PIECE_ROWS", 0)
    rows = rows_of(["id"], [("1",), ("2",), ("3",)])

    found = join_pieces(harmonise("labs", [form_of("labs")], [rows], 1))

    assert found.faults["column"].to_list() == ["day"]
    assert found.ledger.is_empty()
