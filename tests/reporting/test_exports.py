import polars as pl

from twoarm.reporting.exports import alone_rows, criteria_rows, scan_rows
from twoarm.tables.criteria import Versions
from twoarm.tables.outcomes import Scans
from twoarm.tables.survival import Effects

LABELS = {"rfs": "Recurrence-free survival", "ttr": "Time to recurrence"}


def effects_of(*rows):
    usual = {
        "endpoint": "rfs",
        "design": "unadjusted",
        "term": "Surgery",
        "n_treated": 30,
        "events_treated": 12,
        "n_control": 0,
        "events_control": 0,
        "method": "Kaplan-Meier, log-log",
    }
    return Effects.of([{**usual, **row} for row in rows])


def share(months, estimate, low=None, high=None, **more):
    numbers = {"estimate": estimate, "conf_low": low, "conf_high": high}
    return {"measure": "survival", "months": months, **numbers, **more}


def median(estimate, **more):
    return {"measure": "median", "estimate": estimate, "conf_low": 9.04, **more}


# Endpoints of one arm


def test_survival_after_surgery_in_words():
    effects = effects_of(share(36, 0.5), share(12, 0.751, 0.6, 0.85), median(30.12))

    assert alone_rows(effects, LABELS, 5) == [
        {
            "endpoint": "Recurrence-free survival",
            "arm": "Surgery",
            "what": "free of it",
            "events": "12 of 30",
            "median": "30.1 (9.0–NR)",
            "at": "12 months: 75.1 (60.0–85.0); 36 months: 50.0",
        }
    ]


def test_incidence_has_no_median():
    ttr = {"endpoint": "ttr", "measure": "cumulative_incidence"}

    (row,) = alone_rows(effects_of({**share(12, 0.25), **ttr}), LABELS, 5)

    assert (row["what"], row["median"]) == ("have had it", "–")
    assert row["endpoint"] == "Time to recurrence"


def test_both_arms_are_told_with_the_counts_of_both():
    counts = {"n_treated": 30, "n_control": 40, "events_control": 0}
    effects = effects_of(
        share(12, 0.7, **counts), share(12, 0.6, term="No surgery", **counts)
    )

    rows = alone_rows(effects, LABELS, 5)

    assert [row["arm"] for row in rows] == ["Surgery", "No surgery"]
    assert [row["events"] for row in rows] == ["12 of 30 / 0 of 40"] * 2


def test_hidden_counts_stay_hidden():
    hidden = {"events_treated": None, "n_control": None, "events_control": None}

    rows = alone_rows(effects_of(share(12, 0.9, **hidden)), LABELS, 5)

    assert rows[0]["events"] == "< 5 of 30 / < 5 of –"


def test_what_is_not_reached_or_not_estimable_is_said():
    reached = median(None, conf_low=None, method="not reached")
    beyond = share(60, None, method="not estimable: beyond the follow-up")

    (row,) = alone_rows(effects_of(share(12, 0.9), reached, beyond), LABELS, 5)

    assert row["median"] == "not reached"
    assert row["at"] == "12 months: 90.0; 60 months: –"


def test_endpoints_that_are_compared_are_passed_over():
    effects = effects_of(share(12, 0.9, endpoint="os"), median(12, endpoint="os"))

    assert alone_rows(effects, LABELS, 5) == []


# Criteria


def versions_of(*rows):
    names = ("version", "used", "position", "n_ever", "n_met")
    return Versions.of(
        [
            {
                **dict(zip(names, row, strict=True)),
                "label": row[0].upper(),
                "item": f"i{row[2]}",
                "reason": f"Reason {row[2]}",
            }
            for row in rows
        ]
    )


def test_the_version_used_comes_first():
    versions = versions_of(
        ("a", False, 1, 1200, 60),
        ("b", True, 2, None, 7),
        ("b", True, 1, 50, 7),
        ("c", False, 1, 0, None),
    )

    assert criteria_rows(versions, 5) == [
        {
            "label": "B",
            "used": True,
            "told": "Reason 1 (50); Reason 2 (< 5)",
            "met": "7",
        },
        {"label": "A", "used": False, "told": "Reason 1 (1,200)", "met": "60"},
        {"label": "C", "used": False, "told": "Reason 1 (0)", "met": "< 5"},
    ]


def test_studies_without_exports_have_neither():
    assert criteria_rows(None, 5) == []
    assert scan_rows(None, LABELS) == []


# Scans


def test_scans_in_words():
    known = {"median_days": 61.4, "lower_days": 55.0, "upper_days": 80.6}
    scans = Scans.of(
        [
            {"arm": "A", "endpoint": "rfs", "n_patients": 40, "n_scans": 1200, **known},
            {"arm": "B", "endpoint": "rfs", "n_patients": 40, "n_scans": 0},
            {"arm": "A", "endpoint": "os", "n_patients": 40, "n_scans": 9, **known},
        ]
    )
    hidden = scans.with_columns(n_scans=pl.lit(None, pl.Int64))

    said = {"endpoint": "Recurrence-free survival"}
    assert scan_rows(scans, LABELS) == [
        {**said, "arm": "A", "scans": "1,200", "days": "61 [55–81]"},
        {**said, "arm": "B", "scans": "0", "days": "–"},
    ]
    assert {row["scans"] for row in scan_rows(hidden, LABELS)} == {"–"}
