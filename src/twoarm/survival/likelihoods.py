"""Likelihood limits of a hazard ratio, and Firth's estimate where events are few."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from twoarm.survival.case import Case, empty_ratio
from twoarm.survival.firth import Profile, draws_of, fit_profile
from twoarm.survival.stack import TREATED

Row = dict[str, Any]


def estimate_likelihoods(case: Case) -> Iterator[Row]:
    """Give likelihood limits, and Firth's estimate where events are few.

    Neither is defined with weights, nor for the two of a pair.
    """
    both = case.both
    if not case.plain:
        return
    alone = len(np.unique(both.treated[both.event])) < 2
    few = both.event.sum() < case.asked["few_events"] or alone
    level = case.asked["confidence"]
    if few and case.asked["few_events"]:
        found = fit_profile(draws_of(both), confidence=level, firth=True)
        told = "Cox, Efron ties, Firth's penalty, profile likelihood limits"
        yield _profile(f"{TREATED}_firth", found, told)
    if case.asked["profile"]:
        found = fit_profile(draws_of(both), confidence=level)
        told = "Cox, Efron ties, profile likelihood limits"
        yield _profile(f"{TREATED}_profile", found, told)


def _profile(term: str, found: Profile, told: str) -> Row:
    if np.isnan(found.estimate):
        return empty_ratio(term, "not estimable: the likelihood has no single maximum")
    names = ("conf_low", "conf_high")
    limits = {name: float(np.exp(getattr(found, name))) for name in names}
    known = {name: None if np.isnan(each) else each for name, each in limits.items()}
    row = {
        **empty_ratio(term, told),
        "estimate": float(np.exp(found.estimate)),
        **known,
    }
    return {**row, "std_error": found.std_error, "p_value": found.p_value}
