"""Firth's penalty in a regression of several terms, and weights that are refused."""

import numpy as np
import pytest

from twoarm.engine import fit_cox, fit_curve, fit_residuals
from twoarm.errors import InputError
from twoarm.survival.cure import fit_cure
from twoarm.survival.fine_gray import fit_fine_gray
from twoarm.survival.firth import draws_of, fit_profile
from twoarm.survival.firth_terms import fit_penalised
from twoarm.survival.incidence import estimate_incidence, fit_incidence
from twoarm.survival.ranks import compare_ranks
from twoarm.survival.restricted_mean import estimate_rmst
from twoarm.survival.stack import Stack
from twoarm.survival.two_arms import fit_two_arms


@pytest.mark.parametrize("name", ["few", "heart", "none"])
def test_numbers_are_those_of_the_same_likelihood_in_r(oracle, name):
    told = oracle("contrasts")["few" if name == "none" else name]
    names = ("start", "time", "event", "x", "age", "stratum")
    start, time, event, *terms = (np.array(told[each], float) for each in names)
    # In "none" all events are of one arm.
    event = (event == 1) & ((terms[0] == 1) | (name != "none"))
    found = fit_penalised(
        time, event, np.column_stack(terms), entry=start, confidence=0.95
    )

    block = oracle("firth")[name]
    expected = (
        block["coef"][0],
        *(block[key] for key in ("se", "lower", "upper", "p")),
    )
    assert found == pytest.approx(expected, rel=1e-6)


def test_one_term_is_that_of_two_arms(invent):
    time, event, treated, _ = invent(5, 30, ties=True)
    treated = treated.astype(float)
    both = Stack(time, event, treated, None, None, None)

    found = fit_penalised(time, event, treated[:, None], confidence=0.9)

    expected = fit_profile(draws_of(both), confidence=0.9, firth=True)
    assert found == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("event", "column"),
    [
        ([0, 0, 0, 0], [0, 1, 0, 1]),
        ([1, 1, 1, 0], [1, 1, 1, 1]),
        ([0, 0, 0, 1], [0, 1, 0, 1]),
    ],
)
def test_nothing_to_tell_terms_apart_has_no_estimate(event, column):
    matrix = np.array(column, float)[:, None]
    found = fit_penalised(
        np.array([1.0, 2, 3, 4]), np.array(event, bool), matrix, confidence=0.95
    )

    assert np.isnan(found).all()


TIME, EVENT = np.array([1.0, 2, 3, 4, 5, 6]), np.array([1, 1, 0, 1, 1, 0], bool)
ARM = np.array([1.0, 0, 1, 0, 1, 0])
TAKERS = {
    "curve": lambda weight: fit_curve(TIME, EVENT, weight),
    "cox": lambda weight: fit_cox(TIME, EVENT, ARM[:, None], weight=weight),
    "residuals": lambda weight: fit_residuals(TIME, EVENT, ARM[:, None], weight=weight),
    "ranks": lambda weight: compare_ranks(Stack(TIME, EVENT, ARM, weight, None, None)),
    "rmst": lambda weight: estimate_rmst(TIME, EVENT, 4.0, weight),
    "cure": lambda weight: fit_cure(TIME, EVENT, weight),
    "incidence": lambda weight: fit_incidence(
        TIME, EVENT.astype(int), confidence=0.95, weight=weight
    ),
    "shares": lambda weight: estimate_incidence(
        TIME, EVENT.astype(int), np.array([2.0]), weight=weight
    ),
    "fine_gray": lambda weight: fit_fine_gray(
        TIME, EVENT.astype(int), ARM[:, None], weight=weight
    ),
}


def test_weights_of_the_resampled_fit_may_be_0_but_no_less():
    weight = np.array([1.0, 0, 1, 1, 1, 1])
    arm = ARM == 1
    kept = weight > 0
    expected = fit_two_arms(TIME[kept], EVENT[kept], arm[kept], weight[kept]).estimate

    assert fit_two_arms(TIME, EVENT, arm, weight).estimate == pytest.approx(expected)
    weight[1] = -1
    with pytest.raises(InputError, match="1 negative"):
        fit_two_arms(TIME, EVENT, arm, weight)


@pytest.mark.parametrize("taker", TAKERS)
@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (0.0, "1 0"),
        (-1.0, "1 negative"),
        (np.nan, "1 not known"),
        (np.inf, "1 infinite"),
    ],
)
def test_bad_weights_are_refused_in_words(taker, bad, words):
    weight = np.ones(6)
    weight[2] = bad

    with pytest.raises(InputError, match=f"of 6 rows {words}; every weight must be"):
        TAKERS[taker](weight)
