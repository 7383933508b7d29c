import datetime
from dataclasses import asdict

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twoarm.config.cohort import RULES
from twoarm.dictionary import EXPORTS, Field
from twoarm.fieldmaps import code_text, fields_of_part, fields_of_study
from twoarm.harmonisation.codes import canonical_code
from twoarm.harmonisation.fields import harmonise_rows
from twoarm.harmonisation.records import keep_visits_aside, set_aside
from twoarm.ingestion.parts import label_parts
from twoarm.tables.cohort import Quarantine
from twoarm.tables.contract import TableError
from twoarm.tables.harmonisation import Aside, Cells, Ledger, Records
from twoarm.tables.ingestion import Faults, Files
from twoarm.tables.pieces import write_pieces
from twoarm.units import FACTORS

DAY = datetime.date(2021, 3, 5)


def rows_of(**columns):
    """Rows of text as ingestion gives them: the header is row 1."""
    text = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    return text.select(pl.int_range(2, pl.len() + 2).alias("source_row"), pl.all())


def harmonise(kind, cells, *, missing=(), **field):
    """Values of one column, and (row, rule) of its faults."""
    result = harmonise_rows(
        rows_of(cell=cells),
        [Field("value", kind, "cell", **field)],
        file="export.csv",
        missing=missing,
    )
    assert result.usable
    Faults.check(result.faults)
    return result.records["value"], result.faults.select("row", "rule").rows()


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", 12.0),
        ("12.5", 12.5),
        (" 12.5 ", 12.5),
        ("+3", 3.0),
        ("-3.25", -3.25),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e3", 1000.0),
        ("2.5E-2", 0.025),
        ("007", 7.0),
        ("", None),
        ("  ", None),
        ("\u3000", None),
        (None, None),
    ],
)
def test_number_is_read(text, number):
    values, faults = harmonise("number", [text])

    assert values.to_list() == [number]
    assert values.dtype == pl.Float64
    assert faults == []


@pytest.mark.parametrize(
    "text",
    [
        "12 mg",
        "12mg",
        "<5",
        "1,234",
        "1,5",
        "1.2.3",
        "1e",
        "-",
        "--1",
        "0x10",
        "1_000",
        "nan",
        "inf",
        "1e400",
        "１２",
        "٣",
        "unknown",
    ],
)
def test_what_is_no_number_is_a_fault_of_its_row(text):
    values, faults = harmonise("number", ["1", text, "2"])

    assert values.to_list() == [1.0, None, 2.0]
    assert faults == [(3, "number_unreadable")]


@pytest.mark.parametrize(
    ("text", "formats"),
    [
        ("2021-03-05", ["%Y-%m-%d"]),
        ("2021-3-5", ["%Y-%m-%d"]),
        (" 2021-03-05 ", ["%Y-%m-%d"]),
        ("2021-03-05 00:00:00", ["%Y-%m-%d"]),
        ("2021-03-05T00:00:00", ["%Y-%m-%d"]),
        ("2021-03-05 00:00:00.000000", ["%Y-%m-%d"]),
        ("2021/3/5", ["%Y/%m/%d"]),
        ("05-MAR-2021", ["%d-%b-%Y"]),
        ("05-Mar-2021", ["%d-%b-%Y"]),
        ("3/5/21", ["%m/%d/%y"]),
        ("20210305", ["%Y%m%d"]),
        ("2021年3月5日", ["%Y年%m月%d日"]),
        ("2021-03-05 14:30", ["%Y-%m-%d %H:%M"]),
        ("5.3.2021", ["%Y-%m-%d", "%d.%m.%Y"]),
    ],
)
def test_date_is_read_by_its_forms(text, formats):
    values, faults = harmonise("date", [text], formats=tuple(formats))

    assert values.to_list() == [DAY]
    assert faults == []


def test_forms_of_a_date_are_tried_in_their_order():
    cells = ["03/05/2021", "05/03/2021", "25/03/2021", "03/25/2021"]
    day_first, month_first = "%d/%m/%Y", "%m/%d/%Y"

    by_day, no_faults = harmonise("date", cells, formats=(day_first, month_first))
    by_month, _ = harmonise("date", cells, formats=(month_first, day_first))

    assert [(day.month, day.day) for day in by_day] == [
        (5, 3),
        (3, 5),
        (3, 25),
        (3, 25),
    ]
    assert [(day.month, day.day) for day in by_month] == [
        (3, 5),
        (5, 3),
        (3, 25),
        (3, 25),
    ]
    assert no_faults == []


@pytest.mark.parametrize(
    "text", ["2021-02-30", "2021-13-01", "20210305", "5/3/21", "21-03-05", "44260", "x"]
)
def test_what_is_no_date_is_a_fault_of_its_row(text):
    values, faults = harmonise(
        "date", [text, "2021-03-05"], formats=("%Y-%m-%d", "%Y/%m/%d")
    )

    assert values.to_list() == [None, DAY]
    assert faults == [(2, "date_unreadable")]


def test_codes_have_one_form():
    cells = ["1", "1.0", "01", " 1 ", "1e0", "2", "2.5", "2.50", "TRUE", "True", "x"]

    values, faults = harmonise("code", cells)

    shown = ["1"] * 5 + ["2", "2.5", "2.5", "true", "true", "x"]
    assert values.cast(pl.String).to_list() == shown
    assert values.dtype == pl.Enum(["1", "2", "2.5", "true", "x"])
    assert faults == []


@pytest.mark.parametrize("text", ["nan", "NaN", "inf", "12345678901234567890"])
def test_codes_that_are_no_exact_numbers_stay_text(text):
    assert canonical_code(text) == text


@given(
    st.one_of(
        st.integers(-(10**6), 10**6),
        st.integers(-999, 999).map(lambda tenths: tenths / 10),
        st.booleans(),
        st.text("0123456789.eExYn+- ", max_size=6),
    )
)
def test_codes_of_the_config_have_the_form_of_those_of_the_file(code):
    assert code_text(code_text(code)) == code_text(code)
    if "e" not in str(code).lower():
        assert code_text(code) == canonical_code(code)


def test_levels_keep_the_stated_order():
    values, faults = harmonise("code", ["a", "c", "b"], levels=("c", "a", "b"))

    assert values.dtype == pl.Enum(["c", "a", "b"])
    assert values.to_list() == ["a", "c", "b"]
    assert faults == []


def test_levels_are_sorted_if_not_stated():
    values, _ = harmonise("code", ["10", "b", "9", None, "-1", "a"])

    assert values.dtype == pl.Enum(["-1", "9", "10", "a", "b"])


def test_levels_are_what_can_be_seen_of_them():
    text = ["a\x07 b", "a b", "\u202ea\u200b b", "two\nlines\tand more"]
    values, _ = harmonise("code", text)

    assert values.to_list() == ["a b", "a b", "a b", "two lines and more"]


def test_unknown_code_breaks_the_rule_of_its_field():
    _, plain = harmonise("code", ["1", "3"], levels=("1", "2"))
    _, arm = harmonise(
        "code",
        ["1", "9"],
        levels=("treated",),
        codes={"1": "treated"},
        unknown="treatment_unknown",
    )
    _, event = harmonise("flag", ["0", "2"], unknown="event_unknown")

    assert plain == [(3, "code_unknown")]
    assert arm == [(3, "treatment_unknown")]
    assert event == [(3, "event_unknown")]


@pytest.mark.parametrize(
    ("cells", "codes"),
    [
        (["1", "0", None], {}),
        (["1.0", "00", ""], {}),
        (["TRUE", "False", " "], {}),
        (["Y", "N", "NA"], {"Y": "true", "N": "false"}),
        (["是", "否", "NA"], {"是": "true", "否": "false"}),
        (["2", "1", "NA"], {"02": "true", "1.0": "false"}),
    ],
)
def test_flags_are_true_or_false(cells, codes):
    values, faults = harmonise("flag", cells, codes=codes, missing=["NA"])

    assert values.to_list() == [True, False, None]
    assert faults == []


@pytest.mark.parametrize("kind", ["number", "date", "flag", "code", "text"])
def test_missing_texts_are_not_known_and_no_fault(kind):
    cells = ["NA", " NA ", "未查", "", None]

    values, faults = harmonise(kind, cells, missing=["NA", " 未查 "])

    assert values.is_null().all()
    assert faults == []


def test_missing_is_matched_as_a_whole():
    values, faults = harmonise("number", ["-99", "-991"], missing=["-99"])

    assert values.to_list() == [None, -991.0]
    assert faults == []


@pytest.mark.parametrize("kind", ["number", "date", "flag", "code", "text"])
def test_required_field_must_be_known(kind):
    cells = {"number": "1", "date": "2021-03-05", "flag": "1", "code": "x", "text": "x"}

    values, faults = harmonise(
        kind, [cells[kind], "", "NA"], missing=["NA"], required="time_absent"
    )

    assert values.null_count() == 2
    assert faults == [(3, "time_absent"), (4, "time_absent")]


def test_unreadable_required_value_is_one_fault():
    _, faults = harmonise("number", ["x"], required="time_absent")

    assert faults == [(2, "number_unreadable")]


def test_text_is_stripped_and_else_left():
    values, _ = harmonise("text", [" 0012 ", "a b"])

    assert values.to_list() == ["0012", "a b"]


def test_missing_column_is_a_fault_of_the_file_with_the_nearest_name():
    fields = [
        Field("a", "number", "bilirubin"),
        Field("b", "number", "sex"),
        Field("c", "number", "xyz"),
    ]

    result = harmonise_rows(
        rows_of(billirubin=["1"], sex=["2"]), fields, file="b.xlsx", sheet="Labs"
    )

    assert not result.usable
    assert result.records.is_empty()
    assert result.records.columns == ["source_file", "source_row", "a", "b", "c"]
    assert result.faults.rows() == [
        (
            "b.xlsx",
            "Labs",
            None,
            "bilirubin",
            "column_missing",
            "the file has no such column; did you mean billirubin?",
        ),
        (
            "b.xlsx",
            "Labs",
            None,
            "xyz",
            "column_missing",
            "the file has no such column; it has billirubin, sex",
        ),
    ]


def test_field_that_is_not_exported_is_null_in_its_place():
    rows = pl.DataFrame({"ID": ["1"], "Death": ["2021-03-05"], "source_row": [2]})
    levels = ("alive", "dead")
    fields = [
        Field("patient_id", "text", "ID"),
        Field("status", "code", levels=levels, optional=True),
        Field("months", "number", optional=True),
        Field("death_date", "date", "Death"),
    ]

    found = harmonise_rows(rows, fields, file="a.csv")

    assert found.usable
    assert found.faults.is_empty()
    assert found.records.drop("source_file", "source_row").schema == {
        "patient_id": pl.String,
        "status": pl.Enum(levels),
        "months": pl.Float64,
        "death_date": pl.Date,
    }
    assert found.records.select("status", "months").rows() == [(None, None)]


def test_unreadable_file_is_not_told_twice():
    result = harmonise_rows(
        rows_of(), [Field("a", "date", "day")], file="a.csv", readable=False
    )

    assert not result.usable
    assert result.faults.is_empty()
    assert result.records.schema["a"] == pl.Date


def test_no_fault_tells_a_value():
    result = harmonise_rows(
        rows_of(n=["Zhang"], d=["Zhang"], c=["Zhang"]),
        [
            Field("n", "number", "n"),
            Field("d", "date", "d"),
            Field("c", "flag", "c"),
        ],
        file="a.csv",
    )

    assert result.faults.height == 3
    assert "Zhang" not in str(result.faults.rows())


@pytest.mark.parametrize(
    ("name", "unit", "shown", "value"),
    [
        ("bilirubin_umol_l", "umol/L", "17.104", 17.104),
        ("bilirubin_umol_l", "mg/dL", "1.5", 25.656),
        ("albumin_g_l", "g/L", "40", 40.0),
        ("albumin_g_l", "g/dL", "4.1", 41.0),
        ("afp_ng_ml", "ng/mL", "400", 400.0),
        ("afp_ng_ml", "kU/L", "100", 121.0),
        ("target_sum_mm", "mm", "35", 35.0),
        ("target_sum_mm", "cm", "3.5", 35.0),
    ],
)
def test_units_are_brought_to_the_dictionary(name, unit, shown, value):
    values, _ = harmonise("number", [shown], factor=FACTORS[name][unit])

    assert values.item() == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    ("unit", "days"),
    [("days", 2.0), ("weeks", 14.0), ("months", 60.875), ("years", 730.5)],
)
def test_times_are_brought_to_days(unit, days):
    study = {
        "treatment": {
            "column": "arm",
            "treated": [1],
            "control": [0],
            "exclude": ["other"],
            "days": None,
        },
        "source": {"kind": "table"},
        "patient_id": "id",
        "endpoints": {
            "os": {
                "time": "time",
                "unit": unit,
                "event": {"column": "dead", "occurred": [1], "censored": [0, 2]},
            }
        },
        "covariates": {},
        "cohort": {"eligibility": []},
    }
    rows = rows_of(
        id=["p", "q", "r"],
        arm=["1.0", "0", "other"],
        time=["2", "0.5", None],
        dead=["1", "2", "3"],
    )

    result = harmonise_rows(rows, fields_of_study(study), file="a.csv")

    assert result.records["os_days"].to_list() == [days, days / 4, None]
    assert result.records["os_event"].to_list() == [True, False, None]
    assert result.records["arm"].to_list() == ["treated", "control", "excluded"]
    assert result.faults.select("row", "column", "rule").rows() == [
        (4, "time", "time_absent"),
        (4, "dead", "event_unknown"),
    ]


CELLS = st.sampled_from(
    [
        "",
        "NA",
        None,
        " ",
        "1",
        "0",
        "1.0",
        "2",
        "-3.5",
        "1e400",
        "１",
        "2021-03-05",
        "2021-02-30",
        "x",
        "true",
        "a b",
        "12 mg",
        "2021-03-05 00:00:00",
    ]
)
FIELDS = [
    Field("patient_id", "text", "id", required="patient_absent"),
    Field("arm", "code", "arm", levels=("1", "0"), unknown="treatment_unknown"),
    Field("seen", "date", "seen", required="date_absent"),
    Field("os_days", "number", "time", required="time_absent"),
    Field("os_event", "flag", "dead", required="event_absent", unknown="event_unknown"),
    Field("age", "number", "age"),
    Field("stage", "code", "stage"),
]


@settings(deadline=None, max_examples=150)
@given(
    cells=st.lists(st.tuples(*[CELLS] * len(FIELDS)), max_size=8),
    chosen=st.sets(st.sampled_from(list(RULES))),
)
def test_every_row_is_used_or_set_aside_by_a_rule_that_it_breaks(cells, chosen):
    columns = [field.column for field in FIELDS]
    rows = rows_of(**dict(zip(columns, zip(*cells, strict=True), strict=False)))
    if not cells:
        rows = rows_of(**{column: [] for column in columns})
    reasons = {rule: reason for rule, reason in RULES.items() if rule in chosen}

    result = harmonise_rows(rows, FIELDS, file="a.csv", missing=["NA"])
    kept, aside = set_aside(result, reasons, prefix="a:")

    Quarantine.check(aside)
    Records.check(kept)
    numbers = [*kept["source_row"], *aside["source_row"]]
    assert sorted(numbers) == rows["source_row"].to_list()
    assert kept["source_row"].is_sorted()
    broken = set(result.faults.select("row", "column", "rule").iter_rows())
    told = set(aside.select("source_row", "column", "rule").iter_rows())
    assert told <= broken
    assert {rule for _, _, rule in told} <= chosen
    left = {rule for row, _, rule in broken if row in set(kept["source_row"])}
    assert not left & chosen
    assert set(aside["reason"]) <= set(reasons.values())
    assert all(name.startswith("a:") for name in kept["patient_id"])


@settings(deadline=None)
@given(cells=st.lists(CELLS, max_size=8), kind=st.sampled_from(["number", "date"]))
def test_a_value_is_known_read_or_told(cells, kind):
    values, faults = harmonise(kind, cells, missing=["NA"])

    told = {row for row, _ in faults}
    for at, (cell, value) in enumerate(zip(cells, values, strict=True), start=2):
        unknown = cell is None or cell.strip() in ("", "NA")
        assert (value is None) == (unknown or at in told)
        assert not (unknown and at in told)


def entry(**counts):
    place = {"centre": "a", "table": "labs", "file": "a.csv", "encoding": "utf-8"}
    return Ledger.of([{**place, **counts}])


def test_ledger_refuses_lost_rows(tmp_path):
    whole = entry(n_read=5, n_used=3, n_quarantined=1, n_merged=0, n_elsewhere=1)
    lost = entry(n_read=5, n_used=3, n_quarantined=1, n_merged=0, n_elsewhere=0)

    Ledger.write(whole, tmp_path / "ledger.parquet")
    assert Ledger.read(tmp_path / "ledger.parquet").equals(whole)
    with pytest.raises(TableError, match="no_row_is_lost"):
        Ledger.write(lost, tmp_path / "lost.parquet")
    assert not (tmp_path / "lost.parquet").exists()


CODEBOOK = {
    "patients": [
        Field("patient_id", "text", "MRN", required="patient_absent"),
        Field(
            "sex",
            "code",
            "Sex",
            levels=("female", "male"),
            codes={"1": "male", "2": "female"},
        ),
        Field("birth_date", "date", "Born", formats=("%d-%b-%Y",)),
    ],
    "labs": [
        Field("patient_id", "text", "MRN", required="patient_absent"),
        Field("sample_date", "date", "Sampled", required="date_absent"),
        Field("bilirubin_umol_l", "number", "Bilirubin", factor=17.104),
    ],
}
TABLES = {
    "patients": rows_of(
        MRN=["1", "2", "3", ""],
        Sex=["1", "2.0", "9", "1"],
        Born=["01-FEB-1960", "", "03-MAR-1955", "01-JAN-1950"],
    ),
    "labs": rows_of(
        MRN=["1", "1", "2", "3"],
        Sampled=["2021-03-05", "2021-02-30", "NA", "2021-03-06 00:00:00"],
        Bilirubin=["1", "2", "3", "high"],
    ),
}


@pytest.fixture
def centre(script, tmp_path):
    """Run the script on the tables of a centre; return what it wrote, by name."""

    def run(tables, quarantine, read=None, withhold=()):
        unread = [
            {"file": f"{name}.csv", "rule": "file_unreadable", "what": "is empty"}
            for name in tables
            if read and read[name] is None
        ]
        Faults.write(Faults.of(unread), tmp_path / "unread.parquet")
        files = [
            {
                "table": name,
                "part": 1,
                "file": f"{name}.csv",
                "encoding": "gb18030",
                "n_read": rows.height if read is None else read[name],
            }
            for name, rows in tables.items()
        ]
        Files.write(Files.of(files), tmp_path / "files.parquet")
        for name, rows in tables.items():
            write_pieces(label_parts([[rows]]), tmp_path / f"rows_{name}.parquet")
        outputs = [*tables, "faults", "quarantine", "aside", "ledger", "cells"]
        paths = {name: str(tmp_path / f"{name}.parquet") for name in outputs}
        script("harmonisation/harmonise_centre").main(
            [str(tmp_path / f"rows_{name}.parquet") for name in tables],
            str(tmp_path / "files.parquet"),
            str(tmp_path / "unread.parquet"),
            [paths[name] for name in tables],
            *[paths[name] for name in outputs[-5:]],
            centre="b",
            tables=list(tables),
            formats=[
                {
                    "table": name,
                    "repeats": [[asdict(field) for field in CODEBOOK[name]]],
                    "missing": ["", "NA"],
                    "withhold": withhold,
                    "only_with": None,
                    "prefix": "b:",
                    "reasons": {rule: RULES[rule] for rule in quarantine},
                }
                for name in tables
            ],
        )
        contracts = {
            "faults": Faults,
            "quarantine": Quarantine,
            "aside": Aside,
            "ledger": Ledger,
            "cells": Cells,
        }
        return {
            name: contracts.get(name, Records).read(path)
            for name, path in paths.items()
        }

    return run


def test_tables_of_a_centre_end_to_end(centre):
    found = centre(TABLES, ["patient_absent", "code_unknown", "date_unreadable"])

    assert found["patients"].rows() == [
        ("patients.csv", 2, "b:1", "male", datetime.date(1960, 2, 1), "b"),
        ("patients.csv", 3, "b:2", "female", None, "b"),
    ]
    assert found["patients"].schema["sex"] == pl.Enum(["female", "male"])
    assert found["labs"].rows() == [
        ("labs.csv", 2, "b:1", DAY, 17.104, "b"),
        ("labs.csv", 4, "b:2", None, pytest.approx(51.312), "b"),
        ("labs.csv", 5, "b:3", datetime.date(2021, 3, 6), None, "b"),
    ]
    assert found["faults"].select("file", "row", "column", "rule").rows() == [
        ("patients.csv", 4, "Sex", "code_unknown"),
        ("patients.csv", 5, "MRN", "patient_absent"),
        ("labs.csv", 3, "Sampled", "date_unreadable"),
        ("labs.csv", 4, "Sampled", "date_absent"),
        ("labs.csv", 5, "Bilirubin", "number_unreadable"),
    ]
    assert found["quarantine"].drop("reason").rows() == [
        ("patients.csv", 4, "Sex", "code_unknown"),
        ("patients.csv", 5, "MRN", "patient_absent"),
        ("labs.csv", 3, "Sampled", "date_unreadable"),
    ]
    assert found["ledger"].rows() == [
        ("b", "labs", "labs.csv", "gb18030", 4, 3, 1, 0, 0),
        ("b", "patients", "patients.csv", "gb18030", 4, 2, 2, 0, 0),
    ]


def test_nothing_is_set_aside_unless_its_rule_is_named(centre):
    found = centre(TABLES, [])

    assert found["quarantine"].is_empty()
    assert found["faults"].height == 5
    assert found["ledger"]["n_used"].to_list() == [4, 4]
    assert found["patients"]["patient_id"].to_list() == ["b:1", "b:2", "b:3", "b:"]


def test_file_without_a_column_gives_no_records_and_no_ledger(centre):
    tables = TABLES | {"labs": TABLES["labs"].rename({"Bilirubin": "Billirubin"})}

    found = centre(tables, ["patient_absent"])

    assert found["labs"].is_empty()
    assert found["labs"].schema["sample_date"] == pl.Date
    assert found["ledger"]["table"].to_list() == ["patients"]
    told = found["faults"].filter(file="labs.csv")
    assert told.select("row", "column", "rule").rows() == [
        (None, "Bilirubin", "column_missing")
    ]


def test_unreadable_file_keeps_its_one_fault(centre):
    nothing = pl.DataFrame(schema={"source_row": pl.Int64})

    found = centre(TABLES | {"labs": nothing}, [], read={"patients": 4, "labs": None})

    told = found["faults"].filter(file="labs.csv")
    assert told["rule"].to_list() == ["file_unreadable"]
    assert found["ledger"]["table"].to_list() == ["patients"]


def test_codebook_gives_its_columns_units_codes_and_dates():
    def mapped(column, unit=None, **codes):
        given = {"column": column, "unit": unit, "codes": codes, "items": []}
        return {**given, "factor": None, "missing": None, "date_order": None}

    form = {"date_formats": ["%d-%b-%Y"], "date_order": None, "items": None}
    form["decimal"] = None

    def fields_of(table, **special):
        usual = {f.name: mapped(f.name.upper()) for f in EXPORTS[table]}
        found = fields_of_part(table, {**form, "fields": usual | special})
        assert [f.name for f in found] == list(usual)
        return {f.name: f for f in found}

    patients = fields_of("patients", hbv=mapped("HBsAg", Y=True, N=False))
    labs = fields_of("labs", bilirubin_umol_l=mapped("TBIL", "mg/dL"))

    hbv, bilirubin = patients["hbv"], labs["bilirubin_umol_l"]
    assert (hbv.column, hbv.codes) == ("HBsAg", {"Y": "true", "N": "false"})
    assert (bilirubin.column, bilirubin.factor) == ("TBIL", 17.104)
    assert labs["sample_date"].formats == ("%d-%b-%Y",)
    assert labs["sample_date"].required == "date_absent"


def test_a_missing_code_is_known_in_each_form_of_its_number():
    rows = pl.DataFrame({"age": ["-9", "-9.0", "50"], "source_row": [2, 3, 4]})

    made = harmonise_rows(
        rows, [Field("age", "number", "age")], file="f.csv", missing=["-9"]
    )

    assert made.records["age"].to_list() == [None, None, 50.0]


def test_visits_set_aside_keep_patient_and_day_and_nothing_else():
    fields = [
        Field("patient_id", "text", "id", required="patient_absent"),
        Field("visit_date", "date", "day", required="date_absent"),
        Field("age", "number", "age"),
    ]
    rows = rows_of(
        id=["1", "2", "", "4"],
        day=["2021-03-05", "2021-03-05", "2021-03-05", ""],
        age=["x", "50", "50", "50"],
    )
    result = harmonise_rows(rows, fields, file="v.csv")
    reasons = {
        rule: rule for rule in ("number_unreadable", "patient_absent", "date_absent")
    }
    _, gone = set_aside(result, reasons, prefix="b:")

    found = Aside.check(keep_visits_aside(result, gone, prefix="b:"))

    assert found.rows() == [
        ("v.csv", 2, "b:1", DAY),
        ("v.csv", 4, None, DAY),
        ("v.csv", 5, "b:4", None),
    ]
    table = harmonise_rows(rows, [fields[0], fields[2]], file="v.csv")
    assert keep_visits_aside(table, gone, prefix="b:").is_empty()


FORMS = st.sampled_from(
    ["NA", "na", "-9", "-9.0", "9", "09", "9e0", ".", "true", "TRUE", "1e400", "nan"]
)


@given(st.lists(FORMS, min_size=1), st.lists(FORMS, max_size=3))
@settings(max_examples=100)
def test_missing_is_known_by_its_canonical_form(cells, missing):
    values, _ = harmonise("text", cells, missing=missing)

    absent = {code_text(each) for each in missing}
    expected = [None if canonical_code(x) in absent else x for x in cells]
    assert values.to_list() == expected
