import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twoarm.months import DAYS_PER_MONTH
from twoarm.simulation.cohort import derive_days
from twoarm.simulation.excluded import REASONS
from twoarm.simulation.hazards import invert_hazard
from twoarm.simulation.model import SCENARIOS, simulate_candidates
from twoarm.simulation.people import simulate_people


def median(times, events):
    """Kaplan-Meier median of times without ties."""
    order = np.argsort(times)
    at_risk = np.arange(len(times), 0, -1)
    survival = np.cumprod(1 - events[order] / at_risk)
    return times[order][np.argmax(survival <= 0.5)]


def log_hazard_ratio(times, events, treated):
    """Newton's method on the partial likelihood of one binary covariate."""
    order = np.argsort(-times)
    events, treated = events[order], treated[order].astype(float)
    n_risk, n_treated = np.arange(1, len(times) + 1), np.cumsum(treated)
    beta = 0.0
    for _ in range(20):
        weighted = n_treated * np.exp(beta)
        share = weighted / (weighted + n_risk - n_treated)
        score = (events * (treated - share)).sum()
        beta += score / (events * share * (1 - share)).sum()
    return beta


def test_reasons_add_up():
    people = simulate_people(np.random.default_rng(3), SCENARIOS["moderate"])

    counts = dict(people["reason"].value_counts().iter_rows())
    expected = {name: reason.n for name, reason in REASONS.items()}
    assert counts == {None: 128, **expected}
    assert sum(expected.values()) == 485
    surely = people.filter(reason="progression")["progression_days"]
    assert surely.null_count() == 0
    assert people.filter(reason="death")["death_days"].null_count() == 0


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(sorted(SCENARIOS)))
def test_whole_days_keep_the_order_of_the_model(seed, scenario):
    rng = np.random.default_rng(seed)
    people = derive_days(simulate_candidates(rng, 200, SCENARIOS[scenario]))
    followed = people.filter(pl.col("last_days") > pl.col("criteria_days"))

    for earlier, later in (
        ("surgery_days", "progression_days"),
        ("surgery_days", "death_days"),
        ("surgery_days", "last_days"),
        ("progression_days", "death_days"),
        ("criteria_days", "progression_days"),
        ("criteria_days", "surgery_days"),
    ):
        assert (followed[earlier] < followed[later]).all()
    shifted = (
        followed["death_days"] - followed["criteria_days"]
    ) / DAYS_PER_MONTH - followed["death_months"]
    assert shifted.abs().max() < 3 / DAYS_PER_MONTH


def test_hazard_that_never_switches_is_weibull():
    drawn = np.array([0.2, 1.0, 3.0])
    scale = np.full(3, 0.1)
    never = np.full(3, np.inf)

    times = invert_hazard(drawn, scale=scale, shape=0.9, ratio=0.5, switch=never)

    np.testing.assert_allclose(0.1 * times**0.9, drawn)


@settings(max_examples=50)
@given(st.floats(0.01, 20), st.floats(0.01, 10), st.floats(0.3, 2))
def test_cumulative_hazard_at_the_time_is_what_was_drawn(drawn, switch, ratio):
    (time,) = invert_hazard(
        np.array([drawn]),
        scale=np.array([0.3]),
        shape=0.86,
        ratio=ratio,
        switch=np.array([switch]),
    )

    early, late = 0.3 * min(time, switch) ** 0.86, 0.3 * time**0.86
    np.testing.assert_allclose(early + ratio * (late - early), drawn)


@pytest.mark.parametrize(
    ("scenario", "death", "progression", "progression_free"),
    # The model's own check of its calibration: hazard ratios of a naive analysis from
    # the first dose, and the median progression-free survival of the operated.
    [("null", 0.41, 0.46, 22.5), ("moderate", 0.28, 0.35, 29.3)],
)
def test_large_cohort_shows_what_was_published(
    scenario, death, progression, progression_free
):
    rng = np.random.default_rng(7)
    people = derive_days(simulate_candidates(rng, 30_000, SCENARIOS[scenario])).filter(
        pl.col("last_days") > pl.col("criteria_days")
    )
    treated = people["treated"].to_numpy()
    died = people["death_days"].is_not_null().to_numpy()
    event = people.select(pl.coalesce("progression_days", "death_days")).to_series()
    failed = event.is_not_null().to_numpy()
    months = people["last_days"].to_numpy() / DAYS_PER_MONTH
    free = event.fill_null(people["last_days"]).to_numpy() / DAYS_PER_MONTH

    assert treated.mean() == pytest.approx(0.59, abs=0.02)
    assert median(months[~treated], died[~treated]) == pytest.approx(26.4, abs=1.0)
    assert median(free[~treated], failed[~treated]) == pytest.approx(11.1, abs=0.5)
    assert median(free[treated], failed[treated]) == pytest.approx(
        progression_free, abs=1.5
    )
    naive = log_hazard_ratio(months, died, treated)
    assert naive == pytest.approx(np.log(death), abs=0.08)
    naive = log_hazard_ratio(free, failed, treated)
    assert naive == pytest.approx(np.log(progression), abs=0.08)
