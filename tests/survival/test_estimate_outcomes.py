import numpy as np
import polars as pl
import pytest
from scipy.stats import norm

from twoarm.engine import fit_curve
from twoarm.months import DAYS_PER_MONTH
from twoarm.survival.incidence import estimate_incidence
from twoarm.survival.outcomes import estimate_outcomes
from twoarm.tables.cohort import Patients
from twoarm.tables.outcomes import Outcomes
from twoarm.tables.survival import Effects

LABELS = {"treated": "Surgery", "control": "No surgery"}
MONTH = DAYS_PER_MONTH


def outcomes_of(*rows, endpoint="ttr", treated=True):
    """Rows of months and what came then: event, competing or censored."""
    return pl.DataFrame(
        [
            {
                "patient_id": f"{endpoint}{treated}{number}",
                "endpoint": endpoint,
                "start_days": 0.0,
                "days": MONTH * months,
                "event": came == "event",
                "competing": came == "competing",
                "clear_days": None,
                "seen_days": None,
                "treated": treated,
            }
            for number, (months, came) in enumerate(rows)
        ],
        schema_overrides=dict.fromkeys(("clear_days", "seen_days"), pl.Float64),
    )


def estimate(outcomes, *months, endpoints=("ttr",), confidence=0.95):
    return estimate_outcomes(
        outcomes,
        endpoints=endpoints,
        labels=LABELS,
        horizons_months=months,
        confidence=confidence,
    )


def pick(rows, measure, **asked):
    (row,) = [
        row
        for row in rows
        if row["measure"] == measure and asked.items() <= row.items()
    ]
    return row


EVENTS = [(1, "event"), (2, "censored"), (3, "event"), (4, "censored")]
BOTH = [(1, "event"), (2, "competing"), (3, "censored"), (4, "event")]


def test_survival_of_one_arm_by_hand():
    rows = estimate(outcomes_of(*EVENTS), 0.5, 2, 3.5)

    shares = [pick(rows, "survival", months=each)["estimate"] for each in (0.5, 2, 3.5)]
    assert shares == pytest.approx([1, 3 / 4, 3 / 8])
    assert pick(rows, "survival", months=0.5)["conf_low"] is None
    # Greenwood, and limits on the scale of log(-log S).
    row, error = pick(rows, "survival", months=3.5), 3 / 8 * (1 / 12 + 1 / 2) ** 0.5
    assert row["std_error"] == pytest.approx(error)
    reach = np.exp(1.959964 * error / (3 / 8 * -np.log(3 / 8)))
    assert row["conf_low"] == pytest.approx((3 / 8) ** reach, rel=1e-6)
    assert row["conf_high"] == pytest.approx((3 / 8) ** (1 / reach), rel=1e-6)
    assert pick(rows, "median")["estimate"] == pytest.approx(3)
    # Half of those still followed were followed to 4.
    assert pick(rows, "median_follow_up")["estimate"] == pytest.approx(4)
    assert {row["term"] for row in rows} == {"Surgery"}
    assert {(row["n_treated"], row["events_treated"]) for row in rows} == {(4, 2)}
    assert {(row["n_control"], row["events_control"]) for row in rows} == {(0, 0)}


def test_incidence_of_one_arm_by_hand():
    rows = estimate(outcomes_of(*BOTH), 0.5, 1, 4)

    shares = [
        pick(rows, "cumulative_incidence", months=each)["estimate"]
        for each in (0.5, 1, 4)
    ]
    assert shares == pytest.approx([0, 1 / 4, 3 / 4])
    row = pick(rows, "cumulative_incidence", months=1)
    error = (1 / 4 * 3 / 4 / 4) ** 0.5
    assert row["std_error"] == pytest.approx(error)
    reach = np.exp(1.959964 * error / (1 / 4 * -np.log(1 / 4)))
    assert row["conf_low"] == pytest.approx((1 / 4) ** reach, rel=1e-6)
    assert row["conf_high"] == pytest.approx((1 / 4) ** (1 / reach), rel=1e-6)
    assert pick(rows, "cumulative_incidence", months=0.5)["conf_low"] is None
    # What competes ends the follow-up, but is no event, and no censoring either.
    assert {row["events_treated"] for row in rows} == {2}
    assert {row["measure"] for row in rows} == {
        "cumulative_incidence",
        "median_follow_up",
    }


def test_beyond_the_follow_up_nothing_is_told():
    for rows, measure in ((EVENTS, "survival"), (BOTH, "cumulative_incidence")):
        found = estimate(outcomes_of(*rows), 4, 4.01)

        assert pick(found, measure, months=4)["estimate"] is not None
        beyond = pick(found, measure, months=4.01)
        assert beyond["method"] == "not estimable: beyond the follow-up"
        assert [beyond[name] for name in ("estimate", "std_error", "conf_low")] == [
            None
        ] * 3


def test_everybody_censored_reaches_no_median():
    rows = estimate(outcomes_of((1, "censored"), (2, "censored")), 1)

    assert pick(rows, "median")["method"] == "not reached"
    assert pick(rows, "median")["estimate"] is None
    assert pick(rows, "survival")["estimate"] == 1.0


def test_everybody_with_the_event_has_no_median_follow_up():
    rows = estimate(outcomes_of((1, "event"), (2, "event")), 2)

    assert pick(rows, "median_follow_up")["method"] == "not reached"
    last = pick(rows, "survival")
    assert (last["estimate"], last["std_error"]) == (0.0, None)


def test_one_patient():
    for came, measure in (("event", "survival"), ("competing", "cumulative_incidence")):
        row = pick(estimate(outcomes_of((1, came)), 1), measure)

        assert row["estimate"] == 0.0
        assert row["conf_low"] is None


def test_arms_and_endpoints_are_apart():
    parts = [
        outcomes_of(*BOTH),
        outcomes_of(*EVENTS, treated=False),
        outcomes_of((5, "event"), endpoint="rfs"),
    ]

    rows = estimate(pl.concat(parts), 1, endpoints=("rfs", "ttr"))

    told = [(row["endpoint"], row["term"]) for row in rows]
    assert list(dict.fromkeys(told)) == [
        ("rfs", "Surgery"),
        ("ttr", "Surgery"),
        ("ttr", "No surgery"),
    ]
    # One arm had what competes: the endpoint has an incidence in both.
    control = pick(rows, "cumulative_incidence", term="No surgery")
    assert control["estimate"] == pytest.approx(1 / 4)
    assert (control["n_treated"], control["n_control"]) == (4, 4)


def test_nobody_followed_past_the_start_is_counted():
    rows = estimate(outcomes_of((0, "event"), *EVENTS), 1)

    assert {row["n_treated"] for row in rows} == {4}
    assert estimate(outcomes_of((0, "event")), 1) == []


@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_numbers_are_those_of_the_parts(invent, confidence):
    time, event, *_ = invent(3, ties=True)
    competing = np.arange(len(time)) % 3 == 0
    came = np.where(competing & event, "competing", np.where(event, "event", "none"))
    cause = np.where(competing & event, 2, event)
    days = np.array([2.0, 8.0]) * MONTH

    told = outcomes_of(*zip(time, came, strict=True))
    rows = estimate(told, 2, 8, confidence=confidence)

    found = estimate_incidence(time * MONTH, cause, days)
    _, follow_up = fit_curve(time, ~event, confidence=confidence)
    z = norm.ppf((1 + confidence) / 2)
    for place, months in enumerate((2, 8)):
        row = pick(rows, "cumulative_incidence", months=months)
        share, error = found.estimate[place], found.std_error[place]
        assert (row["estimate"], row["std_error"]) == (share, error)
        width = np.log(np.log(row["conf_low"]) / np.log(row["conf_high"]))
        assert width == pytest.approx(2 * z * error / (share * -np.log(share)))
    assert pick(rows, "median_follow_up")["estimate"] == pytest.approx(follow_up[0])


def test_script_writes_a_row_an_estimate(script, filled, tmp_path):
    told = pl.concat([outcomes_of(*BOTH), outcomes_of(*EVENTS, treated=False)])
    Outcomes.write(told.drop("treated"), tmp_path / "outcomes.parquet")
    patients = filled(told.select("patient_id", "treated"))
    Patients.write(patients, tmp_path / "patients.parquet")

    for horizons, shown in (([1, 2], [1, 2]), ([], [12, 36, 60])):
        script("survival/estimate_outcomes").main(
            *(tmp_path / f"{name}.parquet" for name in ("patients", "outcomes")),
            tmp_path / "effects.parquet",
            endpoints=["ttr"],
            labels=LABELS,
            horizons=horizons,
            confidence=0.95,
        )

        effects = Effects.read(tmp_path / "effects.parquet")
        assert set(effects["design"]) == {"unadjusted"}
        assert set(effects["measure"]) == {"cumulative_incidence", "median_follow_up"}
        assert effects["months"].drop_nulls().unique().sort().to_list() == shown
        assert effects.select(Effects.key()).is_duplicated().sum() == 0
