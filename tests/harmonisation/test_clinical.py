"""Fields as hospitals write them: values, flags, and what becomes of each cell."""

import datetime
from dataclasses import asdict, replace
from math import sqrt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twoarm.config.cohort import RULES, WITHHELD
from twoarm.dictionary import EXPORTS
from twoarm.flags import BITS
from twoarm.harmonisation.centre import harmonise_table_files, join_pieces
from twoarm.harmonisation.lesions import add_target_sums
from twoarm.harmonisation.messages import WHAT
from twoarm.ingestion.parts import label_parts
from twoarm.tables.harmonisation import Cells, Ledger
from twoarm.tables.ingestion import Faults, Files
from twoarm.units import FACTORS, factors_of

LABS = {field.name: field for field in EXPORTS["labs"]}


def field_of(table, name, column="x", **more):
    """A field of the dictionary in a column of an export, as a codebook gives it."""
    (field,) = [each for each in EXPORTS[table] if each.name == name]
    factors = factors_of(name)
    return replace(field, column=column, plain=False, factors=factors, **more)


def harmonise(
    table, fields, only_with=None, reasons=(), repeats=None, spoilt=(),
    withhold=WITHHELD, **columns
):  # fmt: skip
    """Harmonise one file of a table; identifiers are in the column `id`."""
    rows = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    rows = rows.select(pl.int_range(2, pl.len() + 2).alias("source_row"), pl.all())
    named = {field.name: field for field in fields}
    form = {
        "repeats": repeats
        or [[asdict(named.get(each.name, each)) for each in EXPORTS[table]]],
        "missing": ["", "NA"],
        "withhold": list(withhold),
        "only_with": only_with,
        "prefix": "a:",
        "reasons": {rule: RULES[rule] for rule in reasons},
    }
    file = {"table": table, "part": 1, "file": "a/f.csv", "n_read": rows.height}
    files = Files.of([file])
    return join_pieces(
        harmonise_table_files(
            label_parts([[rows]]), [form], files, Faults.of(spoilt), table
        )
    )


def values_of(table, name, cells, **more):
    """Values, flags by name, and rules of the cells of one field."""
    found = harmonise(table, [field_of(table, name, **more)], x=cells)
    cells = Cells.check(found.cells)
    flags = [{k for k, bit in BITS.items() if each & bit} for each in cells["flags"]]
    return found.records[name].to_list(), flags, cells["rule"].to_list()


def test_each_rule_that_a_cell_can_break_is_known_and_said():
    assert set(WHAT) <= set(RULES)
    assert set(WITHHELD) <= set(WHAT)


@pytest.mark.parametrize(
    ("name", "unit", "text", "value", "flags"),
    [
        ("bilirubin_umol_l", "umol/L", "17.1", 17.1, set()),
        ("bilirubin_umol_l", "mg/dL", "1.2", 1.2 * 17.104, {"unit_converted"}),
        ("albumin_g_l", "g/dL", "3.8", 38.0, {"unit_converted"}),
        ("albumin_g_l", "g/dL", "38g/L", 38.0, {"text_parsed"}),
        ("albumin_g_l", "g/L", "65", None, {"range_hard"}),
        ("albumin_g_l", "g/L", "25", 25.0, {"range_soft"}),
        ("afp_ng_ml", "ng/mL", ">60500", 60500.0, {"comparator", "text_parsed"}),
        (
            "afp_ng_ml",
            "ng/mL",
            "＜0.605",
            0.605 / sqrt(2),
            {"comparator", "text_parsed"},
        ),
        ("afp_ng_ml", "kU/L", "100", 121.0, {"unit_converted"}),
        ("platelets_10_9_l", "/uL", "150000", 150.0, {"unit_converted"}),
        ("creatinine_umol_l", "mg/dL", "1.0", 88.42, {"unit_converted"}),
    ],
)
def test_numbers_come_in_the_units_of_the_dictionary(name, unit, text, value, flags):
    factor = FACTORS[name][unit]

    (found,), (told,), _ = values_of("labs", name, [text], unit=unit, factor=factor)

    assert found == (None if value is None else pytest.approx(value))
    assert told == flags


def test_an_untold_unit_is_inferred_only_where_one_alone_is_possible():
    # 3.8 is possible as g/dL only, 38 as g/L only; a bilirubin of 1.2 is possible
    # as umol/L and as mg/dL.
    albumin, flags, _ = values_of("labs", "albumin_g_l", ["3.8", "38"])
    bilirubin, _, rules = values_of("labs", "bilirubin_umol_l", ["1.2"])

    assert albumin == [pytest.approx(38.0), 38.0]
    assert flags == [
        {"unit_inferred", "unit_converted"},
        {"unit_inferred"},
    ]
    assert (bilirubin, rules) == ([None], ["unit_unknown"])


def test_pivka_in_ng_ml_is_never_converted():
    values, _, rules = values_of(
        "labs", "pivka_mau_ml", ["40", "40 ng/mL", "40 mAU/mL"], unit="mAU/mL"
    )

    assert values == [40.0, None, 40.0]
    assert rules == [None, "unit_refused", None]


def test_events_have_one_name_in_two_languages_and_a_codebook_adds_its_own():
    cells = ["甲减", "Hypothyroidism", "FT4低", "口干", "2"]
    values, _, rules = values_of(
        "adverse_events", "term", cells, codes={"FT4低": "hypothyroidism"}
    )
    assert values == ["hypothyroidism"] * 3 + ["口干", None]
    assert rules == [None] * 4 + ["event_unnamed"]


def test_rows_that_tell_one_item_each_give_each_field_its_own():
    fields = [
        field_of("labs", "patient_id", "id"),
        field_of("labs", "sample_date", "day"),
        *(
            field_of(
                "labs", name, "value", item_column="item", items=items, unit_column="u"
            )
            for name, items in (
                ("bilirubin_umol_l", ("TBIL", "总胆红素")),
                ("albumin_g_l", ("ALB",)),
            )
        ),
    ]

    found = harmonise(
        "labs",
        fields,
        id=["1", "1", "2", "2"],
        day=["2021年3月5日"] * 4,
        item=["总胆红素", "ALB", "TBIL", "UREA"],
        value=["20", "3.5", "1.2", "7"],
        u=["μmol/L", "g/dL", "mg／dL", "mmol/L"],
    )

    shown = found.records.select("source_row", "bilirubin_umol_l", "albumin_g_l")
    assert shown.rows() == [
        (2, 20.0, None),
        (3, None, 35.0),
        (4, pytest.approx(20.5248), None),
    ]
    assert found.ledger.select("n_read", "n_used", "n_elsewhere").rows() == [(4, 3, 1)]
    assert found.cells.filter(field="albumin_g_l")["row"].to_list() == [3]


def test_a_wide_row_tells_a_record_for_each_repeat_that_is_filled():
    def fields_at(visit):
        given = {
            "patient_id": field_of("labs", "patient_id", "id"),
            "sample_date": field_of("labs", "sample_date", f"day_{visit}"),
            "alt_u_l": field_of("labs", "alt_u_l", f"ALT_{visit}", unit="U/L"),
        }
        return [asdict(given.get(each.name, each)) for each in EXPORTS["labs"]]

    found = harmonise(
        "labs",
        [],
        repeats=[fields_at("D0"), fields_at("C2")],
        reasons=["date_absent"],
        id=["1", "2", "3"],
        day_D0=["2021-03-05", "2021-03-06", ""],
        ALT_D0=["40", "", ""],
        day_C2=["2021-05-01", "", ""],
        ALT_C2=["50", "60", ""],
    )

    shown = found.records.select("source_row", "sample_date", "alt_u_l").rows()
    day = datetime.date
    assert shown == [(2, day(2021, 3, 5), 40.0), (2, day(2021, 5, 1), 50.0)]
    # The second row tells a value of no day; the third tells nothing.
    assert found.ledger.drop("centre", "table", "file", "encoding").rows() == [
        (3, 1, 1, 0, 1)
    ]


def test_patients_without_surgery_are_no_rows_of_the_table_of_surgeries():
    fields = [
        field_of("surgeries", "patient_id", "id"),
        field_of("surgeries", "surgery_date", "op"),
        field_of("surgeries", "viable_percent", "viable"),
    ]

    found = harmonise(
        "surgeries",
        fields,
        only_with="op",
        id=["1", "2", "3"],
        op=["", "2021/3/5", "NA"],
        viable=["", "10%", ""],
    )

    assert found.records["patient_id"].to_list() == ["a:2"]
    assert found.records["viable_percent"].to_list() == [10.0]
    assert found.ledger["n_elsewhere"].to_list() == [2]
    assert found.faults.is_empty()


def test_two_drugs_in_one_cell_are_two_records_of_one_row():
    fields = [
        field_of("treatments", "patient_id", "id"),
        field_of("treatments", "drug_class", "drug"),
        field_of("treatments", "drug", "drug"),
        field_of("treatments", "start_date", "start"),
    ]

    found = harmonise(
        "treatments",
        fields,
        id=["1", "2", "3"],
        drug=["仑伐替尼+信迪利单抗", "安维汀", "无名药"],
        start=["2021-03-05"] * 3,
    )

    told = found.records.select("source_row", "drug_class", "drug")
    assert sorted(told.rows(), key=str) == [
        (2, "ici", "sintilimab"),
        (2, "tki", "lenvatinib"),
        (3, "antivegf", "bevacizumab"),
        (4, None, None),
    ]
    assert found.cells.filter(row=4, field="drug")["rule"].to_list() == ["drug_unknown"]
    assert found.ledger["n_used"].to_list() == [3]


def test_a_cell_withheld_leaves_its_row_and_one_that_is_needed_does_not():
    fields = [
        field_of("labs", "patient_id", "id"),
        field_of("labs", "sample_date", "day"),
        field_of("labs", "albumin_g_l", "alb", unit="g/L"),
    ]

    found = harmonise(
        "labs",
        fields,
        reasons=["date_ambiguous"],
        id=["1", "2"],
        day=["2021-03-05", "03/05/2021"],
        alb=["见报告", "35"],
    )

    assert found.records["source_row"].to_list() == [2]
    assert found.records["albumin_g_l"].to_list() == [None]
    assert found.quarantine["source_row"].to_list() == [3]
    outcomes = found.cells.select("row", "field", "outcome", "rule").rows()
    assert sorted(outcomes) == [
        (2, "albumin_g_l", "withheld", "number_unreadable"),
        (2, "patient_id", "used", None),
        (2, "sample_date", "used", None),
        (3, "albumin_g_l", "set_aside", None),
        (3, "patient_id", "set_aside", None),
        (3, "sample_date", "set_aside", "date_ambiguous"),
    ]
    assert found.cells.filter(field="patient_id")["text"].null_count() == 2


SPOILT = {"file": "a/f.csv", "what": "have it exported anew"}


@pytest.mark.parametrize("reasons", [[], ["identifier_rounded", "digits_lost"]])
def test_what_the_file_spoilt_is_withheld_and_its_row_set_aside(reasons):
    fields = [
        field_of("labs", "patient_id", "id"),
        field_of("labs", "sample_date", "day"),
        field_of("labs", "afp_ng_ml", "afp", unit="ng/mL"),
    ]
    spoilt = [
        SPOILT | {"row": 3, "column": "id", "rule": "identifier_rounded"},
        SPOILT | {"row": 4, "column": "afp", "rule": "digits_lost"},
        SPOILT | {"row": 2, "column": "id", "rule": "digits_lost", "sheet": "Other"},
    ]

    found = harmonise(
        "labs",
        fields,
        reasons=reasons,
        spoilt=spoilt,
        id=["1", None, "3"],
        day=["2021-03-05"] * 3,
        afp=["20", "20", "1.2345E+11"],
    )

    assert found.faults.select("row", "column", "rule", "what").rows() == [
        (3, "id", "identifier_rounded", SPOILT["what"]),
        (4, "afp", "digits_lost", SPOILT["what"]),
    ]
    assert found.quarantine["source_row"].to_list() == ([3, 4] if reasons else [])
    gone = found.cells.drop_nulls("rule").select("row", "field", "outcome", "rule")
    outcome = "set_aside" if reasons else "withheld"
    assert gone.rows() == [
        (3, "patient_id", outcome, "identifier_rounded"),
        (4, "afp_ng_ml", outcome, "digits_lost"),
    ]
    assert found.records["afp_ng_ml"].drop_nulls().max() == 20


def test_a_spoilt_cell_may_be_withheld_alone():
    fields = [
        field_of("labs", "patient_id", "id"),
        field_of("labs", "sample_date", "day"),
        field_of("labs", "afp_ng_ml", "afp", unit="ng/mL"),
    ]
    rule = {"column": "afp", "rule": "digits_lost"}

    found = harmonise(
        "labs",
        fields,
        withhold=["digits_lost"],
        spoilt=[SPOILT | rule | {"row": 2}, SPOILT | rule | {"row": 3, "column": "id"}],
        id=["1", None],
        day=["2021-03-05"] * 2,
        afp=["1.2345E+11", "20"],
    )

    # Without whose it is a row is nothing.
    assert found.faults.select("row", "rule").rows() == [(3, "digits_lost")]
    assert found.records["afp_ng_ml"].to_list() == [None, 20.0]
    assert found.cells.filter(row=2, field="afp_ng_ml")["outcome"][0] == "withheld"


def test_target_lesions_are_summed_where_no_sum_is_told():
    day = datetime.date(2021, 3, 5)
    lesions = pl.DataFrame(
        {
            "patient_id": ["1", "1", "1", "2", "2"],
            "exam_date": [day] * 5,
            "target": [True, True, False, True, True],
            "long_mm": [62.0, 41.0, 15.0, 30.0, None],
            "viable_mm": [60.0, 0.0, None, 30.0, 10.0],
        }
    )
    assessments = pl.DataFrame(
        {
            "patient_id": ["1", "2", "3"],
            "exam_date": [day] * 3,
            "target_sum_mm": [None, None, 50.0],
            "viable_sum_mm": [None, 1.0, None],
        },
        schema_overrides={"viable_sum_mm": pl.Float64},
    )

    found = add_target_sums({"assessments": assessments, "lesions": lesions})

    assert found["assessments"]["target_sum_mm"].to_list() == [103.0, None, 50.0]
    assert found["assessments"]["viable_sum_mm"].to_list() == [60.0, 1.0, None]


TEXTS = st.sampled_from(
    ["", "NA", "12", "<5", ">60500", "3.8", "38 g/L", "40 ng/mL", "x", "5.3(4.1)", "-1"]
)


@given(st.lists(st.tuples(TEXTS, TEXTS, TEXTS), min_size=1, max_size=12))
@settings(max_examples=60)
def test_no_cell_and_no_row_is_lost(rows):
    fields = [
        field_of("labs", "patient_id", "id"),
        field_of("labs", "sample_date", "day"),
        field_of("labs", "albumin_g_l", "alb"),
        field_of("labs", "pivka_mau_ml", "pivka", unit="mAU/mL"),
    ]
    ids, albumin, pivka = (list(column) for column in zip(*rows, strict=True))
    days = ["2021-03-05"] * len(rows)

    found = harmonise(
        "labs",
        fields,
        reasons=["patient_absent"],
        id=ids,
        day=days,
        alb=albumin,
        pivka=pivka,
    )

    Ledger.check(found.ledger)  # rows read are rows used, set aside or of another table
    assert found.cells.height == 4 * len(rows)
    cells = Cells.check(found.cells)
    used = cells.filter(outcome="used")
    for name in ("albumin_g_l", "pivka_mau_ml"):
        places = used.filter(field=name)["row"].to_list()
        kept = found.records.filter(pl.col(name).is_not_null())
        assert kept["source_row"].to_list() == places
    withheld = cells.filter(outcome="withheld")
    assert withheld["rule"].null_count() == 0
