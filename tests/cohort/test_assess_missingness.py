import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twoarm.cohort.missingness import assess_missingness, select_considered
from twoarm.tables.cohort import Candidates, Missingness, Patients, Quarantine

LABELS = {"treated": "Surgery", "control": "No surgery"}
SEX = pl.Enum(["f", "m"])


def patients_of(*rows):
    """Rows of arm, centre, age, sex."""
    names = ("treated", "centre", "age", "sex")
    types = {"age": pl.Float64, "sex": SEX, "treated": pl.Boolean}
    return pl.DataFrame(
        [dict(zip(names, row, strict=True)) for row in rows],
        schema={"treated": pl.Boolean, "centre": pl.String, **types},
    ).with_columns(patient_id=pl.int_range(pl.len()).cast(pl.String))


SIX = patients_of(
    (True, "a", 50, "f"),
    (True, "a", None, "m"),
    (True, "b", 60, "m"),
    (False, "a", None, None),
    (False, "b", None, "f"),
    (False, "b", 70, "m"),
)


def assess(patients=SIX, **changed):
    usual = {"covariates": ["age", "sex"], "labels": LABELS}
    return Missingness.check(assess_missingness(patients, **{**usual, **changed}))


def counts(table, covariate):
    rows = table.filter(pl.col("covariate").eq_missing(pl.lit(covariate, pl.String)))
    return {
        group: (n, missing)
        for group, n, missing in rows.select(
            "group", "n_patients", "n_missing"
        ).iter_rows()
    }


def told(table, covariate, column):
    return set(table.filter(covariate=covariate)[column])


def test_counts_by_arm_and_centre():
    table = assess()

    groups = {"all": 6, "Surgery": 3, "No surgery": 3, "a": 3, "b": 3}
    age = dict(zip(groups, (3, 1, 2, 2, 1), strict=True))
    sex = dict(zip(groups, (1, 0, 1, 1, 0), strict=True))
    assert counts(table, "age") == {g: (n, age[g]) for g, n in groups.items()}
    assert counts(table, "sex") == {g: (n, sex[g]) for g, n in groups.items()}
    assert counts(table, None) == counts(table, "age")  # who has no sex has no age
    assert set(table["handling"]) == {"set aside"}
    assert table.filter(covariate="age", by="all")["share_missing"].item() == 0.5
    assert set(table["concern"]) == {""}  # a half is not fewer


def test_one_centre_makes_no_groups():
    for patients in (SIX.drop("centre"), SIX.with_columns(centre=pl.lit("a"))):
        assert set(assess(patients)["by"]) == {"all", "arm"}


def test_handling_says_what_becomes_of_the_gaps():
    table = assess(structural=["age"], imputed=True)

    assert told(table, "age", "handling") == {"left as it is"}
    assert told(table, "sex", "handling") == {"imputed"}
    # Any of them does not count those whose gap is structural.
    assert counts(table, None) == counts(table, "sex")
    whole = assess(SIX.with_columns(sex=pl.lit("f", SEX)))
    assert told(whole, "sex", "handling") == {"complete"}


def test_what_is_known_of_few_is_a_concern():
    few = SIX.with_columns(age=pl.when(pl.col("age") > 55).then("age"))

    table = assess(few, imputed=True)

    assert told(table, "age", "concern") == {"known of fewer than half"}
    assert told(table, "sex", "concern") == {""}
    # A structural gap is no concern: it was named.
    assert told(assess(few, structural=["age"]), "age", "concern") == {""}


@pytest.mark.parametrize(
    ("column", "one", "words"),
    [("treated", False, "arm"), ("centre", "a", "centre")],
)
def test_gap_of_one_group_is_a_concern(column, one, words):
    rows = [
        (arm, centre, None if one in (arm, centre) else 60, "f")
        for arm in (True, False)
        for centre in ("a", "b")
        for _ in range(20)
    ]
    whole = patients_of(*rows)
    gap = f"missing in nearly all of one {words}"

    assert told(assess(whole), "age", "concern") == {gap}
    # Of 40 one is known: nearly all. Of four known it is an accident.
    for known, expected in ((1, gap), (4, "")):
        some = pl.int_range(pl.len()).over(column) < known
        filled = whole.with_columns(age=pl.when(some).then(60.0).otherwise("age"))
        assert told(assess(filled), "age", "concern") == {expected}


@given(st.permutations(range(6)))
def test_order_of_rows_does_not_matter(order):
    key = Missingness.key()

    assert assess(SIX[list(order)]).sort(key).equals(assess().sort(key))


# ------------------------------------------------------------------- who is considered


def candidates_of(patients):
    fixed = {
        "source_file": pl.lit("t.csv"),
        "source_row": pl.int_range(2, pl.len() + 2),
        "index_date": pl.lit(None, pl.Date),
        "excluded": pl.lit(False),  # noqa: FBT003
        **dict.fromkeys(
            ("treatment_days", "first_dose_days"), pl.lit(None, pl.Float64)
        ),
    }
    return patients.with_columns(**fixed)


def aside(*rows):
    return Quarantine.of(
        [
            {
                "source_file": "t.csv",
                "source_row": row,
                "column": "age",
                "rule": rule,
                "reason": "a reason",
            }
            for row, rule in rows
        ]
    )


def test_considered_are_the_analysed_and_those_without_a_covariate():
    candidates = candidates_of(SIX)
    analysed = candidates[[0, 2]]
    gone = aside((3, "covariate_absent"), (5, "covariate_absent"), (6, "time_absent"))

    found = select_considered(candidates, analysed, gone)

    assert found["patient_id"].to_list() == ["0", "1", "2", "3"]
    assert found.columns == candidates.columns


def test_repeated_patient_counts_once():
    ids = {"patient_id": pl.Series(["0", "1", "2", "0", "4", "5"])}
    candidates = candidates_of(SIX.with_columns(**ids))

    found = select_considered(candidates, candidates[[0, 1]], aside())

    assert found["source_row"].to_list() == [2, 3]


def test_script_counts_on_the_scale_of_the_analysis(script, tmp_path):
    # A size of 0 has no logarithm: it is missing in the analysis.
    candidates = candidates_of(SIX.with_columns(age=pl.col("age").fill_null(0.0)))
    Candidates.write(candidates, tmp_path / "candidates.parquet")
    Patients.write(
        candidates.filter(pl.col("age") > 0, pl.col("sex").is_not_null()).select(
            *("patient_id", "treated", "treatment_days"),
            *("index_date", "first_dose_days", "age", "sex"),
        ),
        tmp_path / "patients.parquet",
    )
    gone = aside(*((row, "covariate_absent") for row in (3, 5, 6)))
    Quarantine.write(gone, tmp_path / "quarantine.parquet")

    script("cohort/assess_missingness").main(
        *(tmp_path / f"{n}.parquet" for n in ("candidates", "patients", "quarantine")),
        tmp_path / "missingness.parquet",
        covariates={"age": {"transform": "log10"}, "sex": {"transform": None}},
        labels=LABELS,
        structural=[],
        imputed=False,
    )

    table = Missingness.read(tmp_path / "missingness.parquet")
    assert counts(table, "age")["all"] == (6, 3)
    assert counts(table, "sex")["No surgery"] == (3, 1)
