"""The rule link_patients: each row is used, set aside, or told by another."""

import datetime as dt
import importlib.util
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twoarm.dictionary import EXPORTS
from twoarm.errors import InputError
from twoarm.flags import BITS
from twoarm.harmonisation.cells import set_marks
from twoarm.harmonisation.fields import nothing_made
from twoarm.harmonisation.persons import link_records
from twoarm.harmonisation.reviews import read_answers
from twoarm.tables.harmonisation import (
    Cells,
    Conflicts,
    Ledger,
    Marks,
    Persons,
    Records,
    Reviews,
)  # fmt: skip
from twoarm.tables.ingestion import Faults

ROOT = Path(__file__).parents[2]
START = dt.date(2020, 1, 1)
REASONS = {"order_violation": "Dates out of order"}
NOTHING_PARTIAL = Cells.of([])
NO_ANSWER = read_answers([])


def day(number):
    return None if number is None else START + dt.timedelta(number)


def frame(table, rows):
    """Records of a table: each row is its file's letter, patient, and values."""
    empty = nothing_made(table).with_columns(centre=pl.lit(None, pl.String))
    told = [
        {"source_file": f"{who[0]}/{table}.csv", "source_row": place, "centre": who[0],
         "patient_id": who} | values
        for place, (who, values) in enumerate(rows, start=2)
    ]  # fmt: skip
    return pl.DataFrame(told, schema=empty.schema)


def records(**rows):
    return {table: frame(table, rows.get(table, [])) for table in EXPORTS}


def ledger_of(tables):
    entries = []
    for table, rows in tables.items():
        for (file, centre), part in rows.group_by("source_file", "centre"):
            n = part["source_row"].n_unique()
            entries.append(
                {"centre": centre, "table": table, "file": file, "n_read": n,
                 "n_used": n, "n_quarantined": 0, "n_merged": 0, "n_elsewhere": 0}
            )  # fmt: skip
    return Ledger.of(entries)


def linked(tables, *, partial=NOTHING_PARTIAL, answers=NO_ANSWER, **how):
    kept = {}
    how = {"data_cut": None, "reasons": REASONS, "hand_on": kept.__setitem__} | how
    told = {table: rows.lazy() for table, rows in tables.items()}
    found = link_records(told, ledger_of(tables), partial, answers, **how)
    return SimpleNamespace(tables=kept, **found._asdict())


def patient(who, dosed=0, **values):
    known = {"sex": "male", "birth_date": day(-20_000), "first_dose_date": day(dosed)}
    return who, known | values


def follow_up(who, last, **dates):
    return who, {"last_contact_date": day(last)} | {
        name: day(number) for name, number in dates.items()
    }


def test_who_is_operated_elsewhere_is_followed_from_the_first_centre():
    tables = records(
        patients=[patient("a:1", national_id="x"), patient("b:9", 9, national_id="x")],
        surgeries=[("b:9", {"surgery_date": day(90)})],
        follow_ups=[follow_up("a:1", 90), follow_up("b:9", 500, death_date=500)],
    )
    found = linked(tables)

    assert found.tables["patients"]["patient_id"].to_list() == ["a:1"]
    surgery = found.tables["surgeries"].select("patient_id", "centre")
    assert surgery.rows() == [("a:1", "b")]
    (last,) = found.tables["follow_ups"].to_dicts()
    assert (last["last_contact_date"], last["death_date"]) == (day(500), day(500))
    counts = found.ledger.filter(table="patients").select("n_used", "n_merged")
    assert sorted(counts.rows()) == [(0, 1), (1, 0)]


def test_rows_out_of_order_are_set_aside_and_bound_nothing():
    tables = records(
        patients=[patient("a:1")],
        assessments=[("a:1", {"exam_date": day(50)})],
        follow_ups=[
            follow_up("a:1", 200, death_date=-900), follow_up("a:1", 200),
        ],
    )  # fmt: skip
    found = linked(tables)

    assert found.tables["assessments"].height == 1
    assert found.tables["follow_ups"]["death_date"].to_list() == [None]
    assert found.quarantine.select("source_row", "rule").rows() == [
        (2, "order_violation")
    ]
    assert set(found.faults["column"]) == {"death_date", "last_contact_date"}


def test_an_order_that_no_rule_sets_aside_ends_the_run_and_keeps_its_row():
    tables = records(
        patients=[patient("a:1")], follow_ups=[follow_up("a:1", 200, death_date=-900)]
    )
    found = linked(tables, reasons={})
    assert found.quarantine.is_empty()
    assert found.tables["follow_ups"].height == 1
    assert found.faults.height == 2


def test_nobody_is_seen_after_the_data_cut():
    tables = records(patients=[patient("a:1")], follow_ups=[follow_up("a:1", 32)])
    assert linked(tables, data_cut=day(32).isoformat()).faults.is_empty()
    (fault,) = linked(tables, data_cut=day(31).isoformat()).faults.to_dicts()
    assert "last_contact_date lies after data_cut" in fault["what"]


def month_of(field, table="follow_ups", row=2):
    """A cell of a date that is known to its month or year."""
    told = {"file": f"a/{table}.csv", "row": row, "column": field, "table": table}
    return Cells.of(
        [{**told, "field": field, "outcome": "used", "flags": BITS["date_partial"]}]
    )


@pytest.mark.parametrize(
    ("death", "last", "found"),
    [
        # Of March alone, seen on the 20th; before that the middle stands.
        (dt.date(2021, 3, 15), dt.date(2021, 3, 20), dt.date(2021, 3, 20)),
        (dt.date(2021, 3, 15), dt.date(2021, 3, 2), dt.date(2021, 3, 15)),
        # Of the year alone.
        (dt.date(2021, 7, 1), dt.date(2021, 9, 9), dt.date(2021, 9, 9)),
        # Seen after that month: that cannot be.
        (dt.date(2021, 3, 15), dt.date(2021, 4, 1), None),
    ],
)
def test_a_death_known_by_month_is_no_earlier_than_the_last_contact(death, last, found):
    told = {"last_contact_date": last, "death_date": death}
    tables = records(patients=[patient("a:1")], follow_ups=[("a:1", told)])
    result = linked(tables, partial=month_of("death_date"))
    assert result.tables["follow_ups"]["death_date"].to_list() == (
        [found] if found else []
    )
    assert result.quarantine.height == (found is None)


def test_a_month_breaks_no_order_that_one_of_its_days_keeps():
    told = patient("a:1", 9, diagnosis_date=day(14))
    tables = records(patients=[told])
    partial = month_of("diagnosis_date", "patients")
    assert linked(tables, partial=partial).quarantine.is_empty()
    assert linked(tables).quarantine.height == 1


ALIKE = {
    "patients": [patient("a:1"), patient("b:9", 9)],
    "labs": [
        (who, {"sample_date": day(-1), "afp_ng_ml": 100.0}) for who in ("a:1", "b:9")
    ],
}


def test_pairs_alike_are_asked_about_once_until_somebody_answers(tmp_path):
    asked = linked(records(**ALIKE))
    assert asked.persons["person"].n_unique() == 2
    (pair,) = asked.reviews.to_dicts()
    assert (pair["other_file"], pair["other_row"]) == ("b/patients.csv", 3)

    form = tmp_path / "reviews.csv"
    for said, n in (("yes", 1), ("否", 2)):
        asked.reviews.with_columns(same=pl.lit(said)).write_csv(form)
        answered = linked(records(**ALIKE), answers=read_answers([form]))
        assert answered.persons["person"].n_unique() == n
        assert answered.reviews.is_empty()
        assert answered.faults.is_empty()
    assert answered.persons["rule"].null_count() == 2


@pytest.mark.parametrize(
    ("ids", "same", "rule"),
    [(("x", "y"), True, "ids_differ"), (("x", "x"), False, "linked_by_rule")],
)
def test_an_answer_that_the_ids_deny_ends_the_run(ids, same, rule):
    people = [patient("a:1", national_id=ids[0]), patient("b:9", national_id=ids[1])]
    answers = pl.DataFrame({"patient_id": ["b:9"], "other_id": ["a:1"], "same": [same]})
    found = linked(records(patients=people), answers=answers)
    assert found.faults["rule"].to_list() == [rule]
    assert found.persons["person"].n_unique() == len(set(ids))


def test_an_answer_about_nobody_ends_the_run_and_names_no_one():
    answers = pl.DataFrame({"patient_id": ["z:1"], "other_id": ["a:1"], "same": [True]})
    (fault,) = linked(
        records(patients=[patient("a:1")]), answers=answers
    ).faults.to_dicts()
    assert fault["rule"] == "patient_unknown"
    assert "z:1" not in fault["what"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("patient_id,same\na:1,yes\n", "no column other_id"),
        ("patient_id,other_id,same\na:1,b:1,maybe\na:1,,no\n",
         "line 2: same is neither yes nor no; line 3: a patient is not named"),
        ("patient_id,other_id,same\na:1,b:1,yes\nb:1,a:1,no\n",
         "line 2: the pair has two answers; line 3: the pair has two answers"),
    ],
)  # fmt: skip
def test_answers_that_cannot_be_are_told_all_at_once(text, told, tmp_path):
    path = tmp_path / "answers.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError, match="linkage") as error:
        read_answers([path])
    assert told in str(error.value)
    assert "a:1" not in str(error.value)


def test_answers_in_another_encoding_are_told(tmp_path):
    path = tmp_path / "answers.csv"
    path.write_bytes("patient_id,other_id,same\na,b,是\n".encode("gb18030"))
    with pytest.raises(InputError, match="UTF-8"):
        read_answers([path])


def test_marks_have_one_order():
    told = [patient(f"{c}:{k}", national_id=f"x{k}") for c in "ab" for k in range(300)]
    first, *others = (linked(records(patients=told)).marks for _ in range(3))
    assert first.height == 300
    assert all(first.equals(other) for other in others)


def test_marks_reach_the_cells():
    tables = records(
        patients=[
            patient("a:1", national_id="x"),
            patient("b:9", 9, national_id="x", sex="female"),
        ],
        follow_ups=[follow_up("a:1", 200, death_date=-900)],
    )
    marks = linked(tables).marks
    cells = Cells.of(
        [
            {"file": f"{file}.csv", "row": row, "column": field, "table": table,
             "field": field, "outcome": outcome, "flags": 1}
            for file, row, table, field, outcome in [
                ("a/patients", 2, "patients", "sex", "used"),
                ("b/patients", 3, "patients", "sex", "used"),
                ("b/patients", 3, "patients", "hbv", "missing"),
                ("a/follow_ups", 2, "follow_ups", "death_date", "used"),
                ("a/follow_ups", 2, "follow_ups", "progression_date", "missing"),
                ("a/labs", 2, "labs", "inr", "used"),
            ]
        ]
    )  # fmt: skip
    merged, clash, order = (
        BITS[name] for name in ("dup_merged", "source_conflict", "order_violation")
    )
    place = ["file", "row", "field"]
    marked = cells.select(place).join(
        set_marks(cells.lazy(), marks).collect(),
        on=place,
        how="left",
        maintain_order="left",
    )
    assert marked.select("outcome", "flags").rows() == [
        ("used", 1 | clash),
        ("used", 1 | clash | merged),
        ("missing", 1),
        ("set_aside", 1 | order),
        ("set_aside", 1),
        ("used", 1),
    ]


who = st.sampled_from(["a:1", "a:2", "b:1", "b:2"])


@settings(max_examples=40)
@given(
    people=st.lists(
        st.tuples(who, st.sampled_from([None, "x", "y"]), st.integers(0, 3)), max_size=6
    ),
    last=st.lists(
        st.tuples(who, st.integers(-5, 9), st.integers(-5, 9) | st.none()), max_size=6
    ),
    labs=st.lists(
        st.tuples(who, st.integers(0, 2), st.sampled_from([None, 1.0, 2.0])), max_size=6
    ),
)
def test_no_row_is_lost(people, last, labs):
    tables = records(
        patients=[patient(each, dosed, national_id=i) for each, i, dosed in people],
        follow_ups=[follow_up(each, a, death_date=b) for each, a, b in last],
        labs=[(each, {"sample_date": day(d), "inr": value}) for each, d, value in labs],
    )
    found = linked(tables)

    lost = pl.sum_horizontal("n_used", "n_quarantined", "n_merged")
    assert found.ledger.filter(pl.col("n_read") != lost).is_empty()
    for table in ("patients", "follow_ups", "labs"):
        used = int(found.ledger.filter(table=table)["n_used"].sum())
        assert found.tables[table].height == used
    assert found.tables["patients"]["patient_id"].is_unique().all()
    gone = found.ledger["n_quarantined"].sum()
    assert found.quarantine.height == gone


def test_the_script_writes_what_the_library_finds(tmp_path):
    path = ROOT / "workflow/scripts/harmonisation/link_patients.py"
    spec = importlib.util.spec_from_file_location("link_patients_script", path)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    tables = records(**ALIKE)
    for table, rows in tables.items():
        (tmp_path / "in").mkdir(exist_ok=True)
        Records.write(rows, tmp_path / f"in/{table}.parquet")
    Ledger.write(ledger_of(tables), tmp_path / "ledger_in.parquet")
    Cells.write(NOTHING_PARTIAL, tmp_path / "cells.parquet")
    contracts = {"persons": Persons, "reviews": Reviews, "conflicts": Conflicts,
                 "faults": Faults, "ledger": Ledger, "marks": Marks}  # fmt: skip
    out = {
        name: str(tmp_path / f"{name}.parquet") for name in (*contracts, "quarantine")
    }
    script.main(
        [str(tmp_path / f"in/{table}.parquet") for table in tables],
        [str(tmp_path / "ledger_in.parquet")],
        [str(tmp_path / "cells.parquet")],
        [],
        [str(tmp_path / f"{table}.parquet") for table in tables],
        form=str(tmp_path / "reviews.csv"),
        **out,
        tables=list(tables),
        data_cut=None,
        reasons=REASONS,
    )
    found = linked(tables)
    for name, contract in contracts.items():
        written = contract.read(out[name])
        assert written.height == getattr(found, name).height
    assert "a:1,b:9,alike" in (tmp_path / "reviews.csv").read_text("utf-8")
    assert Records.read(tmp_path / "labs.parquet").height == 2
