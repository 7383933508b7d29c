import polars as pl
import pytest

from twoarm.disclosure.parts import suppress_parts
from twoarm.disclosure.results import (
    select_regressions,
    suppress_checks,
    suppress_differences,
    suppress_influence,
    suppress_smooths,
)
from twoarm.tables.contract import write_csv
from twoarm.tables.fragility import Checks, Influence, Regressions, Tipping
from twoarm.tables.survival import Differences, Effects, Proportionality


def row(term, *counts, estimate=0.5, **changed):
    """Counts are n and events of the treated, then of the controls."""
    names = ("n_treated", "events_treated", "n_control", "events_control")
    usual = {"endpoint": "os", "design": "unadjusted", "measure": "hazard_ratio"}
    usual |= {"estimate": estimate, "conf_low": 0.3, "conf_high": 0.8, "p_value": 0.01}
    given = dict(zip(names, counts or (74, 17, 54, 34), strict=True))
    return {**usual, "term": term, **given, "method": "Cox", **changed}


def shown(*rows, minimum_count=5):
    table = suppress_parts(Effects.of([*rows]), minimum_count=minimum_count)
    return {each["term"]: each for each in table.iter_rows(named=True)}


ALL = row("treated")


def test_a_small_level_hides_that_count_of_every_level_of_its_covariate():
    found = shown(
        ALL,
        row("subgroup: depth=low", 23, 3, 12, 8),
        row("subgroup: depth=high", 51, 14, 42, 26),
        row("subgroup: ecog=0", 57, 11, 38, 24),
        row("subgroup: ecog=1", 17, 6, 16, 10),
    )

    for level in ("low", "high"):
        assert found[f"subgroup: depth={level}"]["events_treated"] is None
        assert found[f"subgroup: depth={level}"]["n_treated"] is not None
        assert found[f"subgroup: depth={level}"]["events_control"] is not None
    assert found["subgroup: ecog=1"]["events_treated"] == 6
    assert found["treated"] == {**Effects.of([ALL]).row(0, named=True)}


def test_other_centres_tell_a_small_one_by_what_all_have_more():
    found = shown(
        ALL,
        row("without centre: a", 74, 15, 54, 34),  # two events in centre a
        row("without centre: b", 40, 10, 30, 12),
        row("without centre: c", 34, 9, 24, 22),
    )

    for name in "abc":
        assert found[f"without centre: {name}"]["events_treated"] is None
        assert found[f"without centre: {name}"]["n_treated"] is not None


def test_hidden_counts_cannot_be_had_by_subtraction():
    """Whatever the counts are, what is blank is blank in two rows at least."""
    for small in range(1, 5):
        found = shown(
            ALL,
            row("subgroup: x=a", 74 - small, 10, 30, 20),
            row("subgroup: x=b", small, 7, 24, 14),
        )
        assert found["subgroup: x=a"]["n_treated"] is None
        assert found["subgroup: x=b"]["n_treated"] is None


def test_nothing_is_hidden_where_all_may_be_shown():
    rows = [ALL, row("subgroup: x=a", 73, 16, 53, 33), row("subgroup: x=b", 1, 1, 1, 1)]

    found = shown(*rows, minimum_count=1)

    assert found["subgroup: x=b"]["n_treated"] == 1


def test_checks_show_no_count_and_influence_no_small_number():
    checks = Checks.of(
        [
            {"check": name, "endpoint": "os", "design": "x", "n_compared": 1,
             "expected": 3.0, "found": 3.0, "tolerance": 0.0, "passed": True}
            for name in ("n_treated are the patients of the arm", "survival by SciPy")
        ]
    )  # fmt: skip
    moved = {"endpoint": "os", "design": "x", "estimate": 0.5, "lowest": 0.4,
             "highest": 0.6, "n_tipping": 0, "method": "refitted"}  # fmt: skip
    few = Influence.of([{**moved, "n_patients": 4}])

    found = suppress_checks(checks)

    assert found["expected"].to_list() == [None, 3.0]
    assert suppress_influence(few, minimum_count=5)["n_patients"].to_list() == [None]


EFFECTS = [
    ALL,
    row("treated_adjusted", estimate=0.6),
    row("treated_bootstrap", estimate=0.7),
    row("age", estimate=1.1),
    row("univariable: age", estimate=1.2),
    row("without centre: a", estimate=9.0),
    row("treated", design="matched"),
    row("resumed", design="resumed_60"),
]


def test_regression_has_each_term_alone_and_beside_the_others():
    found = select_regressions(Effects.of(EFFECTS))

    assert found.select("design", "term", "alone", "together").rows() == [
        ("unadjusted", "age", 1.2, 1.1),
        ("unadjusted", "treated", 0.5, 0.6),
    ]
    assert found["alone_p"].to_list() == [0.01, 0.01]


def test_study_without_a_regression_has_an_empty_table():
    found = select_regressions(Effects.of([ALL]))

    assert found.height == 0
    assert found.columns == Regressions.create_empty().columns


def smooth(months, *, term="treated", left=(30, 40), events=(12, 20)):
    numbers = {"estimate": 0.71234, "std_error": 0.2, "conf_low": 0.4, "conf_high": 1.2}
    names = ("n_risk_treated", "n_risk_control", "events_treated", "events_control")
    counts = dict(zip(names, (*left, *events), strict=True))
    named = {"endpoint": "os", "design": "x", "term": term, "months": months}
    return {**named, **numbers, **counts, "method": "spline"}


def test_ratio_along_time_ends_where_few_are_at_risk_and_keeps_three_places():
    rows = [smooth(1.0), smooth(2.0, left=(4, 40)), smooth(3.0, left=(20, 3))]
    found = suppress_smooths(
        Proportionality.of(rows), minimum_count=5, minimum_at_risk=5
    )

    assert found.select("months", "estimate").rows() == [(1.0, 0.712)]


@pytest.mark.parametrize("events", [(4, 20), (20, 0)])
def test_ratio_along_time_of_few_events_is_not_shown(events):
    rows = [smooth(1.0, events=events), smooth(2.0, events=events)]
    found = suppress_smooths(
        Proportionality.of(rows), minimum_count=5, minimum_at_risk=5
    )

    (row,) = found.to_dicts()
    assert row["method"].startswith("not shown")
    assert [row[name] for name in ("months", "estimate", "n_risk_treated")] == [
        None
    ] * 3
    assert row["events_treated"] == (None if events[0] == 4 else 20)


def test_difference_ends_where_few_of_an_arm_are_at_risk():
    rows = [
        {"endpoint": "os", "design": "iptw", "months": month, "estimate": 0.1,
         "std_error": 0.05, "conf_low": 0.0, "conf_high": 0.2,
         "n_risk_treated": treated, "n_risk_control": control,
         "weight_treated": 20.26, "weight_control": 31.0}
        for month, treated, control in ((0.0, 30, 12), (1.0, 30, 9), (2.0, 9, 9))
    ]  # fmt: skip

    found = suppress_differences(Differences.of(rows), minimum_at_risk=10)

    assert found.select("months", "estimate", "conf_low").rows() == [
        (0.0, 0.1, 0.0),
        (1.0, None, None),
    ]
    assert found["n_risk_control"].to_list() == [12, None]
    assert found["weight_treated"].to_list() == [20.3, 20.3]
    assert found["weight_control"].to_list() == [31.0, None]


def test_script_writes_each_table(script, tmp_path):
    tip = {"endpoint": "os", "design": "x", "kind": "censoring", "strength": 2.0,
           "estimate": 0.5}  # fmt: skip
    write_csv(Effects.of(EFFECTS), tmp_path / "effects.csv")
    Tipping.write(Tipping.of([tip]), tmp_path / "tipping.parquet")
    Influence.write(Influence.create_empty(), tmp_path / "influence.parquet")
    Checks.write(Checks.create_empty(), tmp_path / "checks.parquet")
    Proportionality.write(
        Proportionality.of([smooth(1.0)]), tmp_path / "smooths.parquet"
    )
    Differences.write(Differences.create_empty(), tmp_path / "os.parquet")
    names = ("tipping", "influence", "checks", "regression", "proportionality", "apart")
    tables = [tmp_path / f"{name}.csv" for name in names]

    script("disclosure/suppress_results").main(
        tmp_path / "effects.csv",
        tmp_path / "curves.csv",
        *(tmp_path / f"{name}.parquet" for name in (*names[:3], "smooths")),
        [tmp_path / "os.parquet"],
        tables,
        labels={"treated": "A", "control": "B"},
        minimum_count=5,
        minimum_at_risk=5,
        minimum_mark=1,
    )

    assert Tipping.read_csv(tables[0]).select("strength", "estimate").rows() == [
        (2.0, 0.5)
    ]
    assert Regressions.read_csv(tables[3]).height == 2
    assert pl.read_csv(tables[2]).columns[0] == "check"
    assert Proportionality.read_csv(tables[4])["estimate"].to_list() == [0.712]
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        pl.read_csv(tables[2])["question"]
