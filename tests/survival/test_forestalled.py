import numpy as np
import polars as pl
import pytest

from twoarm.clocks import spans_of
from twoarm.months import DAYS_PER_MONTH
from twoarm.survival.curves import Arm, arms_of, estimate_curve
from twoarm.survival.effects import estimate_effects
from twoarm.survival.fine_gray import fit_fine_gray
from twoarm.survival.incidence import estimate_incidence
from twoarm.survival.pooled_effects import pool_effects
from twoarm.tables.survival import Effects

LABELS = {"treated": "Surgery", "control": "No surgery"}
WHOLE = {
    *("hazard_ratio", "proportional_hazards", "logrank", "median_follow_up"),
    *("subdistribution_hazard_ratio", "gray"),
    *("cumulative_incidence", "cumulative_incidence_difference"),
}


def arm(label, rows, **more):
    """An arm from pairs of months and what came then: 1, 2 or 0."""
    months, cause = (np.array(each) for each in zip(*rows, strict=True))
    days = months * DAYS_PER_MONTH
    defaults = {"weight": None, "cluster": None}
    return Arm(label, days, cause == 1, competing=cause == 2, **{**defaults, **more})


def effects_of(arms, *months):
    rows = estimate_effects(
        arms, horizons_months=months, rmst_months=12, confidence=0.95
    )
    named = [{**row, "endpoint": "ttp", "design": "d"} for row in rows]
    table = Effects.check(Effects.of(named))
    assert table.select(Effects.key()).is_duplicated().sum() == 0
    return {(r["measure"], r["term"], r["months"]): r for r in table.to_dicts()}


FEW = {
    "treated": [(1, 1), (2, 2), (3, 0), (4, 1)],
    "control": [(1, 2), (2, 1), (3, 1), (5, 0)],
}


def few(**more):
    return {name: arm(LABELS[name], rows, **more) for name, rows in FEW.items()}


def test_incidences_and_their_difference_by_hand():
    found = effects_of(few(), 2, 4)

    # 1 of 4; then 1 and 1 of the 3 left; at 4 the treated one left has the event.
    share = {
        (name, months): found["cumulative_incidence", label, months]["estimate"]
        for name, label in LABELS.items()
        for months in (2, 4)
    }
    assert share["treated", 2] == pytest.approx(1 / 4)
    assert share["treated", 4] == pytest.approx(1 / 4 + 1 / 2)
    assert share["control", 2] == pytest.approx(3 / 4 / 3)
    assert share["control", 4] == pytest.approx(1 / 2)
    gap = found["cumulative_incidence_difference", "treated", 4]
    assert gap["estimate"] == pytest.approx(1 / 4)
    errors = [
        found["cumulative_incidence", label, 4]["std_error"]
        for label in LABELS.values()
    ]
    assert gap["std_error"] == pytest.approx(np.hypot(*errors))
    assert {measure for measure, *_ in found} == WHOLE
    assert (gap["events_treated"], gap["events_control"]) == (2, 2)


def test_what_a_competing_event_makes_meaningless_is_not_there():
    found = effects_of(few(), 2)

    for measure in ("survival", "median", "rmst", "survival_difference"):
        assert not any(name == measure for name, *_ in found)
    assert found["hazard_ratio", "treated", None]["method"].startswith("cause-specific")


def test_beyond_the_follow_up_nothing_is_told():
    found = effects_of(few(), 4.5)

    assert found["cumulative_incidence", "No surgery", 4.5]["estimate"] == 0.5
    for term, measure in (("Surgery", ""), ("treated", "_difference")):
        row = found[f"cumulative_incidence{measure}", term, 4.5]
        assert row["estimate"] is None
        assert row["method"] == "not estimable: beyond the follow-up"


def test_arm_without_an_event_has_no_ratio():
    arms = few()
    arms["control"] = arm("No surgery", [(1, 2), (2, 0), (3, 0)])

    found = effects_of(arms, 2)

    for measure in ("hazard_ratio", "subdistribution_hazard_ratio"):
        row = found[measure, "treated", None]
        assert row["method"] == "not estimable: an arm has no event"
    assert found["cumulative_incidence", "No surgery", 2]["estimate"] == 0


@pytest.mark.parametrize("cause", [0, 1, 2])
def test_one_patient_an_arm(cause):
    arms = {name: arm(label, [(3, cause)]) for name, label in LABELS.items()}

    for row in effects_of(arms, 2, 3).values():
        numbers = [row[name] for name in ("estimate", "std_error", "p_value")]
        assert not any(each is not None and np.isnan(each) for each in numbers), row


def test_weights_have_no_grays_test_but_a_ratio():
    found = effects_of(
        {
            name: arm(LABELS[name], FEW[name], weight=np.array([1.0, 2, 0.5, 1]))
            for name in LABELS
        },
        2,
    )

    assert found["gray", "treated", None]["method"].startswith("not estimated: its var")
    ratio = found["subdistribution_hazard_ratio", "treated", None]
    assert ratio["method"] == "Fine-Gray, Breslow ties, weighted, robust variance"


def test_matched_sets_are_counted_together():
    sets = np.array([1, 2, 3, 4])
    found = effects_of(few(cluster=sets), 2)
    both = list(few().values())
    time = np.concatenate([each.time for each in both])
    cause = np.concatenate([each.cause() for each in both])
    matrix = np.repeat([1.0, 0.0], 4)[:, None]
    days = np.array([2 * DAYS_PER_MONTH])
    parts = [estimate_incidence(a.time, a.cause(), days).influence for a in both]

    expected = fit_fine_gray(time, cause, matrix, cluster=np.tile(sets, 2))
    ratio = found["subdistribution_hazard_ratio", "treated", None]
    assert ratio["std_error"] == pytest.approx(expected.std_error[0])
    row = found["cumulative_incidence_difference", "treated", 2]
    error = ((parts[0] - parts[1]) ** 2).sum() ** 0.5
    assert row["std_error"] == pytest.approx(error)
    assert row["method"].endswith("clustered by matched set")


def test_arms_that_change_have_no_incidence():
    found = effects_of(few(entry=np.array([0.0, 0, 1, 2])), 2)

    for (measure, *_), row in found.items():
        if "incidence" in measure or measure in {
            "gray",
            "subdistribution_hazard_ratio",
        }:
            assert row["method"].startswith("not estimated: patients change arms")
            told = row["measure"] in ("subdistribution_hazard_ratio", "gray")
            assert ("at risk in an arm that nobody knows" in row["method"]) == told


def test_clones_of_everybody_cancel():
    # The same patients in both arms with the same weights: the difference is surely 0.
    clones = {
        name: arm(
            label,
            FEW["treated"],
            weight=np.array([1.0, 2, 1, 1.5]),
            entry=np.array([0.0, 0, 1, 0]),
            cluster=np.arange(4),
        )
        for name, label in LABELS.items()
    }

    found = effects_of(clones, 2)

    row = found["cumulative_incidence_difference", "treated", 2]
    assert row["estimate"] == 0
    assert row["std_error"] is None
    ratio = found["subdistribution_hazard_ratio", "treated", None]
    assert ratio["method"].startswith("not estimated: the weights of clones change")
    trials = {name: each._replace(of="trials") for name, each in clones.items()}
    ratio = effects_of(trials, 2)["subdistribution_hazard_ratio", "treated", None]
    assert ratio["method"].startswith("not estimated: the weights of trials change")


def test_curve_holds_one_less_the_incidence():
    curve = estimate_curve(few()["treated"], confidence=0.95)

    assert curve["estimate"].to_list() == pytest.approx([1, 0.75, 0.75, 0.75, 0.25])
    assert curve["n_event"].to_list() == [0, 1, 0, 0, 1]
    # Who had the competing event left without the event.
    assert curve["n_censor"].to_list() == [0, 0, 1, 1, 0]


def test_competing_events_past_the_exit_do_not_count():
    patients = pl.DataFrame(
        {
            "patient_id": ["a", "b"],
            "treated": [True, False],
            "treatment_days": [None, None],
            "ttp_days": [10.0, 10.0],
            "ttp_event": [False, False],
            "ttp_competing": [True, True],
        },
        schema_overrides={"treatment_days": pl.Float64},
    )
    members = pl.DataFrame(
        {
            "patient_id": ["a", "b"],
            "treated": [True, False],
            "origin_days": [0.0, 0.0],
            "entry_days": [0.0, 0.0],
            "exit_days": [None, 5.0],
            "weight": [1.0, 1.0],
            "set_id": [None, None],
        },
        schema_overrides={"set_id": pl.String},
    )

    assert spans_of(patients, members, "ttp")["competing"].to_list() == [True, False]
    arms = arms_of(patients, members, endpoint="ttp", labels=LABELS)
    assert [each.cause().tolist() for each in arms.values()] == [[2], [0]]


def test_imputations_are_pooled_each_on_its_scale():
    table = pl.concat(
        Effects.of(
            [
                {**row, "endpoint": "ttp", "design": "d"}
                for row in estimate_effects(
                    few(weight=np.array(weight)),
                    horizons_months=[2],
                    rmst_months=None,
                    confidence=0.95,
                )
            ]
        ).with_columns(imputation=pl.lit(number, pl.Int64))
        for number, weight in enumerate(([1.0, 2, 0.5, 1], [1.5, 1, 0.7, 1]))
    )

    pooled = pool_effects(table, confidence=0.95)

    for measure in (
        *("subdistribution_hazard_ratio", "cumulative_incidence"),
        "cumulative_incidence_difference",
    ):
        rows = pooled.filter(measure=measure)
        assert rows["method"].str.ends_with("pooled over 2 imputations").all()
        assert rows["conf_low"].null_count() == 0
        assert (rows["conf_low"] < rows["estimate"]).all()
        assert (rows["conf_high"] > rows["estimate"]).all()
