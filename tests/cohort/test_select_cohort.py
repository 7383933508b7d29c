from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twoarm.cohort.attrition import (
    restrict_eligible,
    restrict_enrolled,
    start_attrition,
)
from twoarm.cohort.faults import check_faults, find_cohort_faults, find_faults
from twoarm.cohort.selection import (
    derive_follow_up,
    keep_columns,
    restrict_arms,
    restrict_usable,
    transform_covariates,
)
from twoarm.config.cohort import RULES
from twoarm.errors import InputError
from twoarm.tables.cohort import Attrition, Candidates, Patients, Quarantine
from twoarm.tables.ingestion import Faults

FIRST = date(2020, 1, 1)
SEX = pl.Enum(["female", "male", "other"])
COVARIATES = {
    "age": {"kind": "continuous", "transform": None},
    "sex": {"kind": "binary", "transform": None},
}
FOUND_RULES = [
    "patient_repeated",
    "treatment_absent",
    "time_absent",
    "time_not_positive",
    "event_absent",
    "covariate_absent",
]
LABELS = {"treated": "Surgery", "control": "No surgery"}


def candidates(*changes):
    """Four sound patients, or one a mapping of what differs from a sound one."""
    rows = [
        {
            "patient_id": f"secret{k}",
            "source_file": "table.csv",
            "source_row": k + 2,
            "treated": k % 2 == 0,
            "index_date": FIRST + timedelta(k),
            "excluded": False,
            "treatment_days": None,
            "os_days": 400.5 + k,
            "os_event": k % 3 == 0,
            "age": 50.0 + k,
            "sex": "male" if k % 4 < 2 else "female",
            **change,
        }
        for k, change in enumerate(changes or ({},) * 4)
    ]
    types = {"sex": SEX, "treatment_days": pl.Float64}
    types |= dict.fromkeys(("treated", "os_event"), pl.Boolean)
    types |= {"age": pl.Float64, "os_days": pl.Float64, "index_date": pl.Date}
    return pl.DataFrame(rows, schema_overrides=types, infer_schema_length=None)


def fault(row, column, rule, what="is broken", file="table.csv", sheet=None):
    return {
        "file": file,
        "sheet": sheet,
        "row": row,
        "column": column,
        "rule": rule,
        "what": what,
    }


def faults_of(table, *, told=(), columns=None):
    return find_faults(
        table,
        everyone=table,
        endpoints=["os"],
        covariates=["age", "sex"],
        told=Faults.of(list(told)),
        columns=columns or {},
    )


class Run:
    """The rule in a folder: its inputs written, its outputs read."""

    def __init__(self, main, folder):
        self.main, self.folder = main, Path(folder)

    def __call__(self, table, *, before=None, told=(), aside=(), **params):
        Candidates.write(table, self.folder / "candidates.parquet")
        steps = start_attrition(table.height) if before is None else before
        Attrition.write(steps, self.folder / "before.parquet")
        Faults.write(Faults.of(list(told)), self.folder / "faults.parquet")
        Quarantine.write(Quarantine.of(list(aside)), self.folder / "aside.parquet")
        checks = {"labels": LABELS, "binary": ["sex"], "horizons_days": []}
        usual = {
            "eligibility": [],
            "enrolled": {"first": None, "last": None},
            "covariates": COVARIATES,
            "endpoints": ["os"],
            "reasons": {},
            "columns": {},
            "optional": [],
            "zero_days": None,
        }
        self.main(
            self.folder / "candidates.parquet",
            self.folder / "before.parquet",
            [self.folder / "faults.parquet"],
            [self.folder / "aside.parquet"],
            *(self.folder / f"{name}.parquet" for name in self.outputs),
            cohort_checks={**checks, **params.pop("cohort_checks", {})},
            **{**usual, **params},
        )
        return self.read()

    outputs = ("patients", "attrition", "quarantine")

    def read(self):
        contracts = (Patients, Attrition, Quarantine)
        return [
            contract.read(self.folder / f"{name}.parquet")
            for contract, name in zip(contracts, self.outputs, strict=True)
        ]


@pytest.fixture
def select(script, tmp_path):
    return Run(script("cohort/select_cohort").main, tmp_path)


# Eligibility


def condition(**asked):
    usual = {"name": "x", "reason": "Not x", "one_of": None, "where": None}
    return {**usual, "at_least": None, "at_most": None, **asked}


def eligible(values, **asked):
    table = pl.DataFrame({"patient_id": range(len(values)), "eligible_x": values})
    kept, steps = restrict_eligible(
        table, start_attrition(len(values)), [condition(**asked)]
    )
    assert steps.row(-1)[1:] == (
        "Not x",
        len(values),
        len(values) - kept.height,
        kept.height,
        None,
    )
    return kept["eligible_x"].to_list()


NUMBERS = [17.9, 18.0, None, 75.0, 75.1]


@pytest.mark.parametrize(
    ("asked", "stay"),
    [
        ({"at_least": 18.0}, [18.0, 75.0, 75.1]),
        ({"at_most": 75.0}, [17.9, 18.0, 75.0]),
        ({"at_least": 18.0, "at_most": 75.0}, [18.0, 75.0]),
        ({"at_least": 0.0, "at_most": 0.0}, []),
    ],
)
def test_bounds_stay_and_what_is_not_known_does_not(asked, stay):
    assert eligible(NUMBERS, **asked) == stay


def test_codes_that_stay():
    codes = pl.Series(["1", "2", None, "yes"], dtype=pl.Enum(["1", "2", "yes"]))

    assert eligible(codes, one_of=["yes", "1"]) == ["1", "yes"]
    assert eligible(codes, one_of=["absent"]) == []


def test_conditions_are_asked_in_turn():
    table = pl.DataFrame({"eligible_a": [1.0, 2.0, 3.0], "eligible_b": [1.0, 9.0, 9.0]})
    asked = [
        condition(name="b", reason="B", at_least=5.0),
        condition(name="a", reason="A", at_most=2.0),
    ]

    kept, steps = restrict_eligible(table, start_attrition(3), asked)

    assert kept.rows() == [(2.0, 9.0)]
    assert steps["reason"].to_list() == ["Patients read", "B", "A"]
    assert steps["n_after"].to_list() == [3, 2, 1]


# Enrolment


def enrolled(first, last):
    days = [FIRST - timedelta(1), FIRST, FIRST + timedelta(1), None]
    table = pl.DataFrame({"index_date": pl.Series(days, dtype=pl.Date)})
    kept, steps = restrict_enrolled(table, start_attrition(4), first=first, last=last)
    return kept["index_date"].to_list(), steps["n_excluded"].to_list()[1:]


def test_both_days_of_enrolment_are_included():
    assert enrolled("2020-01-01", "2020-01-01") == ([FIRST], [2, 1])


@pytest.mark.parametrize(
    ("first", "last", "n_excluded"),
    [("2020-01-01", None, [2]), (None, "2020-01-01", [2]), (None, None, [])],
)
def test_enrolment_without_a_day_has_no_step(first, last, n_excluded):
    assert enrolled(first, last)[1] == n_excluded


# Arms and columns


def test_treatment_left_out_by_design_is_a_step_only_where_there_is_one():
    some = candidates({}, {"excluded": True, "treated": None}, {})

    kept, steps = restrict_arms(some, start_attrition(3))
    same, no_step = restrict_arms(kept, start_attrition(2))

    assert kept["source_row"].to_list() == [2, 4]
    assert steps["reason"].to_list()[1:] == ["Treatment left out by design"]
    assert same.equals(kept)
    assert no_step.height == 1


def test_scales_of_covariates():
    table = pl.DataFrame({"a": [100.0, 0.0, -1.0, None], "b": [99.0, 0.0, -2.0, None]})

    found = transform_covariates(
        table, {"a": {"transform": "log10"}, "b": {"transform": "log10_plus_1"}}
    )

    assert found["a"].to_list() == [2.0, None, None, None]
    assert found["b"].to_list() == [2.0, 0.0, None, None]


def test_competing_events_are_kept_of_endpoints_that_have_them():
    table = candidates().with_columns(
        ttp_days=1.0, ttp_event=True, ttp_competing=False, rfs_competing=True
    )

    kept = keep_columns(table, endpoints=["os", "ttp"], covariates=[])

    ends = [name for name in kept.columns if name.startswith(("os", "ttp", "rfs"))]
    assert ends == ["os_days", "os_event", "ttp_days", "ttp_event", "ttp_competing"]


def test_columns_kept_are_those_of_the_analysis_without_empty_levels():
    kept = keep_columns(candidates(), endpoints=["os"], covariates=["sex", "age"])

    assert kept.columns == [
        "patient_id",
        "treated",
        "treatment_days",
        "index_date",
        "first_dose_days",
        "os_days",
        "os_event",
        "sex",
        "age",
    ]
    assert kept["first_dose_days"].null_count() == kept.height
    assert kept.schema["sex"] == pl.Enum(["female", "male"])
    assert kept["sex"].to_list() == candidates()["sex"].to_list()


def test_days_of_measurement_and_of_the_first_dose_are_kept_where_they_are():
    table = candidates().with_columns(age_measured=-2.0, first_dose_days=-90.0)

    kept = keep_columns(table, endpoints=["os"], covariates=["age", "sex"])

    assert kept.columns[-3:] == ["age", "sex", "age_measured"]
    assert set(kept["age_measured"]) == {-2.0}
    assert set(kept["first_dose_days"]) == {-90.0}


def test_follow_up_of_no_days_is_given_a_length_only_if_the_study_says_so():
    table = candidates({"os_days": 0.0}, {"os_days": None}, {"os_days": -1.0}, {})

    assert derive_follow_up(table, ["os"], None).equals(table)
    found = derive_follow_up(table, ["os"], 0.5)
    assert found["os_days"].to_list() == [0.5, None, -1.0, 403.5]


# Faults of rows


BROKEN = {
    "patient_repeated": ({"patient_id": "secret0"}, "patient_id"),
    "treatment_absent": ({"treated": None}, "arm"),
    "time_absent": ({"os_days": None}, "os_days"),
    "time_not_positive": ({"os_days": 0.0}, "os_days"),
    "event_absent": ({"os_event": None}, "os_event"),
    "covariate_absent": ({"sex": None}, "sex"),
}


def test_every_rule_of_the_selection_is_a_rule_of_the_config():
    assert list(BROKEN) == FOUND_RULES
    assert set(BROKEN) <= set(RULES)


@pytest.mark.parametrize("rule", BROKEN)
def test_fault_is_found_once_at_its_row(rule):
    change, column = BROKEN[rule]

    found = faults_of(candidates({}, {}, change))

    assert found.select("file", "row", "column", "rule").rows() == [
        ("table.csv", 4, column, rule)
    ]


def test_sound_candidates_have_no_fault():
    assert faults_of(candidates()).is_empty()


def test_smallest_positive_time_is_sound():
    assert faults_of(candidates({"os_days": 0.001})).is_empty()
    assert faults_of(candidates({"os_days": -1.0}))["rule"].to_list() == [
        "time_not_positive"
    ]


def test_of_a_repeated_patient_the_first_row_is_sound():
    same = {"patient_id": "secret0"}

    assert faults_of(candidates(same, {}, same, same))["row"].to_list() == [4, 5]


def test_columns_are_those_of_the_file():
    found = faults_of(
        candidates({"os_days": None, "treated": None}),
        columns={"os_days": "OS (months)", "arm": "Therapy"},
    )

    assert found["column"].to_list() == ["Therapy", "OS (months)"]


def test_one_column_for_two_endpoints_is_told_once():
    table = candidates({"os_days": None}).with_columns(
        dss_days="os_days", dss_event="os_event"
    )

    found = find_faults(
        table,
        everyone=table,
        endpoints=["os", "dss"],
        covariates=[],
        told=Faults.of([]),
        columns={"os_days": "time", "dss_days": "time"},
    )

    assert found.select("row", "column").rows() == [(2, "time")]


def test_fault_told_by_harmonisation_is_not_told_twice():
    table = candidates({"os_days": None}, {"os_days": None, "age": None})
    told = [
        fault(2, "time", "number_unreadable"),
        fault(3, "os_days", "number_unreadable"),
        fault(None, "age", "column_missing"),
    ]

    found = faults_of(table, told=told, columns={"os_days": "time"})

    assert found.select("row", "column").rows() == [(3, "time"), (3, "age")]


@pytest.mark.parametrize("rule", BROKEN)
def test_fault_is_fatal_unless_the_study_names_it(select, rule):
    change, column = BROKEN[rule]
    table = candidates({}, {}, {}, {}, change)

    with pytest.raises(InputError) as error:
        select(table)
    patients, attrition, quarantine = select(table, reasons={rule: "Set aside"})

    assert f"table.csv, column {column}, 1 row (6)" in str(error.value)
    assert f"[{rule}]" in str(error.value)
    assert patients["patient_id"].to_list() == [f"secret{k}" for k in range(4)]
    assert attrition.row(-1) == (2, "Set aside", 5, 1, 4, 2)
    assert quarantine.rows() == [("table.csv", 6, column, rule, "Set aside")]


@pytest.mark.parametrize("rule", BROKEN)
def test_fault_is_fatal_if_the_study_names_only_others(select, rule):
    table = candidates({}, {}, {}, {}, BROKEN[rule][0])
    others = {other: "Set aside" for other in BROKEN if other != rule}

    with pytest.raises(InputError, match=rf"\[{rule}\]"):
        select(table, reasons=others)


def test_all_faults_stand_in_one_message_without_a_value(select):
    changes = [{**change, "age": 77.125} for change, _ in BROKEN.values()]
    told = [
        fault(9, "Weight", "number_unreadable", "is not a number", "other.xlsx", "S"),
        fault(7, "Weight", "number_unreadable", "is not a number", "other.xlsx", "S"),
        fault(None, "Height", "column_missing", "the file has no such column"),
    ]

    with pytest.raises(InputError) as error:
        select(
            candidates({}, {}, *changes),
            told=told,
            cohort_checks={"horizons_days": [3652.5]},
        )

    message = str(error.value)
    assert all(f"[{rule}]" in message for rule in BROKEN)
    assert "other.xlsx, sheet S, column Weight, 2 rows (7, 9): is not a num" in message
    assert "table.csv, column Height: the file has no such column" in message
    assert "a horizon of 120 months lies beyond" in message
    assert "nothing was analysed" in message
    for value in ("secret", "77.1", "400", "401.5", "male"):
        assert value not in message
    assert not (select.folder / "patients.parquet").exists()


def test_fault_of_who_is_not_eligible_does_not_matter(select):
    table = candidates({}, {}, {}, {}, {"age": None})
    table = table.with_columns(eligible_x=pl.Series([1.0, 1.0, 1.0, 1.0, 2.0]))

    patients, attrition, quarantine = select(
        table, eligibility=[condition(at_most=1.0)]
    )

    assert patients.height == 4
    assert attrition["reason"].to_list() == ["Patients read", "Not x"]
    assert quarantine.is_empty()


COLUMNS = {"os_days": "Days", "age": "Age", "patient_id": "Id", "eligible_x": "X"}


def test_fault_told_of_who_left_by_design_does_not_matter(select):
    table = candidates({}, {}, {}, {}, {"excluded": True, "os_days": None})
    told = [fault(6, "Days", "time_absent")]

    patients, attrition, _ = select(table, told=told, columns=COLUMNS)

    assert patients.height == 4
    assert attrition["reason"].to_list()[-1] == "Treatment left out by design"


@pytest.mark.parametrize(
    ("row", "column"), [(2, "Days"), (6, "X"), (6, "Id"), (99, "Days")]
)
def test_other_fault_told_ends_the_study(select, row, column):
    table = candidates({}, {}, {}, {}, {"excluded": True})
    told = [fault(row, column, "time_absent")]

    with pytest.raises(InputError, match=f"column {column}, 1 row"):
        select(table, told=told, columns=COLUMNS)


def test_patient_is_repeated_wherever_one_of_the_rows_is_left(select):
    twice = [{"patient_id": "secret0", "excluded": out} for out in (True, False)]

    with pytest.raises(InputError, match=r"2 rows \(4, 7\): repeats a patient"):
        select(candidates({}, {}, twice[0], {}, {}, twice[1]))


def test_repeated_patient_of_whom_no_row_is_left_does_not_matter(select):
    twice = [{"patient_id": "secret9", "excluded": True}] * 2

    patients, _, _ = select(candidates({}, {}, {}, {}, *twice))

    assert patients.height == 4


def test_message_shows_ten_rows_and_counts_all():
    many = Faults.of([fault(row, "x", "time_absent") for row in range(2, 15)])

    with pytest.raises(InputError) as error:
        check_faults(many, [], quarantine=[])

    shown = "13 rows (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, ...)"
    assert f"table.csv, column x, {shown}: is broken [time_absent]" in str(error.value)
    assert "1 fault;" in str(error.value)


def test_faults_of_the_whole_cohort_cannot_be_set_aside():
    with pytest.raises(InputError) as error:
        check_faults(Faults.of([]), ["an arm is empty"], quarantine=list(RULES))

    assert "an arm is empty" in str(error.value)
    assert "cohort.quarantine" not in str(error.value)


def test_without_a_fault_nothing_is_raised():
    check_faults(
        Faults.of([fault(2, "x", "time_absent")]), [], quarantine=["time_absent"]
    )


# Rows set aside


def test_patient_is_set_aside_once_under_the_first_rule_of_the_study():
    table = candidates({"age": None, "sex": None, "os_event": None}, {}, {"age": None})
    reasons = {"event_absent": "Event", "covariate_absent": "Covariate"}

    chosen = restrict_usable(
        table, start_attrition(3), faults_of(table), reasons=reasons
    )

    assert chosen.patients["source_row"].to_list() == [3]
    assert chosen.attrition.rows()[1:] == [
        (2, "Event", 3, 1, 2, None),
        (3, "Covariate", 2, 1, 1, None),
    ]
    assert chosen.quarantine.rows() == [
        ("table.csv", 2, "os_event", "event_absent", "Event"),
        ("table.csv", 4, "age", "covariate_absent", "Covariate"),
    ]


def test_faults_that_the_study_does_not_set_aside_are_passed_over():
    table = candidates({"age": None}, {"os_days": None})

    chosen = restrict_usable(
        table,
        start_attrition(2),
        faults_of(table),
        reasons={"covariate_absent": "Covariate"},
    )

    assert chosen.patients["source_row"].to_list() == [3]
    assert chosen.quarantine["source_row"].to_list() == [2]


def test_quarantine_of_harmonisation_is_handed_on(select):
    gone = {
        "source_file": "a.csv",
        "source_row": 40,
        "column": "x",
        "rule": "date_absent",
        "reason": "Date not known",
    }

    _, _, quarantine = select(
        candidates({}, {}, {}, {}, {"age": None}),
        aside=[gone],
        reasons={"covariate_absent": "Covariate not known"},
    )

    assert quarantine["source_row"].to_list() == [40, 6]


# Faults of the cohort as a whole


def cohort_faults(table, horizons=()):
    kept = keep_columns(table, endpoints=["os"], covariates=["age", "sex"])
    return find_cohort_faults(
        kept,
        labels=LABELS,
        binary=["sex"],
        covariates=["age", "sex"],
        endpoints=["os"],
        horizons_days=horizons,
    )


def test_sound_cohort_has_no_fault():
    assert cohort_faults(candidates(), [400.0]) == []


@pytest.mark.parametrize(
    ("treated", "words"),
    [(True, "arm No surgery is empty"), (False, "arm Surgery is empty")],
)
def test_empty_arm(treated, words):
    (told,) = cohort_faults(candidates({"treated": treated}, {"treated": treated}))[:1]

    assert words in told


def test_nobody_left():
    told = cohort_faults(candidates().clear(), [365.0])

    assert [text.split(";")[0] for text in told] == [
        "arm Surgery is empty",
        "arm No surgery is empty",
    ]


def test_constant_covariate():
    same = [{"age": 50.0}] * 4

    assert cohort_faults(candidates(*same)) == [
        "covariate age has one value in all patients; take it out"
    ]


def test_binary_covariate_with_three_values():
    told = cohort_faults(candidates({}, {}, {}, {"sex": "other"}))

    assert told == ["covariate sex has 3 values where binary has two"]


def test_horizon_may_be_the_last_day_of_the_shorter_arm_but_not_beyond():
    table = candidates()
    last = {"control": 403.5, "treated": 402.5}

    assert cohort_faults(table, [last["treated"]]) == []
    (told,) = cohort_faults(table, [last["control"], last["control"]])
    assert "lies beyond the follow-up of endpoint os, arm Surgery" in told
    assert len(cohort_faults(table, [404.0])) == 2


def test_all_faults_of_the_cohort_are_told_together():
    table = candidates(
        {"age": 1.0},
        {"age": 1.0, "sex": "other"},
        {"age": 1.0},
    ).with_columns(treated=True)

    told = cohort_faults(table, [9131.25])

    words = ("No surgery is empty", "has one value", "has 3 values", "300 months")
    assert len(told) == 4
    assert all(word in text for word, text in zip(words, told, strict=True))


def test_times_that_are_not_known_hide_no_other_fault():
    assert cohort_faults(candidates(*[{"os_days": None}] * 4), [365.0]) == []


# Laws


maybe_time = st.sampled_from([None, -3.0, 0.0, 10.0, 250.5])
changes = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "patient_id": st.sampled_from(["secret0", "same"]),
            "treated": st.sampled_from([None, True]),
            "excluded": st.sampled_from([True]),
            "os_days": maybe_time,
            "os_event": st.none(),
            "age": st.sampled_from([None, 20.0]),
            "sex": st.none(),
            "index_date": st.none(),
        },
    ),
    max_size=14,
)
EVERY = {rule: f"Reason {rule}" for rule in FOUND_RULES}
LAWS = {
    "reasons": EVERY,
    "eligibility": [condition(at_least=19.5)],
    "enrolled": {"first": "2020-01-03", "last": "2020-01-12"},
}


def with_anchors(changed):
    """Two sound patients of each arm, so that both arms are there, and the others."""
    days = {"index_date": FIRST + timedelta(5)}
    table = candidates(*[days] * 4, *changed)
    return table.with_columns(eligible_x="age")


def run_once(main, table, **params):
    with TemporaryDirectory() as folder:
        return Run(main, folder)(table, **params)


def laws(function):
    # The module under test is loaded once; each run has a folder of its own.
    return settings(max_examples=25, deadline=None)(function)


@pytest.fixture(scope="module")
def main():
    from importlib.util import module_from_spec, spec_from_file_location

    root = Path(__file__).parents[2]
    path = root / "workflow" / "scripts" / "cohort" / "select_cohort.py"
    spec = spec_from_file_location("select_cohort_laws", path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.main


@laws
@given(changed=changes)
def test_nobody_is_lost(main, changed):
    table = with_anchors(changed)

    patients, attrition, _ = run_once(main, table, **LAWS)

    assert patients.height + attrition["n_excluded"].sum() == table.height
    assert attrition["n_before"][0] == table.height
    assert attrition["n_after"][-1] == patients.height
    assert attrition["n_before"][1:].equals(
        attrition["n_after"][:-1].rename("n_before")
    )
    left = attrition["n_before"] - attrition["n_after"]
    assert left.to_list() == attrition["n_excluded"].to_list()


@laws
@given(changed=changes)
def test_rows_set_aside_are_unique_and_not_analysed(main, changed):
    table = with_anchors(changed)

    patients, attrition, quarantine = run_once(main, table, **LAWS)

    place = ["source_file", "source_row"]
    shared = ["patient_id", "os_days", "os_event", "age"]
    assert not quarantine.select(place).is_duplicated().any()
    reasons = attrition.filter(pl.col("reason").str.starts_with("Reason"))
    assert reasons["n_excluded"].sum() == quarantine.height
    not_aside = table.join(quarantine, on=place, how="anti")
    assert patients.join(not_aside, on=shared, how="anti").is_empty()


@laws
@given(
    changed=changes,
    random=st.randoms(use_true_random=False),
    shift=st.sampled_from([-9999, -1, 30, 5000]),
)
def test_order_of_rows_and_calendar_do_not_matter(main, changed, random, shift):
    table = with_anchors(changed).unique("patient_id", keep="first")
    table = table.sort("source_row")
    order = list(range(table.height))
    random.shuffle(order)
    moved = table[order].with_columns(pl.col("index_date") + pl.duration(days=shift))
    ends = {
        name: (date.fromisoformat(day) + timedelta(shift)).isoformat()
        for name, day in LAWS["enrolled"].items()
    }

    patients, attrition, quarantine = run_once(main, table, **LAWS)
    again = run_once(main, moved, **{**LAWS, "enrolled": ends})

    shifted = pl.col("index_date") + pl.duration(days=shift)
    assert again[0].equals(patients.with_columns(shifted))
    assert again[1].equals(attrition)
    place = ["source_file", "source_row"]
    assert again[2].sort(place).equals(quarantine.sort(place))


def test_a_row_set_aside_for_one_fault_ends_nothing_by_another():
    where = {"file": "f.csv", "row": 3, "what": "is not known"}
    faults = Faults.of(
        [
            {**where, "column": "id", "rule": "patient_absent"},
            {**where, "column": "os", "rule": "time_absent"},
        ]
    )

    check_faults(faults, [], quarantine=["patient_absent"])
    with pytest.raises(InputError, match="time_absent"):
        check_faults(faults, [], quarantine=["covariate_absent"])


def test_an_empty_arm_is_not_told_where_the_file_could_not_be_used():
    faults = Faults.of(
        [{"file": "f.csv", "rule": "file_unreadable", "what": "is empty"}]
    )

    with pytest.raises(InputError) as told:
        check_faults(faults, ["arm A is empty"], quarantine=[])

    assert "arm A" not in str(told.value)


def measured():
    days = pl.Series([-3.0, 0.0, 2.0, None])
    return candidates({}, {}, {}, {}).with_columns(age_measured=days)


def test_covariate_measured_after_time_zero_is_found_and_left_to_the_audit(select):
    found = faults_of(measured(), columns={"age_measured": "Days to age"})

    patients, attrition, quarantine = select(measured())

    assert found.select("row", "column", "rule").rows() == [
        (4, "Days to age", "covariate_later")
    ]
    assert "covariate age is measured after" in found["what"][0]
    assert patients["age_measured"].to_list() == [-3.0, 0.0, 2.0, None]
    assert attrition.height == 1
    assert quarantine.is_empty()


def test_covariate_measured_after_time_zero_may_be_set_aside(select):
    reasons = {"covariate_later": "Measured later"}

    patients, attrition, quarantine = select(measured(), reasons=reasons)

    assert patients.height == 3
    assert attrition["reason"].to_list()[-1] == "Measured later"
    assert quarantine["source_row"].to_list() == [4]


def test_covariate_measured_later_hides_no_other_fault(select):
    table = measured().with_columns(os_event=pl.Series([None, True, None, True]))

    with pytest.raises(InputError) as error:
        select(table)

    assert "2 rows (2, 4)" in str(error.value)
    assert "covariate_later" not in str(error.value)


def test_covariate_that_will_be_imputed_may_be_unknown(select):
    table = candidates({}, {"age": None}, {}, {"sex": None})

    patients, _, quarantine = select(table, optional=["age", "sex"])

    assert patients.height == 4
    assert patients["age"].null_count() == 1
    assert quarantine.is_empty()


def test_structural_gap_sets_nobody_aside(select):
    table = candidates({}, {"age": None}, {}, {"sex": None})

    patients, _, quarantine = select(
        table, optional=["age"], reasons={"covariate_absent": "Not known"}
    )

    assert patients["patient_id"].to_list() == ["secret0", "secret1", "secret2"]
    assert patients["age"].null_count() == 1
    assert quarantine["column"].to_list() == ["sex"]


def test_covariate_known_of_nobody_is_a_fault_of_the_cohort(select):
    table = candidates(*[{"age": None}] * 4)

    with pytest.raises(InputError, match="covariate age is known of nobody"):
        select(table, optional=["age", "sex"])


def test_who_was_treated_by_time_zero_leaves_by_steps_of_their_own(select):
    table = candidates(*[{}] * 6).with_columns(
        early=pl.Series(["before", "same_day", None, "before", None, None])
    )

    patients, attrition, _ = select(table)

    assert patients["patient_id"].to_list() == ["secret2", "secret4", "secret5"]
    assert attrition.select("reason", "n_after", "n_event_after").rows()[1:] == [
        ("Treated before time zero", 4, 0),
        ("Treated on the day of time zero", 3, 0),
    ]


def test_time_zero_never_moves_to_a_later_visit_without_a_word(select):
    table = candidates({}, {}, {}, {}, {}).with_columns(
        index_unusable=pl.Series([False, True, False, False, False])
    )
    columns = {"visit_date": "Day"}

    with pytest.raises(InputError) as error:
        select(table, columns=columns)

    told = "column Day, 1 row (3): was not the first: that is set aside"
    assert f"{told} [index_visit_unusable]" in str(error.value)
    reasons = {"index_visit_unusable": RULES["index_visit_unusable"]}
    patients, attrition, quarantine = select(table, columns=columns, reasons=reasons)
    assert patients.height == 4
    assert attrition["reason"][-1] == "First visit could not be used"
    assert quarantine["source_row"].to_list() == [3]


def test_expression_that_is_not_known_does_not_stay():
    table = pl.DataFrame({"eligible_x": [True, False, None]})
    asked = [condition(where="a > 1")]

    kept, steps = restrict_eligible(
        table, start_attrition(3), asked, event="eligible_x"
    )

    assert kept.height == 1
    assert steps["n_event_after"].to_list() == [None, 1]
