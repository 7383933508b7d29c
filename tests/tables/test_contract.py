from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twoarm.tables.contract import OpenTable, Table, TableError, dy, whole
from twoarm.tables.propensity import Balance
from twoarm.tables.survival import Effects

NAN, INFINITY = float("nan"), float("inf")


class Visits(Table):
    """One row a patient and visit."""

    patient = dy.String(primary_key=True)
    visit = dy.Int64(primary_key=True, min=1)
    weight_kg = dy.Float64(min=0, max=400, nullable=True)
    on = dy.Date(nullable=True)


class People(OpenTable):
    """One row a patient, with what a study adds."""

    patient = dy.String(primary_key=True)
    treated = dy.Bool()


class Notes(Table):
    """Rows without a key, in the order they come."""

    note = dy.String(nullable=True)


def visits(*rows):
    return Visits.of(
        [
            dict(zip(("patient", "visit", "weight_kg", "on"), row, strict=False))
            for row in rows
        ]
    )


GOOD = visits(
    ("b", 2, 70.5), ("a", 1), ("b", 1, 0.0, date(2021, 3, 4)), ("a", 2, 400.0)
)


def refused(contract, frame):
    with pytest.raises(TableError) as error:
        contract.check(frame)
    return str(error.value)


def test_frame_that_keeps_the_contract_is_returned_in_its_columns():
    mixed = GOOD.select(
        "on", "visit", pl.lit("x").alias("extra"), "weight_kg", "patient"
    )

    assert Visits.check(mixed).equals(GOOD)


def test_of_rows_what_is_left_out_is_null():
    assert GOOD.row(1) == ("a", 1, None, None)
    assert Visits.of([]).schema == GOOD.schema


def test_broken_promises_are_told_together_by_column_and_count_never_by_value():
    message = refused(
        Visits,
        visits(
            ("SECRET", -778, 9.5),
            ("SECRET", 0, 991.25),
            (None, 7, 992.25),
            ("SECRET", 3, NAN),
        ),
    )

    for told in (
        "table Visits",
        "Column 'visit'",
        "'min' failed for 2 rows",
        "Column 'weight_kg'",
        "'max' failed for 3 rows",
        "'nan' failed for 1 rows",
        "Column 'patient'",
        "'nullability' failed for 1 rows",
    ):
        assert told in message
    for value in ("SECRET", "778", "991", "992", "9.5"):
        assert value not in message


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        (GOOD.drop("visit"), "1 missing columns for schema 'Visits': 'visit'"),
        (GOOD.cast({"visit": pl.Int32}), "'visit', got: Int32, expected: int64"),
        (GOOD.cast({"on": pl.String}), "'on', got: String, expected: date"),
    ],
)
def test_columns_that_are_missing_or_of_another_type_are_named(frame, told):
    message = refused(Visits, frame)

    assert told in message
    assert "Resolved plan" not in message
    assert "2021" not in message


@pytest.mark.parametrize("value", [NAN, INFINITY])
def test_not_a_number_is_refused(value):
    assert "Column 'weight_kg'" in refused(Visits, visits(("a", 1, value)))


def test_repeated_key_is_refused():
    message = refused(Visits, visits(("SECRET", 1), ("b", 2), ("SECRET", 1)))

    assert "2 rows" in message
    assert "SECRET" not in message


@pytest.mark.parametrize(
    ("contract", "row"),
    [
        (
            Effects,
            {
                "endpoint": "os",
                "design": "SECRET",
                "measure": "median",
                "term": "A",
                "n_treated": 1,
                "n_control": 1,
                "events_treated": 1,
                "events_control": 1,
                "method": "m",
            },
        ),
        (
            Balance,
            {
                "design": "SECRET",
                "covariate": "age",
                "mean_treated": 1.0,
                "mean_control": 1.0,
                "ks": 0.0,
                "ecdf_mean": 0.0,
            },
        ),
    ],
)
def test_key_with_a_null_is_refused_if_repeated(contract, row):
    assert contract.check(contract.of([row])).height == 1

    message = refused(contract, contract.of([row, row]))

    assert "1 rows repeat a key" in message
    assert "SECRET" not in message


def test_table_without_a_key_may_repeat_rows_and_keeps_their_order(tmp_path):
    notes = Notes.of([{"note": "z"}, {"note": "a"}, {"note": "z"}])
    Notes.write(notes, tmp_path / "notes.parquet")

    assert Notes.read(tmp_path / "notes.parquet").equals(notes)


@given(st.permutations(range(4)))
@settings(max_examples=24, deadline=None)
def test_order_of_rows_changes_no_byte(tmp_path_factory, order):
    folder = tmp_path_factory.mktemp("bytes")
    Visits.write(GOOD, folder / "one.parquet")
    Visits.write(GOOD[order], folder / "two.parquet")

    assert (folder / "one.parquet").read_bytes() == (
        folder / "two.parquet"
    ).read_bytes()
    found = Visits.read(folder / "two.parquet")
    assert found.select("patient", "visit").rows() == [
        ("a", 1),
        ("a", 2),
        ("b", 1),
        ("b", 2),
    ]


def test_null_in_a_key_is_sorted_last(tmp_path):
    rows = [
        {
            "design": "unadjusted",
            "covariate": "grade",
            "level": level,
            "mean_treated": 0.5,
            "mean_control": 0.5,
            "ks": 0.0,
            "ecdf_mean": 0.0,
        }
        for level in (None, "b", "a")
    ]
    Balance.write(Balance.of(rows), tmp_path / "balance.parquet")

    found = Balance.read(tmp_path / "balance.parquet")
    assert found["level"].to_list() == ["a", "b", None]


def test_frame_that_breaks_the_contract_is_not_written(tmp_path):
    Visits.write(GOOD, tmp_path / "old.parquet")
    before = (tmp_path / "old.parquet").read_bytes()

    for name in ("old", "new"):
        with pytest.raises(TableError):
            Visits.write(visits(("a", 0)), tmp_path / f"{name}.parquet")

    assert [path.name for path in tmp_path.iterdir()] == ["old.parquet"]
    assert (tmp_path / "old.parquet").read_bytes() == before


def test_file_is_checked_when_read(tmp_path):
    visits(("a", 0)).write_parquet(tmp_path / "bad.parquet")

    with pytest.raises(TableError, match="Column 'visit'"):
        Visits.read(tmp_path / "bad.parquet")


def test_write_that_fails_leaves_no_file_and_no_part(tmp_path):
    def write(path):
        with whole(path) as beside:
            beside.write_text("half")
            raise RuntimeError("died while writing")

    with pytest.raises(RuntimeError, match="died"):
        write(tmp_path / "new.csv")

    assert list(tmp_path.iterdir()) == []


def test_write_that_fails_leaves_the_file_of_before(tmp_path):
    old = tmp_path / "old.csv"
    old.write_text("whole")

    def write():
        with whole(old) as beside:
            beside.write_text("half")
            raise RuntimeError("died while writing")

    with pytest.raises(RuntimeError, match="died"):
        write()

    assert old.read_text() == "whole"
    assert list(tmp_path.iterdir()) == [old]


def test_writers_of_one_file_do_not_write_into_each_other(tmp_path):
    place = tmp_path / "table.csv"
    outlived = whole(place)
    outlived.__enter__().write_text("of a run that was ki")
    with whole(place) as beside:
        beside.write_text("whole")
    with pytest.raises(FileNotFoundError):
        outlived.__exit__(None, None, None)

    assert place.read_text() == "whole"
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]


def test_part_that_a_dead_job_left_is_taken_away(tmp_path):
    (tmp_path / ".new.csv.0a1b2c3d.part").write_text("ha")
    with whole(tmp_path / "new.csv") as beside:
        beside.write_text("whole")

    assert [path.name for path in tmp_path.iterdir()] == ["new.csv"]


def test_whole_file_takes_the_place_of_its_part(tmp_path):
    with whole(str(tmp_path / "new.csv")) as beside:
        assert beside.parent == tmp_path
        beside.write_text("whole")
        assert not (tmp_path / "new.csv").exists()

    assert [path.name for path in tmp_path.iterdir()] == ["new.csv"]


def test_parts_are_stacked_in_their_order(tmp_path):
    Visits.write(visits(("b", 1)), tmp_path / "b.parquet")
    Visits.write(visits(("a", 1)), tmp_path / "a.parquet")
    paths = [tmp_path / "b.parquet", tmp_path / "a.parquet"]

    assert Visits.read_all(paths)["patient"].to_list() == ["b", "a"]
    assert Visits.read_all(str(paths[0])).height == 1


PEOPLE = pl.DataFrame(
    {
        "age": [50.5, None],
        "treated": [True, False],
        "sex": pl.Series(["f", "m"], dtype=pl.Enum(["f", "m", "x"])),
        "patient": ["b", "a"],
    }
)


def test_open_table_keeps_the_studys_own_columns_behind_its_own(tmp_path):
    People.write(PEOPLE, tmp_path / "people.parquet")

    found = People.read(tmp_path / "people.parquet")
    assert found.columns == ["patient", "treated", "age", "sex"]
    assert found.rows() == [("a", False, None, "m"), ("b", True, 50.5, "f")]
    assert found.schema["sex"] == pl.Enum(["f", "m", "x"])


def test_open_table_without_own_columns_is_a_table():
    bare = PEOPLE.select("patient", "treated")

    assert People.check(bare).equals(bare)


@pytest.mark.parametrize("value", [NAN, INFINITY, -INFINITY])
def test_open_table_refuses_what_is_not_finite_in_own_columns(value):
    spoilt = PEOPLE.with_columns(
        age=pl.Series([value, 61.25]), n=pl.Series([value] * 2)
    )

    message = refused(People, spoilt)

    assert "table People: not finite: age in 1 rows, n in 2 rows" in message
    assert "61" not in message


def test_csv_is_read_back_in_the_types_of_the_contract(tmp_path):
    (tmp_path / "visits.csv").write_text("patient,visit,weight_kg,on\n001,1,,\n")

    assert Visits.read_csv(tmp_path / "visits.csv").equals(visits(("001", 1)))


def test_csv_may_lack_columns_that_stay_inside(tmp_path):
    (tmp_path / "visits.csv").write_text("patient,weight_kg\n001,70\n")

    found = Visits.read_csv(tmp_path / "visits.csv")
    assert found.rows() == [("001", 70.0)]
