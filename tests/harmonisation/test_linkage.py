"""Linkage: one person once, and never two as one."""

import datetime as dt
import time

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twoarm.harmonisation.linkage import link_patients

BORN, DOSED = dt.date(1960, 5, 17), dt.date(2021, 3, 5)
SCHEMA = {
    "patient_id": pl.String, "national_id": pl.String, "person_name": pl.String,
    "sex": pl.String, "birth_date": pl.Date, "first_dose_date": pl.Date,
}  # fmt: skip


def patient(name, *, national=None, called=None, sex="male", born=BORN, dosed=DOSED):
    return (name, national, called, sex, born, dosed)


def linked(*patients, afp=()):
    people = pl.DataFrame(patients, SCHEMA, orient="row")
    values = pl.DataFrame(
        list(afp), {"patient_id": pl.String, "afp_ng_ml": pl.Float64}, orient="row"
    )
    return link_patients(people, values)


def person_of(result):
    return dict(result.persons.select("patient_id", "person").iter_rows())


def test_the_same_national_id_is_one_person_whoever_was_dosed_first():
    earlier = DOSED - dt.timedelta(1)
    result = linked(
        patient("a:1", national="x"), patient("b:9", national="x", dosed=earlier)
    )
    assert person_of(result) == {"a:1": "b:9", "b:9": "b:9"}
    assert result.persons["rule"].to_list() == ["national_id"] * 2
    assert result.persons["survivor"].to_list() == [False, True]


def test_a_doubted_national_id_finds_nobody():
    result = linked(patient("a:1", national="?x"), patient("b:1", national="?x"))
    assert person_of(result) == {"a:1": "a:1", "b:1": "b:1"}


def test_name_sex_and_birth_date_must_all_agree():
    result = linked(
        patient("a:1", called="n"),
        patient("b:1", called="n"),
        patient("b:2", called="n", sex="female"),
        patient("b:3", called="n", born=BORN + dt.timedelta(1)),
        patient("b:4"),
        patient("b:5"),
    )
    assert person_of(result)["b:1"] == "a:1"
    assert result.persons["person"].n_unique() == 5
    assert result.persons["rule"].to_list()[:2] == ["name_and_birth"] * 2


def test_what_follows_from_two_pairs_holds():
    result = linked(
        patient("a:1", national="x"),
        patient("b:1", national="x", called="n"),
        patient("c:1", called="n"),
    )
    assert set(person_of(result).values()) == {"a:1"}


def test_two_national_ids_are_never_one_person_and_are_told():
    result = linked(
        patient("a:1", national="x", called="n"),
        patient("b:1", called="n"),
        patient("c:1", national="y", called="n"),
    )
    assert result.persons["person"].n_unique() == 3
    assert set(result.reviews["rule"]) == {"ids_differ"}


@pytest.mark.parametrize(
    ("born", "dosed", "afp", "asked"),
    [(2, 30, 110.0, True), (-2, -30, 91.0, True), (3, 0, 100.0, False),
     (0, 31, 100.0, False), (0, 0, 111.0, False), (0, 0, 90.0, False)],
)  # fmt: skip
def test_those_alike_are_asked_about_and_not_merged(born, dosed, afp, asked):
    other = patient(
        "b:1", born=BORN + dt.timedelta(born), dosed=DOSED + dt.timedelta(dosed)
    )
    result = linked(patient("a:1"), other, afp=[("a:1", 100.0), ("b:1", afp)])
    assert person_of(result)["b:1"] == "b:1"
    assert result.reviews.rows() == ([("a:1", "b:1", "alike")] if asked else [])


def test_no_pair_alike_is_lost_by_how_it_is_looked_for():
    days = [dt.timedelta(int(k)) for k in np.random.default_rng(3).integers(0, 99, 80)]
    people = [
        patient(f"a:{k}", born=BORN + dt.timedelta(k % 6), dosed=DOSED + day)
        for k, day in enumerate(days)
    ]
    result = linked(*people, afp=[(name, 9.0) for name, *_ in people])
    alike = {
        (one[0], other[0])
        for one in people
        for other in people
        if one[0] < other[0]
        and abs(one[4] - other[4]).days <= 2
        and abs(one[5] - other[5]).days <= 30
    }
    found = {tuple(sorted(pair)) for *pair, _ in result.reviews.rows()}
    assert found == alike
    assert len(result.reviews) == len(alike) > 500


def test_of_two_with_the_same_first_dose_the_one_told_first_survives():
    people = [patient("a:1", national="x"), patient("b:1", national="x")]
    frame = pl.DataFrame(people, SCHEMA, orient="row").with_columns(
        place=pl.Series([7, 3])
    )
    none = pl.DataFrame(schema={"patient_id": pl.String, "afp_ng_ml": pl.Float64})
    assert person_of(link_patients(frame, none)) == {"a:1": "b:1", "b:1": "b:1"}


patients = st.lists(
    st.tuples(
        st.sampled_from([None, "x", "y", "?z"]),
        st.sampled_from([None, "m", "n"]),
        st.sampled_from([BORN, BORN + dt.timedelta(1)]),
        st.sampled_from([DOSED, DOSED + dt.timedelta(20), None]),
    ),
    min_size=1,
    max_size=9,
)


@settings(max_examples=60)
@given(rows=patients, seed=st.integers(0, 99))
def test_laws_of_linkage(rows, seed):
    people = [
        patient(f"p{place}", national=i, called=called, born=born, dosed=dosed)
        for place, (i, called, born, dosed) in enumerate(rows)
    ]
    result = linked(*people)
    order = np.random.default_rng(seed).permutation(len(people))
    assert linked(*(people[k] for k in order)).persons.equals(result.persons)
    assert result.persons["patient_id"].to_list() == sorted(each[0] for each in people)
    assert result.persons["survivor"].sum() == result.persons["person"].n_unique()
    ids = pl.DataFrame(people, SCHEMA, orient="row").join(
        result.persons, on="patient_id"
    )
    ids = ids.filter(~pl.col("national_id").str.starts_with("?"))
    assert ids.group_by("person").agg(
        pl.col("national_id").n_unique()
    )["national_id"].max() in (None, 1)  # fmt: skip
    found = ids.group_by("national_id").agg(pl.col("person").n_unique())
    assert found["person"].max() in (None, 1)


def test_100_000_patients_take_seconds():
    n = 100_000
    rng = np.random.default_rng(1)
    born = dt.date(1940, 1, 1)
    people = pl.DataFrame(
        {
            "patient_id": [f"a:{k:06}" for k in range(n)],
            "national_id": [f"{k // 2:06}" if k % 10 < 2 else None for k in range(n)],
            "person_name": [f"{k}" for k in rng.integers(0, 5000, n)],
            "sex": rng.choice(["female", "male"], n),
            "birth_date": [
                born + dt.timedelta(int(k)) for k in rng.integers(0, 2e4, n)
            ],
            "first_dose_date": [
                DOSED + dt.timedelta(int(k)) for k in rng.integers(0, 1500, n)
            ],
        }
    )
    afp = people.select("patient_id", afp_ng_ml=pl.lit(100.0))
    start = time.process_time()
    result = link_patients(people, afp)
    assert time.process_time() - start < 5
    assert result.persons.height == n
    assert result.persons.filter(rule="national_id").height == 20_000
