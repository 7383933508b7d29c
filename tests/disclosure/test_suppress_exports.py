import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twoarm.disclosure.exports import (
    suppress_quality,
    suppress_scans,
    suppress_versions,
)
from twoarm.tables.care import AdverseEvents, Findings
from twoarm.tables.criteria import Versions
from twoarm.tables.harmonisation import OUTCOMES
from twoarm.tables.outcomes import Scans
from twoarm.tables.quality import Quality

FORMULA = "=cmd|'/c calc'!A1"


def versions_of(*counts, n_met=9, reason="Not resectable"):
    return Versions.of(
        [
            {
                "version": "v",
                "label": "The board",
                "used": True,
                "position": place,
                "item": f"i{place}",
                "reason": reason,
                "n_ever": count,
                "n_met": n_met,
            }
            for place, count in enumerate(counts, start=1)
        ]
    )


def scans_of(n_patients, *, n_scans=20, arm="Surgery"):
    quartiles = {"median_days": 60.0, "lower_days": 50.0, "upper_days": 70.0}
    row = {"arm": arm, "endpoint": "pfs", "n_patients": n_patients}
    return Scans.of([{**row, "n_scans": n_scans, **quartiles}])


TOLD = ["n_patients", "n_scans", "median_days", "lower_days", "upper_days"]


def test_small_counts_of_the_criteria_are_blank():
    found = suppress_versions(versions_of(0, 1, 4, 5, n_met=3), minimum_count=5)

    assert found["n_ever"].to_list() == [0, None, None, 5]
    assert found["n_met"].to_list() == [None] * 4
    words = ["version", "label", "used", "position", "item", "reason"]
    assert found[words].equals(versions_of(0, 1, 4, 5)[words])


@pytest.mark.parametrize(
    ("n_patients", "hidden"), [(0, False), (1, True), (4, True), (5, False)]
)
def test_all_of_a_small_arm_is_blank(n_patients, hidden):
    scans = scans_of(n_patients)

    found = suppress_scans(scans, minimum_count=5)

    assert found.columns == scans.columns
    assert found.select("arm", "endpoint").equals(scans.select("arm", "endpoint"))
    if hidden:
        assert found.select(TOLD).row(0) == (None,) * 5
    else:
        assert found.equals(scans)


def test_each_arm_is_hidden_by_itself():
    both = pl.concat([scans_of(4), scans_of(9, arm="No surgery")])

    found = suppress_scans(both, minimum_count=5)

    assert found["n_patients"].to_list() == [None, 9]


@given(st.lists(st.integers(0, 12), min_size=1), st.integers(0, 9), st.integers(1, 9))
def test_no_count_of_few_patients_is_left(counts, n_met, fewest):
    versions = versions_of(*counts, n_met=n_met)
    scans = pl.concat(
        scans_of(count, arm=f"{place}") for place, count in enumerate(counts)
    )

    met = suppress_versions(versions, minimum_count=fewest)
    seen = suppress_scans(scans, minimum_count=fewest)

    for before, after in (
        (versions["n_ever"], met["n_ever"]),
        (versions["n_met"], met["n_met"]),
        (scans["n_patients"], seen["n_patients"]),
    ):
        few = before.is_between(1, fewest - 1)
        assert after.is_null().equals(few)
        assert after.filter(~few).equals(before.filter(~few))
    assert Versions.check(met.fill_null(0)).equals(met.fill_null(0))


def test_script_writes_what_may_be_told(script, tmp_path):
    Versions.write(versions_of(7, 2, reason=FORMULA), tmp_path / "versions.parquet")
    both = pl.concat([scans_of(4), scans_of(9, arm="-Surgery")])
    Scans.write(both, tmp_path / "scans.parquet")

    Quality.write(quality_of((100, 20, 0, 7)), tmp_path / "quality.parquet")
    counts = {"row": 1, "arm": "A", "item": "r_status", "level": "R0"}
    counts |= {"n_patients": 60, "n_known": 60, "n": 3, "n_of": 60}
    for name in ("response", "surgery"):
        Findings.write(Findings.of([counts]), tmp_path / f"{name}.parquet")
    harm = {"arm": "A", "period": "after_zero", "position": 0, "kind": "any"}
    harm |= {"n_at_risk": 60, "n_event": 4, "n_patients": 4, "n_known": 4}
    harm |= {"person_months": 80.0, "rate": 5.0}
    AdverseEvents.write(AdverseEvents.of([harm]), tmp_path / "adverse.parquet")
    care = ("response", "surgery", "adverse")
    read = ("versions", "scans", "quality", *care)
    written = ("criteria", "scans", "quality", *care)
    script("disclosure/suppress_exports").main(
        *(tmp_path / f"{name}.parquet" for name in read),
        *(tmp_path / f"{name}.csv" for name in written),
        minimum_count=5,
    )
    for name in ("response", "surgery"):
        assert Findings.read_csv(tmp_path / f"{name}.csv")["n"].to_list() == [None]
    (row,) = AdverseEvents.read_csv(tmp_path / "adverse.csv").to_dicts()
    assert (row["n_at_risk"], row["n_event"], row["rate"]) == (60, None, None)
    cells = Quality.read_csv(tmp_path / "quality.csv")
    assert cells["n_cells"].to_list() == [20, 7, 100, 0]
    assert "王" not in (tmp_path / "quality.csv").read_text(encoding="utf-8")

    text = (tmp_path / "criteria.csv").read_text()
    assert f"'{FORMULA}" in text
    assert Versions.read_csv(tmp_path / "criteria.csv")["n_ever"].to_list() == [7, None]
    assert "'-Surgery" in (tmp_path / "scans.csv").read_text()
    scans = Scans.read_csv(tmp_path / "scans.csv")
    assert dict(scans.select("arm", "n_patients").rows()) == {
        "-Surgery": 9,
        "Surgery": None,
    }


def quality_of(outcomes, flags=(), rules=(), file="a/王.csv"):
    place = {"centre": "a", "file": file, "sheet": "", "table": "labs", "field": "alb"}
    counts = [
        *(("outcome", name, n) for name, n in zip(OUTCOMES, outcomes, strict=True)),
        *(("flag", f"f{k}", n) for k, n in enumerate(flags)),
        *(("rule", f"r{k}", n) for k, n in enumerate(rules)),
    ]
    return Quality.of(
        [{**place, "what": w, "name": x, "n_cells": n} for w, x, n in counts]
    )


def released(quality, what):
    found = suppress_quality(quality, minimum_count=5).filter(what=what)
    return dict(found.select("name", "n_cells").rows())


@pytest.mark.parametrize(
    ("outcomes", "shown"),
    [
        ((100, 20, 0, 7), (100, 20, 0, 7)),
        # The rows read are in the ledger: the largest would tell the small one.
        ((100, 3, 0, 7), (None, None, 0, 7)),
        ((100, 3, 2, 7), (None, None, None, 7)),
        ((2, 60, 0, 0), (None, None, 0, 0)),
        ((3, 0, 0, 0), (None, 0, 0, 0)),
    ],
)
def test_small_outcomes_go_with_the_largest(outcomes, shown):
    found = released(quality_of(outcomes), "outcome")
    assert [found[name] for name in OUTCOMES] == list(shown)


def test_flags_that_few_cells_have_or_lack_and_rules_that_tell_each_other():
    quality = quality_of((100, 20, 14, 0), flags=(100, 97, 50, 3), rules=(9, 4, 1))
    assert released(quality, "flag") == {"f0": 100, "f1": None, "f2": 50, "f3": None}
    assert released(quality, "rule") == {"r0": None, "r1": None, "r2": None}


@given(
    st.lists(st.integers(0, 30), min_size=4, max_size=4),
    st.lists(st.integers(1, 30), max_size=3),
)
def test_no_small_count_of_cells_is_told_by_the_others(outcomes, rules):
    quality = quality_of(outcomes, rules=rules)
    for what in ("outcome", "rule"):
        true = dict(quality.filter(what=what).select("name", "n_cells").rows())
        found = released(quality, what)
        assert all(n is None or n == 0 or n >= 5 for n in found.values())
        hidden = [name for name, n in found.items() if n is None]
        small = [name for name, n in true.items() if 1 <= n < 5]
        assert set(small) <= set(hidden)
        # Their sum follows from the rows read: it must be of more than the small ones.
        others = [n for n in true.values() if n > 0]
        assert len(hidden) > len(small) or len(others) == len(small) or not small


def test_cells_of_several_files_are_counted_together_and_no_file_is_named():
    parts = [quality_of((3, 0, 0, 0)), quality_of((4, 0, 0, 0), file="a/x.csv")]
    found = suppress_quality(pl.concat(parts), minimum_count=5)
    assert found.filter(name="used")["n_cells"].to_list() == [7]
    assert {"file", "sheet"}.isdisjoint(found.columns)


@pytest.mark.parametrize(("n", "blank"), [(47, True), (45, False), (50, False)])
def test_scans_of_an_endpoint_do_not_tell_the_few_it_leaves_out(n, blank):
    part = scans_of(n).with_columns(endpoint=pl.lit("rfs"))
    rows = pl.concat([scans_of(50), part])

    found = suppress_scans(rows, minimum_count=5)

    assert found["n_patients"].to_list() == [50, None if blank else n]
    assert found["median_days"].null_count() == blank
