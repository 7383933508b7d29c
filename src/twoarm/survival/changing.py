"""Rows of a hazard ratio that may change with time: by period, as a trend, tested."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from twoarm.fits import ChiSquared
from twoarm.months import DAYS_PER_MONTH
from twoarm.survival.case import Case, empty_ratio, whom_of
from twoarm.survival.effects import ratio_row, tested_row
from twoarm.survival.firth import draws_of
from twoarm.survival.proportionality import SCALES, assess_robustly, assess_terms
from twoarm.survival.regression import ADJUSTED
from twoarm.survival.stack import TREATED
from twoarm.survival.varying import fit_period, fit_trend
from twoarm.terms import expand_terms

Row = dict[str, Any]


def list_periods(cuts: Sequence[float]) -> list[tuple[str, float, float]]:
    """List the periods between cuts in months: term, and first and last day.

    >>> [term for term, *_ in list_periods([12])]
    ['treated: 0-12 months', 'treated: after 12 months']
    """
    found = []
    for start, end in pairwise([0.0, *cuts, np.inf] if cuts else []):
        when = (
            f"{start:g}-{end:g} months" if end < np.inf else f"after {start:g} months"
        )
        days = (start * DAYS_PER_MONTH, end * DAYS_PER_MONTH)
        found.append((f"{TREATED}: {when}", *days))
    return found


def estimate_periods(case: Case) -> Iterator[Row]:
    """Estimate the hazard ratio of each period, from its events alone."""
    for term, *days in list_periods(case.asked["periods_months"]):
        fit, part = fit_period(case.both, *days)
        if fit is None:
            yield empty_ratio(term, "not estimable: an arm has no event in the period")
            continue
        events = int(part.event.sum())
        few = case.asked["few_events"]
        told = f"Cox, Efron ties, events of the period alone{whom_of(case.both)}"
        told += f"; rests on fewer than {few} events" if events < few else ""
        found = (float(fit.estimate[0]), float(fit.std_error[0]))
        yield ratio_row(term, *found, case.z, told)


def estimate_trend(case: Case, horizons: Sequence[float]) -> Iterator[Row]:
    """Estimate a hazard ratio that changes with the logarithm of time."""
    if not case.asked["varying"] or not case.plain:
        return
    draws = draws_of(case.both)
    trend = fit_trend(draws._replace(time=draws.time / DAYS_PER_MONTH))
    told = "Cox, Efron ties, log hazard ratio linear in log time, model-based variance"
    term, error = f"{TREATED}: per doubling of time", trend.covariance[1, 1] ** 0.5
    yield ratio_row(term, float(trend.estimate[1]), float(error), case.z, told)
    last = float(draws.time.max(initial=0.0)) / DAYS_PER_MONTH
    for months in horizons:
        term = f"{TREATED}: then"
        if months > last:
            row = empty_ratio(term, "not estimable: after the last event")
        else:
            row = ratio_row(term, *trend.at(months), case.z, told)
        yield {**row, "months": months}


def assess_changes(case: Case, covariates: Sequence[str]) -> Iterator[Row]:
    """Test proportional hazards on other scales, and of each covariate.

    In matched sets the first answer takes members for strangers; `treated_paired` not.
    """
    both, measure = case.both, "proportional_hazards"
    scales = [scale for scale in case.asked["transforms"] if scale != "km"]
    asked = [(f"{TREATED}_{scale}", scale) for scale in scales]
    if both.weight is None and both.cluster is not None:
        asked = [(f"{TREATED}_paired", "km"), *asked]
    for term, scale in asked:
        test = _tests(case, both.treated[:, None], scale)[-1]
        told = f"score test, time scale {SCALES[scale]}{whom_of(both)}"
        yield {**tested_row(measure, test, told), "term": term}
    if not covariates:
        return
    columns, terms = expand_terms(case.patients, covariates)
    matrix = np.column_stack([both.treated, columns])
    names = [ADJUSTED, *(term.name for term in terms), "global"]
    for name, test in zip(names, _tests(case, matrix, "km"), strict=True):
        degrees = "" if name != "global" else f", {test.degrees:g} degrees of freedom"
        told = f"score test, time scale 1 - S(t-), with covariates{whom_of(both)}"
        yield {**tested_row(measure, test, f"{told}{degrees}"), "term": name}


def _tests(case: Case, matrix: np.ndarray, scale: str) -> list[ChiSquared]:
    """Test each term, then all; with weights or sets by the robust variance."""
    both = case.both
    if not case.plain:
        return assess_robustly(both, matrix, transform=scale)
    how = (both.time, both.event, matrix, both.entry)
    return assess_terms(*how, transform=scale)
