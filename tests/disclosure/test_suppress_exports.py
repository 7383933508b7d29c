import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twoarm.disclosure.exports import suppress_scans, suppress_versions
from twoarm.tables.criteria import Versions
from twoarm.tables.outcomes import Scans

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

    script("disclosure/suppress_exports").main(
        tmp_path / "versions.parquet",
        tmp_path / "scans.parquet",
        tmp_path / "criteria.csv",
        tmp_path / "scans.csv",
        minimum_count=5,
    )

    text = (tmp_path / "criteria.csv").read_text()
    assert f"'{FORMULA}" in text
    assert Versions.read_csv(tmp_path / "criteria.csv")["n_ever"].to_list() == [7, None]
    assert "'-Surgery" in (tmp_path / "scans.csv").read_text()
    scans = Scans.read_csv(tmp_path / "scans.csv")
    assert dict(scans.select("arm", "n_patients").rows()) == {
        "-Surgery": 9,
        "Surgery": None,
    }
