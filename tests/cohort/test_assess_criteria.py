from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twoarm.cohort.criteria import assess_items, find_met, summarise_versions
from twoarm.cohort.exposures import derive_exposures
from twoarm.dictionary import EXPORTS
from twoarm.questions import ASSESSMENT
from twoarm.tables.criteria import Criteria, Versions
from twoarm.tables.harmonisation import Records

START = date(2021, 6, 1)


def day(number):
    return START + timedelta(number)


def exams(*days, **values):
    return [{"exam_date": each, **values} for each in days]


def drug(drug_class, start, end=None, n_cycles=None):
    return {
        "drug_class": drug_class,
        "start_date": start,
        "end_date": end,
        "n_cycles": n_cycles,
    }


def sizes(*rows):
    return [{"exam_date": on, "target_sum_mm": size} for on, size in rows]


@pytest.fixture(scope="session")
def at(course):
    """Value of a column at each assessment of one patient, by its day."""

    def values(column, **tables):
        assessed = derive_exposures(course(**tables))
        days = (assessed["exam_date"] - START).dt.total_days()
        return dict(zip(days, assessed[column], strict=True))

    return values


def test_columns_are_those_that_may_be_asked(course):
    assessed = derive_exposures(course(assessments=exams(0)))

    assert assessed.columns == ["patient_id", "exam_date", *ASSESSMENT]


def test_days_count_from_the_first_dose(at):
    found = at("days_since_first_dose", assessments=exams(-9, 0, 30))

    assert found == {-9: -9.0, 0: 0.0, 30: 30.0}


# Cycles


def test_second_cycle_begins_21_days_after_the_first(at):
    found = at(
        "n_cycles",
        assessments=exams(-1, 0, 20, 21, 41, 42),
        treatments=[drug("ici", 0, n_cycles=9.0)],
    )

    assert found == {-1: 0.0, 0: 1.0, 20: 1.0, 21: 2.0, 41: 2.0, 42: 3.0}


def test_cycles_are_no_more_than_were_given(at):
    rows = [drug("ici", 0, 30, 2.0), drug("ici", 100, None, 1.0)]

    assert at("n_cycles", assessments=exams(99, 100, 900), treatments=rows) == {
        99: 2.0,
        100: 3.0,
        900: 3.0,
    }


def test_only_cycles_of_an_inhibitor_count_and_unknown_numbers_stay_so(at):
    rows = [drug("antivegf", 0, None, 5.0), drug("tki", 0)]
    assert at("n_cycles", assessments=exams(90), treatments=rows) == {90: 0.0}
    assert at("n_cycles", assessments=exams(90)) == {90: 0.0}

    unknown = [drug("ici", 0, 30, None), drug("ici", 95, None, 4.0)]
    assert at("n_cycles", assessments=exams(90), treatments=unknown) == {90: None}


# Combination


@pytest.mark.parametrize(
    ("end", "exam", "overlap", "together"),
    [
        (20, 300, 20.0, False),
        (21, 300, 21.0, True),
        (300, 20, 20.0, False),
        (300, 21, 21.0, True),
        (None, 21, 21.0, True),
        (None, 0, 0.0, False),
    ],
)
def test_combination_is_an_overlap_of_21_days(at, end, exam, overlap, together):
    rows = [drug("ici", 0, end), drug("tki", 0)]

    for column, expected in (("overlap_days", overlap), ("combination", together)):
        found = at(column, assessments=exams(exam), treatments=rows)
        assert found == {exam: expected}


@pytest.mark.parametrize(("gap", "together"), [(60, True), (61, False)])
@pytest.mark.parametrize("first", ["ici", "antivegf"])
def test_drugs_of_a_combination_begin_at_most_60_days_apart(at, gap, together, first):
    second = {"ici": "antivegf", "antivegf": "ici"}[first]
    rows = [drug(first, 0), drug(second, gap)]

    found = at("combination", assessments=exams(500), treatments=rows)

    assert found == {500: together}


@pytest.mark.parametrize(
    "classes", [("ici", "ici"), ("tki", "antivegf"), ("ici",), (None, "tki")]
)
def test_two_drugs_without_an_inhibitor_and_a_partner_are_no_combination(at, classes):
    rows = [drug(each, 0) for each in classes]

    found = at("combination", assessments=exams(500), treatments=rows)

    assert found == {500: False}


def test_of_several_pairs_the_longest_overlap_counts(at):
    rows = [drug("ici", 0, 10), drug("ici", 12, 40), drug("tki", 0, 50)]

    assert at("overlap_days", assessments=exams(500), treatments=rows) == {500: 28.0}


def test_drugs_that_do_not_meet_overlap_for_no_day(at):
    rows = [drug("ici", 0, 10), drug("tki", 30, 50)]

    assert at("overlap_days", assessments=exams(500), treatments=rows) == {500: 0.0}


# Response


def test_response_is_held_from_the_first_assessment_without_progression(at):
    rows = sizes((-3, 80.0), (30, 78.0), (85, 70.0), (86, 60.0))

    found = at("non_progression_days", assessments=rows)

    assert found == {-3: None, 30: 0.0, 85: 55.0, 86: 56.0}


def test_where_targets_were_not_measured_nothing_is_known_to_hold(at):
    rows = sizes((-3, 80.0), (30, 78.0), (60, None), (90, 70.0))

    found = at("non_progression_days", assessments=rows)

    assert found == {-3: None, 30: 0.0, 60: None, 90: 60.0}


@pytest.mark.parametrize(
    ("nadir", "size", "progressed"),
    [
        (64.0, 76.7, False),
        (64.0, 76.8, True),  # exactly a fifth, where floats fall short
        (20.0, 24.5, False),  # more than a fifth, but 4.5 mm
        (20.0, 25.0, True),
    ],
)
def test_progression_is_growth_from_the_smallest_sum(at, nadir, size, progressed):
    rows = sizes((0, 100.0), (30, nadir), (60, size), (90, 10.0))

    found = at("progressed", assessments=rows)

    assert found == {0: None, 30: False, 60: progressed, 90: progressed}


def test_growth_from_the_baseline_is_progression_too(at):
    assert at("progressed", assessments=sizes((0, 50.0), (30, 60.0)))[30]


def test_after_progression_no_response_counts(at):
    rows = sizes((0, 50.0), (30, 40.0), (60, 50.0), (120, 40.0))

    found = at("non_progression_days", assessments=rows)

    assert found == {0: None, 30: 0.0, 60: None, 120: None}


@pytest.mark.parametrize(("noted", "progressed"), [(59, True), (60, True), (61, False)])
def test_progression_that_was_noted_counts_from_its_day(at, noted, progressed):
    told = [{"last_contact_date": 900, "progression_date": noted}]

    found = at("progressed", assessments=sizes((0, 50.0), (60, 40.0)), follow_ups=told)

    assert found[60] is progressed


def test_new_lesion_is_progression(at):
    rows = [*sizes((0, 50.0)), {"exam_date": 30, "new_lesion": True}]

    assert at("progressed", assessments=rows)[30]


def test_changes_are_percent_of_the_last_sum_before_the_first_dose(at):
    rows = sizes((-30, 10.0), (0, 80.0), (40, 20.0), (70, 40.0), (90, None))

    assert at("change_percent", assessments=rows) == {
        -30: None,
        0: None,
        40: -75.0,
        70: -50.0,
        90: None,
    }
    best = at("best_change_percent", assessments=rows)
    assert (best[40], best[70], best[90]) == (-75.0, -75.0, -75.0)
    nothing = at("change_percent", assessments=sizes((0, 0.0), (40, 20.0)))
    assert nothing[40] is None


def test_of_two_assessments_on_a_day_the_last_known_of_each_finding_counts(at):
    rows = [
        {"exam_date": 30, "ecog": 0.0, "child_pugh": 5.0},
        {"exam_date": 30, "ecog": 1.0},
    ]

    assert at("ecog", assessments=rows) == {30: 1.0}
    assert at("child_pugh", assessments=rows) == {30: 5.0}


# Items and versions


def rules(**versions):
    return {
        version: {
            "label": version.upper(),
            "items": [
                {"name": name, "reason": f"Not {name}", "where": where}
                for name, where in items.items()
            ],
        }
        for version, items in versions.items()
    }


BOTH = rules(
    v={"fit": "ecog <= 1", "yes": "mdt_resectable"}, w={"ecog": "ecog is not null"}
)


@pytest.fixture(scope="session")
def met(course):
    """Day on which the version `v` of rules is first met; None if never."""

    def first(versions, **tables):
        asked = assess_items(derive_exposures(course(**tables)), versions)
        found = find_met(Criteria.check(asked), "v")
        return (found["criteria_date"].item() - START).days if found.height else None

    return first


def test_all_items_must_be_true_at_one_assessment(met):
    rows = [
        {"exam_date": 10, "ecog": 0.0, "mdt_resectable": False},
        {"exam_date": 20, "ecog": 2.0, "mdt_resectable": True},
        {"exam_date": 30, "mdt_resectable": True},
        {"exam_date": 50, "ecog": 0.0, "mdt_resectable": True},
        {"exam_date": 40, "ecog": 1.0, "mdt_resectable": True},
    ]

    assert met(BOTH, assessments=rows) == 40
    assert met(BOTH, assessments=rows[:3]) is None
    assert met(BOTH) is None


def test_two_assessments_of_one_day_meet_the_criteria_together(met):
    rows = [{"exam_date": 40, "ecog": 1.0}, {"exam_date": 40, "mdt_resectable": True}]
    assert met(BOTH, assessments=rows) == 40

    taken_back = [*rows, {"exam_date": 40, "mdt_resectable": False}]
    assert met(BOTH, assessments=taken_back) is None


CYCLES = rules(v={"cycles": "n_cycles >= 2", "together": "combination"})
HELD = rules(v={"held": "non_progression_days >= 56"})


@pytest.mark.parametrize(
    ("n_cycles", "exam", "first"),
    [(2.0, 21, 21), (1.0, 300, None), (2.0, 20, None), (None, 300, None)],
)
def test_exactly_two_cycles_are_enough(met, n_cycles, exam, first):
    rows = [drug("ici", 0, None, n_cycles), drug("antivegf", 0)]

    assert met(CYCLES, assessments=exams(exam), treatments=rows) == first


@pytest.mark.parametrize(("second", "first"), [(85, None), (86, 86)])
def test_response_must_hold_for_exactly_56_days(met, second, first):
    rows = sizes((0, 80.0), (30, 60.0), (second, 60.0))

    assert met(HELD, assessments=rows) == first


def test_every_item_is_kept_known_or_not(course):
    asked = assess_items(
        derive_exposures(course(assessments=exams(10, ecog=0.0))), BOTH
    )

    kept = Criteria.check(asked).drop("patient_id", "exam_date")
    assert kept.to_dicts() == [{"v:fit": True, "v:yes": None, "w:ecog": True}]


def test_versions_count_who_meets_an_item_and_who_all_at_once(course):
    rows = [
        {"patient_id": "p", "exam_date": 10, "ecog": 0.0},
        {"patient_id": "p", "exam_date": 20, "ecog": 3.0, "mdt_resectable": True},
        {"patient_id": "q", "exam_date": 10, "ecog": 0.0, "mdt_resectable": True},
        {"patient_id": "q", "exam_date": 20, "ecog": 0.0, "mdt_resectable": True},
    ]
    people = [{"patient_id": name, "first_dose_date": 0} for name in "pqr"]
    tables = course(patients=people, assessments=rows)
    asked = assess_items(derive_exposures(tables), BOTH)

    found = Versions.check(summarise_versions(asked, BOTH, used="w"))

    columns = ("version", "used", "item", "n_ever", "n_met")
    assert found.select(columns).rows() == [
        ("v", False, "fit", 2, 1),
        ("v", False, "yes", 2, 1),
        ("w", True, "ecog", 2, 2),
    ]


def test_nobody_was_assessed(course):
    asked = assess_items(derive_exposures(course()), BOTH)

    assert Criteria.check(asked).is_empty()
    counted = summarise_versions(asked, BOTH, used="v")
    assert counted["n_ever"].to_list() == [0, 0, 0]


# Laws


some = st.lists(
    st.fixed_dictionaries(
        {
            "patient_id": st.sampled_from("pq"),
            "exam_date": st.integers(-5, 4).map(lambda week: 30 * week),
        },
        optional={
            "target_sum_mm": st.sampled_from([20.0, 40.0, 50.0, 90.0]),
            "ecog": st.sampled_from([0.0, 2.0]),
            "mdt_resectable": st.booleans(),
            "new_lesion": st.booleans(),
        },
    ),
    max_size=10,
)
given_drugs = st.lists(
    st.builds(
        lambda patient, *rest: {"patient_id": patient, **drug(*rest)},
        st.sampled_from("pq"),
        st.sampled_from(["ici", "tki", "antivegf"]),
        st.integers(-30, 70),
        st.one_of(st.none(), st.integers(70, 120)),
        st.one_of(st.none(), st.sampled_from([1.0, 3.0])),
    ),
    max_size=6,
)
PEOPLE = [{"patient_id": name, "first_dose_date": 0} for name in "pq"]
EVERY = rules(
    v={"a": "n_cycles >= 2", "b": "combination", "c": "not progressed"},
    w={"d": "non_progression_days >= 56", "e": "best_change_percent < -20"},
    x={"f": "mdt_resectable and ecog <= 1"},
)


@given(some, given_drugs, st.randoms(use_true_random=False), st.sampled_from([-800, 3]))
@settings(max_examples=40, deadline=None)
def test_order_of_rows_and_calendar_do_not_matter(course, rows, drugs, random, shift):
    tables = course(patients=PEOPLE, assessments=rows, treatments=drugs)
    moved = {}
    for name, records in tables.items():
        order = list(range(records.height))
        random.shuffle(order)
        later = pl.selectors.date() + pl.duration(days=shift)
        moved[name] = records[order].with_columns(later)

    asked = assess_items(derive_exposures(tables), EVERY)
    again = assess_items(derive_exposures(moved), EVERY)

    back = pl.col("exam_date") - pl.duration(days=shift)
    assert again.with_columns(back).equals(asked)


@given(some, given_drugs, st.integers(-5, 4).map(lambda week: 30 * week))
@settings(max_examples=40, deadline=None)
def test_nothing_of_a_later_day_bears_on_an_assessment(course, rows, drugs, until):
    tables = course(patients=PEOPLE, assessments=rows, treatments=drugs)
    early = {
        **tables,
        "assessments": tables["assessments"].filter(pl.col("exam_date") <= day(until)),
        "treatments": tables["treatments"].filter(pl.col("start_date") <= day(until)),
    }

    known = derive_exposures(tables).filter(pl.col("exam_date") <= day(until))

    assert derive_exposures(early).equals(known)


@given(some, given_drugs)
@settings(max_examples=40, deadline=None)
def test_who_meets_all_meets_each(course, rows, drugs):
    tables = course(patients=PEOPLE, assessments=rows, treatments=drugs)
    asked = assess_items(derive_exposures(tables), EVERY)

    counted = summarise_versions(asked, EVERY, used="v")

    assert (counted["n_met"] <= counted["n_ever"]).all()
    for version in EVERY:
        found = find_met(asked, version)
        assert found.height == counted.filter(version=version)["n_met"][0]
        first = asked.join(
            found,
            left_on=["patient_id", "exam_date"],
            right_on=["patient_id", "criteria_date"],
            how="semi",
        )
        items = [f"{version}:{item['name']}" for item in EVERY[version]["items"]]
        assert first.height == found.height
        assert first.select(pl.all_horizontal(items).all()).item()


def test_labels_of_centres_change_nothing(course):
    tables = course(assessments=exams(30, ecog=0.0, mdt_resectable=True))
    renamed = {
        name: rows.with_columns(centre=pl.lit("z")) for name, rows in tables.items()
    }

    asked = assess_items(derive_exposures(renamed), BOTH)

    assert asked.equals(assess_items(derive_exposures(tables), BOTH))


def test_script_writes_items_and_counts(course, script, tmp_path):
    tables = course(assessments=exams(30, ecog=0.0, mdt_resectable=True))
    paths = []
    for name, rows in tables.items():
        paths.append(str(tmp_path / f"{name}.parquet"))
        Records.write(rows, paths[-1])

    script("cohort/assess_criteria").main(
        records=paths,
        criteria=tmp_path / "criteria.parquet",
        versions=tmp_path / "versions.parquet",
        tables=list(EXPORTS),
        rules=BOTH,
        used="v",
    )

    asked = Criteria.read(tmp_path / "criteria.parquet")
    assert find_met(asked, "v")["criteria_date"].to_list() == [day(30)]
    assert Versions.read(tmp_path / "versions.parquet")["n_met"].to_list() == [1, 1, 1]
