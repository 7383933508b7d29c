"""Likelihood limits of a hazard ratio, and Firth's estimate where events are few."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from twoarm.survival.case import Case, empty_ratio
from twoarm.survival.firth import Profile, draws_of, fit_profile
from twoarm.survival.firth_terms import fit_penalised
from twoarm.survival.regression import ADJUSTED
from twoarm.survival.stack import TREATED
from twoarm.terms import expand_terms

Row = dict[str, Any]
WEIGHTED = "not estimable: rows with weights or in sets have no likelihood of their own"


def estimate_likelihoods(case: Case, covariates: Sequence[str]) -> Iterator[Row]:
    """Give likelihood limits, and Firth's estimate where events are few.

    With covariates events are few by their number a term. Neither is defined with
    weights, nor for the two of a pair.
    """
    both, level = case.both, case.asked["confidence"]
    alone = len(np.unique(both.treated[both.event])) < 2
    few, asked = int(both.event.sum()), []
    if case.asked["few_events"] and (few < case.asked["few_events"] or alone):
        asked.append((f"{TREATED}_firth", "Firth's penalty, "))
    if case.asked["profile"]:
        asked.append((f"{TREATED}_profile", ""))
    for term, penalty in asked:
        if not case.plain:
            yield empty_ratio(term, WEIGHTED)
            continue
        found = fit_profile(draws_of(both), confidence=level, firth=bool(penalty))
        told = f"Cox, Efron ties, {penalty}profile likelihood limits"
        yield _profile(term, found, told)
    yield from _adjusted(case, covariates)


def _adjusted(case: Case, covariates: Sequence[str]) -> Iterator[Row]:
    """Give Firth's estimate beside covariates that are many for the events."""
    if not covariates:
        return
    both, term = case.both, f"{ADJUSTED}_firth"
    columns, _ = expand_terms(case.patients, covariates)
    matrix = np.column_stack([both.treated, columns])
    few = int(both.event.sum()) / matrix.shape[1]
    alone = len(np.unique(both.treated[both.event])) < 2
    if not case.asked["few_events"] or not (few < case.asked["few_events"] or alone):
        return
    if not case.plain:
        yield empty_ratio(term, WEIGHTED)
        return
    how = {"entry": both.entry, "confidence": case.asked["confidence"]}
    found = fit_penalised(both.time, both.event, matrix, **how)
    told = "Cox with covariates, Efron ties, Firth's penalty, profile likelihood limits"
    yield _profile(term, found, f"{told}, {few:.1f} events a term")


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
