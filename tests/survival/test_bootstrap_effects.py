import numpy as np
import pytest

from twoarm.errors import InputError
from twoarm.survival.batches import list_resamples, resampled_of
from twoarm.survival.curves import Arm
from twoarm.survival.effects import estimate_effects, ratio_row
from twoarm.survival.resampling import (
    BOOTSTRAPPED,
    replicate_arms,
    summarise_resamples,
)
from twoarm.survival.two_arms import fit_two_arms
from twoarm.tables.survival import Resamples

DRAWN = {"numbers": range(200), "seed": 1}


def bootstrap_arms(patients, weigh, **ends):
    drawn = replicate_arms(patients, "os", weigh, **DRAWN, **ends)
    return summarise_resamples(drawn, confidence=0.95, **ends)


def outcomes(cohort):
    patients = cohort("rotterdam")
    names = ("os_days", "os_event", "treated")
    return [patients[name].to_numpy() for name in names]


def test_without_a_design_the_error_is_near_the_models(cohort):
    time, event, treated = outcomes(cohort)

    row, *_ = bootstrap_arms(cohort("rotterdam"), lambda rows: np.ones(len(rows)))

    fit = fit_two_arms(time, event, treated)
    assert row["estimate"] == pytest.approx(np.exp(fit.estimate))
    assert row["std_error"] == pytest.approx(fit.std_error, rel=0.15)
    assert row["term"] == BOOTSTRAPPED
    assert row["n_treated"] + row["n_control"] == len(time)
    assert row["events_treated"] + row["events_control"] == event.sum()
    assert "bootstrap of 200 resamples" in row["method"]


def test_design_of_part_of_the_patients_is_counted_as_such(cohort):
    time, event, treated = outcomes(cohort)

    def weigh(rows):
        return np.where(rows % 2 == 0, 2.0, 0.0)

    row, *_ = bootstrap_arms(cohort("rotterdam"), weigh)

    even = np.arange(len(time)) % 2 == 0
    assert row["n_treated"] == (treated & even).sum()
    fit = fit_two_arms(time[even], event[even], treated[even])
    assert row["estimate"] == pytest.approx(np.exp(fit.estimate))


def test_an_error_that_is_not_known_is_not_estimable():
    row = ratio_row("treated", 0.3, np.nan, 1.96, "as usual")

    assert row.get("estimate") is None
    assert row["method"].startswith("not estimable")


def test_batches_together_are_one_run_to_the_bit(cohort):
    """A resample that fails, and a horizon beyond the follow-up, among them."""

    def weigh(rows):
        if rows[0] > 0:
            raise InputError("the first is not among them")
        return np.ones(len(rows))

    ends = {"horizons_months": [36.0, 599.0], "rmst_months": 36.0}
    asked = (cohort("rotterdam"), "os", weigh)
    whole = replicate_arms(*asked, **ends, numbers=range(30), seed=1)
    parts = []
    for batch in (range(10), range(10, 20), range(20, 30)):
        drawn = replicate_arms(*asked, **ends, numbers=batch, seed=1)
        parts += list_resamples(drawn, "iptw", imputation=0, numbers=batch)

    found = resampled_of(
        Resamples.check(Resamples.of(parts)).sample(fraction=1, shuffle=True, seed=1)
    )

    failed = [each for each in whole.replicates if isinstance(each, str)]
    assert 3 < len(failed) < 27
    for each, other in zip(found.replicates, whole.replicates, strict=True):
        np.testing.assert_array_equal(each, other)
    np.testing.assert_array_equal(found.estimate, whole.estimate)
    how = {**ends, "confidence": 0.95}
    assert summarise_resamples(found, **how) == summarise_resamples(whole, **how)


def test_differences_have_errors_near_those_of_the_curves(cohort):
    time, event, treated = outcomes(cohort)

    rows = bootstrap_arms(
        cohort("rotterdam"),
        lambda rows: np.ones(len(rows)),
        horizons_months=[36.0, 599.0],
        rmst_months=36.0,
    )

    arms = {
        name: Arm(name, time[own], event[own], None, None)
        for name, own in (("treated", treated), ("control", ~treated))
    }
    plain = estimate_effects(
        arms, horizons_months=[36.0], rmst_months=36.0, confidence=0.95
    )
    expected = {row["measure"]: row for row in plain if row["term"] == "treated"}
    found = {(row["measure"], row["months"]): row for row in rows}
    for measure in ("survival_difference", "rmst_difference"):
        row = found[measure, 36.0]
        assert row["term"] == BOOTSTRAPPED
        assert row["estimate"] == pytest.approx(expected[measure]["estimate"])
        error = expected[measure]["std_error"]
        assert row["std_error"] == pytest.approx(error, rel=0.15)
    assert found["survival_difference", 599.0]["method"].startswith("not estimable")
