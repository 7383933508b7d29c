"""Counts of cells, places of faults, and centres that stand out."""

import datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twoarm.flags import BITS
from twoarm.harmonisation.distributions import (
    assess_distributions,
    assess_spans,
    compare_medians,
    count_shifted,
)
from twoarm.harmonisation.quality import list_places, summarise_cells
from twoarm.tables.cohort import Quarantine
from twoarm.tables.harmonisation import OUTCOMES, Cells
from twoarm.tables.ingestion import Faults
from twoarm.tables.quality import Distributions, Places, Quality, Spans


def cell(row=2, outcome="used", rule=None, flags=0, **more):
    return {
        **{"file": "a/labs.csv", "sheet": None, "row": row, "column": "TBIL"},
        **{"table": "labs", "field": "bilirubin_umol_l", "text": "zq7"},
        **{"outcome": outcome, "rule": rule, "flags": flags},
        **more,
    }


def counts(cells, what):
    found = Quality.check(summarise_cells(Cells.check(Cells.of(cells)).lazy()))
    rows = found.filter(what=what, centre="a").sort("name")
    return dict(rows.select("name", "n_cells").rows())


def test_cells_are_counted_by_outcome_rule_and_flag():
    converted, comparator = BITS["unit_converted"], BITS["comparator"]
    cells = [
        cell(2, flags=converted),
        cell(3, flags=converted | comparator),
        cell(4, "missing"),
        cell(5, "withheld", "range_hard", BITS["range_hard"]),
        cell(6, "withheld", "number_unreadable"),
        cell(7, "set_aside", flags=converted),
    ]
    assert counts(cells, "outcome") == {
        "used": 2,
        "missing": 1,
        "withheld": 2,
        "set_aside": 1,
    }
    assert counts(cells, "rule") == {"number_unreadable": 1, "range_hard": 1}
    assert counts(cells, "flag") == {"comparator": 1, "unit_converted": 2}


@given(
    st.lists(
        st.tuples(
            st.sampled_from(OUTCOMES),
            st.sampled_from(["a/x.csv", "b/y.xlsx"]),
            st.sampled_from([None, "S"]),
        ),
        max_size=40,
    )
)
@settings(max_examples=20, deadline=None)
def test_no_cell_is_lost(drawn):
    cells = [
        cell(row, outcome, file=file, sheet=sheet)
        for row, (outcome, file, sheet) in enumerate(drawn, start=2)
    ]
    found = summarise_cells(Cells.of(cells).lazy()).filter(what="outcome")
    assert found["n_cells"].sum() == len(cells)
    for file in ("a/x.csv", "b/y.xlsx"):
        read = sum(each["file"] == file for each in cells)
        assert found.filter(file=file)["n_cells"].sum() == read


def test_places_name_the_rows_and_no_value():
    cells = Cells.of(
        [cell(row, "withheld", "number_unreadable") for row in range(2, 90)]
        + [cell(95, "set_aside"), cell(96)]
    )
    quarantine = Quarantine.of(
        [
            {
                "source_file": "a/labs.csv",
                "source_row": 95,
                "column": "Date",
                "rule": "date_absent",
                "reason": "Date not known",
            }
        ]
    )
    same = {"file": "a/labs.csv", "row": 95, "column": "Date", "rule": "date_absent"}
    faults = Faults.of(
        [
            {**same, "what": "is listed as set aside"},
            {"file": "b/x.csv", "rule": "file_unreadable", "what": "is empty"},
        ]
    )
    found = Places.check(list_places(cells, quarantine, faults))
    assert found["kind"].to_list() == ["fault", "withheld", "set_aside"]
    assert found["n_rows"].to_list() == [0, 88, 1]
    assert found["rows"].list.len().to_list() == [0, 50, 1]
    assert found["centre"].to_list() == ["b", "a", "a"]
    assert "zq7" not in str(found.to_dicts())


def labs(field="bilirubin_umol_l", **centres):
    frames = [
        pl.DataFrame({"centre": centre, field: np.asarray(values, float)})
        for centre, values in centres.items()
    ]
    return {"labs": pl.concat(frames).lazy()}


def lognormal(median, n=60, sigma=0.45):
    """Quantiles of a log-normal distribution: a sample without luck."""
    from scipy.stats import norm

    return median * np.exp(sigma * norm.ppf((np.arange(n) + 0.5) / n))


def verdicts(tables):
    found = Distributions.check(assess_distributions(tables))
    return dict(found.select("centre", "verdict").rows())


def test_quartiles_and_the_centre_with_another_unit():
    tables = labs(a=lognormal(16), b=lognormal(14), c=lognormal(15 / 17.104))
    found = assess_distributions(tables)
    first = found.row(0, named=True)
    values = lognormal(16)
    assert [first["lower"], first["median"], first["upper"]] == pytest.approx(
        np.quantile(values, [0.25, 0.5, 0.75])
    )
    told = verdicts(tables)
    assert told["a"] is None
    assert told["b"] is None
    assert "far below the other centres'" in told["c"]
    assert "unusual" in told["c"]


def test_centres_that_differ_as_patients_do_are_not_marked():
    medians = (12, 12.1, 12.2, 15)
    tables = labs(
        **{name: lognormal(x) for name, x in zip("abcd", medians, strict=True)}
    )
    assert set(verdicts(tables).values()) == {None}


def test_distance_by_hand():
    # Medians 0, 1, 2, 9; within each centre the deviation is 1.4826 x 1.
    logs = {
        name: np.array([x - 1, x, x + 1.0])
        for name, x in zip("abcd", (0, 1, 2, 9), strict=True)
    }
    found = compare_medians(logs)
    # The others of d: medians 0, 1, 2, of which the deviation is 1.4826 too.
    assert found["d"] == pytest.approx((9 - 1) / 1.4826)
    # The others of a: 1, 2, 9; median 2, deviation 1.4826 x 1.
    assert found["a"] == pytest.approx((0 - 2) / 1.4826)
    assert compare_medians({"a": np.arange(9.0)}) == {}


@given(st.floats(0.01, 100), st.permutations("abc"))
@settings(max_examples=20, deadline=None)
def test_the_unit_of_all_and_the_order_do_not_matter(factor, names):
    logs = {
        "a": np.log([1.0, 2, 3]),
        "b": np.log([2.0, 3, 5]),
        "c": np.log([40.0, 50, 99]),
    }
    moved = {name: logs[name] + np.log(factor) for name in names}
    assert compare_medians(moved) == pytest.approx(compare_medians(logs))


def test_two_units_in_one_column():
    mixed = np.r_[lognormal(16), lognormal(16, 6) / 17.104]
    assert count_shifted("bilirubin_umol_l", np.log(mixed)) == 6
    assert count_shifted("bilirubin_umol_l", np.log(lognormal(16, 600))) == 0
    # A wide distribution has values a factor away without a gap before them.
    assert count_shifted("crp_mg_l", np.log(lognormal(5, 600, 1.3))) == 0
    # The factor of AFP's units is too near 1 to be seen.
    assert count_shifted("afp_ng_ml", np.log(lognormal(100, 600, 0.1))) == 0
    assert "6 values lie a unit's factor from the rest" in verdicts(labs(a=mixed))["a"]


def dates(days):
    return pl.DataFrame(
        {
            "centre": "a",
            "exam_date": [
                datetime.date(2021, 1 + k % 12, d) for k, d in enumerate(days)
            ],
        }
    ).lazy()


@pytest.mark.parametrize(
    ("days", "verdict"),
    [
        ([1 + k % 12 for k in range(36)], "right order"),
        ([1 + k % 28 for k in range(36)], None),
        ([15] * 30 + [2] * 6, "month alone"),
        ([3] * 8, None),
    ],
)
def test_dates_of_which_order_or_precision_is_odd(days, verdict):
    (row,) = Spans.check(assess_spans({"assessments": dates(days)})).to_dicts()
    assert row["n"] == len(days)
    assert row["first"] <= row["median"] <= row["last"]
    assert (row["verdict"] is None) == (verdict is None)
    assert verdict is None or verdict in row["verdict"]


def test_few_values_are_not_judged():
    assert verdicts(labs(a=[500.0] * 9, b=lognormal(16))) == {"a": None, "b": None}
