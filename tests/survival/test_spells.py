import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twoarm.engine import fit_cox, fit_curve
from twoarm.survival.spells import estimate_spells
from twoarm.survival.two_arms import estimate_two_arms, two_arms_of

row = st.tuples(
    st.integers(0, 6),
    st.integers(1, 6),
    st.booleans(),
    st.integers(1, 8),
    st.booleans(),
)


def arm_of(rows):
    entry, length, event, weight, _ = (
        np.array(each) for each in zip(*rows, strict=True)
    )
    return (entry.astype(float), (entry + length).astype(float), event, weight / 4)


def test_two_arms_by_hand():
    # Of weights 1 and 2 the first dies on day 1; who enters on day 1 is not at risk.
    treated = [np.array(x) for x in ([0.0, 0, 1], [1.0, 4, 3], [True, False, True])]
    control = [np.array(x) for x in ([0.0, 0], [2.0, 4], [True, False])]

    found = estimate_spells(
        [*treated, np.array([1.0, 2, 2])],
        [*control, np.array([1.0, 3])],
        horizons=[1, 2.5, 3, 5],
        rmst_horizon=4,
    )

    steps = [2 / 3 - 1, 2 / 3 - 3 / 4, 1 / 3 - 3 / 4]
    np.testing.assert_allclose(found.survival_difference[:3], steps, rtol=1e-12)
    assert np.isnan(found.survival_difference[3])
    assert found.rmst_difference == pytest.approx((1 + 4 / 3 + 1 / 3) - (2 + 1.5))


@given(st.lists(row, min_size=4, max_size=40))
def test_agrees_with_the_engine(rows):
    treated, control = ([each for each in rows if each[-1] == z] for z in (True, False))
    if not treated or not control or not any(each[2] for each in rows):
        return
    arms = [arm_of(treated), arm_of(control)]

    found = estimate_spells(*arms, horizons=[3, 5], rmst_horizon=5)

    curves = [fit_curve(x, e, w, entry=a)[0] for a, x, e, w in arms]
    entry, exits, event, weight = map(np.concatenate, zip(*arms, strict=True))
    matrix = np.repeat([1.0, 0.0], [len(treated), len(control)])[:, None]
    if np.isfinite(found.log_hazard_ratio):
        cox = fit_cox(exits, event, matrix, weight=weight, entry=entry)
        if np.isfinite(cox.estimate[0]):
            assert found.log_hazard_ratio == pytest.approx(cox.estimate[0], abs=1e-6)
    for place, horizon in enumerate([3, 5]):
        both = [
            np.r_[1, c.estimate][np.searchsorted(c.time, horizon, "right")]
            for c in curves
        ]
        if np.isfinite(found.survival_difference[place]):
            assert found.survival_difference[place] == pytest.approx(both[0] - both[1])


@given(st.lists(row, min_size=4, max_size=40))
def test_without_entries_it_is_the_contrast_of_two_arms(rows):
    exits = np.array([each[1] for each in rows], float)
    event, treated = (np.array([each[k] for each in rows]) for k in (2, 4))
    if not treated.any() or treated.all():
        return
    weight = np.array([each[3] for each in rows]) / 4
    arms = [
        (np.zeros(mine.sum()), exits[mine], event[mine], weight[mine])
        for mine in (treated, ~treated)
    ]

    found = estimate_spells(*arms, horizons=[2], rmst_horizon=2)
    same = estimate_two_arms(
        two_arms_of(exits, event, treated), horizons=[2], rmst_horizon=2, weight=weight
    )

    for one, other in zip(found, same, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-8, atol=1e-12)
