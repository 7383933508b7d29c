"""The other answers to one contrast: other tests, variances, periods, limits.

Rows of one measure are told apart by their term: `treated`, and after an underscore
what is different; after a colon when it holds.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from scipy.stats import norm

from twoarm.engine import assess_proportionality, assess_terms, fit_cox
from twoarm.months import DAYS_PER_MONTH
from twoarm.survival.curves import Arm
from twoarm.survival.doubly_robust import estimate_standardised
from twoarm.survival.effects import count_arms, ratio_row, tested_row
from twoarm.survival.firth import Profile, draws_of, fit_profile
from twoarm.survival.ranks import EVEN, Powers, compare_greatest, compare_ranks
from twoarm.survival.regression import ADJUSTED
from twoarm.survival.stack import TREATED, Stack, stack_arms
from twoarm.survival.varying import fit_period, fit_trend
from twoarm.terms import expand_terms

Row = dict[str, Any]
SCALES = {"km": "1 - S(t-)", "rank": "rank", "identity": "t", "log": "log(t)"}
FEW_CLUSTERS = 30
"""A robust variance of fewer clusters is too small more often than not."""


class _Case(NamedTuple):
    """One design and endpoint, stacked, with the patient of each row."""

    both: Stack
    patients: pl.DataFrame
    asked: Mapping[str, Any]
    z: float

    @property
    def plain(self) -> bool:
        return self.both.weight is None and self.both.cluster is None

    def codes(self, names: Sequence[str]) -> np.ndarray | None:
        """Give combinations of covariates their numbers; None for no covariates."""
        if not names:
            return None
        joined = self.patients.select(pl.struct(names).rank("dense"))
        return joined.to_series().to_numpy().astype(int)


def estimate_variants(
    patients: pl.DataFrame,
    arms: Mapping[str, Arm],
    members: pl.DataFrame,
    *,
    asked: Mapping[str, Any],
    covariates: Sequence[str],
    horizons_months: Sequence[float],
    rmst_months: float | None,
) -> list[Row]:
    """Estimate what the section `analysis` asks for beside the first answers.

    Parameters
    ----------
    patients
        Analysed patients with the covariates.
    arms
        As `twoarm.survival.curves.arms_of` returns them.
    members
        Rows of the design of the contract Designs.
    asked
        Section `analysis` of the config.
    covariates
        Covariates of the design's own regression; may be none.
    horizons_months, rmst_months
        As in `twoarm.survival.effects.estimate_effects`.

    Returns
    -------
    list of dict
        Rows of the contract Effects without `endpoint` and `design`.
    """
    named = [pl.DataFrame({"patient_id": arm.patient_id}) for arm in arms.values()]
    rows = pl.concat(named).join(patients, on="patient_id", maintain_order="left")
    z = float(norm.ppf((1 + asked["confidence"]) / 2))
    case = _Case(stack_arms(arms), rows, asked, z)
    found = [
        *_ranks(case),
        *_ratios(case),
        *_likelihoods(case),
        *_periods(case),
        *_trend(case, horizons_months),
        *_proportionality(case, covariates),
    ]
    if case.both.weight is not None and case.both.entry is None:
        found += estimate_standardised(
            rows,
            arms,
            members,
            covariates=asked["cox"]["covariates"],
            horizons_months=horizons_months,
            rmst_months=rmst_months,
            z=z,
        )
    return [{**row, **count_arms(arms)} for row in found]


def _ranks(case: _Case) -> Iterator[Row]:
    both = case.both
    whom = _whom(both)
    if both.weight is not None:
        test = compare_ranks(both)
        name = f"weighted log-rank chi-squared, 1 degree of freedom{whom}"
        yield tested_row("logrank", test, name)
    elif both.cluster is not None and both.entry is None:
        name = f"log-rank chi-squared, 1 degree of freedom{whom}"
        row = tested_row("logrank", compare_ranks(both), name)
        yield {**row, "term": f"{TREATED}_paired"}
    for name in case.asked["tests"]:
        row = _tested(case, name, whom)
        yield {**row, "term": f"{TREATED}_{name}"}


def _tested(case: _Case, name: str, whom: str) -> Row:
    if name == "maxcombo":
        told = f"MaxCombo of four Fleming-Harrington tests, its square{whom}"
        return tested_row("logrank", compare_greatest(case.both), told)
    powers: Powers = EVEN
    strata, told = None, ""
    if name == "stratified":
        strata = case.codes(case.asked["strata"])
        told = f"log-rank stratified by {', '.join(case.asked['strata'])}"
    else:
        rho, gamma = (float(each) for each in name.split("_")[-2:])
        powers, told = (rho, gamma), f"Fleming-Harrington G({rho:g}, {gamma:g})"
    test = compare_ranks(case.both, powers, strata)
    told = f"{told} chi-squared, 1 degree of freedom{whom}"
    return tested_row("logrank", test, told)


def _whom(both: Stack) -> str:
    if both.cluster is not None:
        kind = "matched set" if both.entry is None else "patient"
        return f", robust variance by {kind}"
    return "" if both.weight is None else ", robust variance"


def _ratios(case: _Case) -> Iterator[Row]:
    """Estimate the hazard ratio with strata, and with another variance."""
    both, names = case.both, case.asked["strata"]
    if names:
        told = f"Cox, Efron ties, stratified by {', '.join(names)}{_whom(both)}"
        strata = case.codes(names)
        yield _cox(case, f"{TREATED}_stratified", told, strata=strata, **both.how())
    name = case.asked["cluster"]
    if name is None:
        return
    cluster = np.asarray(case.codes([name]))
    n_clusters = len(np.unique(cluster))
    term = f"{TREATED}_clustered"
    if n_clusters < 2:
        why = f"not estimable: all are in one cluster of {name}"
        yield _empty(term, why)
        return
    few = ", too few to rely on" if n_clusters < FEW_CLUSTERS else ""
    told = f"Cox, Efron ties, robust variance by {name}: {n_clusters} clusters{few}"
    yield _cox(case, term, told, **{**both.how(), "cluster": cluster})


def _cox(case: _Case, term: str, told: str, **how: np.ndarray | None) -> Row:
    both = case.both
    if len(np.unique(both.treated[both.event])) < 2:
        return _empty(term, "not estimable: an arm has no event")
    fit = fit_cox(both.time, both.event, both.treated[:, None], **how)
    found = (float(fit.estimate[0]), float(fit.std_error[0]))
    return ratio_row(term, *found, case.z, told)


def _likelihoods(case: _Case) -> Iterator[Row]:
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
        return _empty(term, "not estimable: the likelihood has no single maximum")
    names = ("conf_low", "conf_high")
    limits = {name: float(np.exp(getattr(found, name))) for name in names}
    known = {name: None if np.isnan(each) else each for name, each in limits.items()}
    row = {**_empty(term, told), "estimate": float(np.exp(found.estimate)), **known}
    return {**row, "std_error": found.std_error, "p_value": found.p_value}


def _periods(case: _Case) -> Iterator[Row]:
    cuts = case.asked["periods_months"]
    if not cuts:
        return
    for start, end in zip([0.0, *cuts], [*cuts, np.inf], strict=True):
        days = (start * DAYS_PER_MONTH, end * DAYS_PER_MONTH)
        when = (
            f"{start:g}-{end:g} months" if end < np.inf else f"after {start:g} months"
        )
        term = f"{TREATED}: {when}"
        fit, part = fit_period(case.both, *days)
        if fit is None:
            yield _empty(term, "not estimable: an arm has no event in the period")
            continue
        events = int(part.event.sum())
        few = case.asked["few_events"]
        told = f"Cox, Efron ties, events of the period alone{_whom(case.both)}"
        told += f"; rests on fewer than {few} events" if events < few else ""
        found = (float(fit.estimate[0]), float(fit.std_error[0]))
        yield ratio_row(term, *found, case.z, told)


def _trend(case: _Case, horizons: Sequence[float]) -> Iterator[Row]:
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
            row = _empty(term, "not estimable: after the last event")
        else:
            row = ratio_row(term, *trend.at(months), case.z, told)
        yield {**row, "months": months}


def _proportionality(case: _Case, covariates: Sequence[str]) -> Iterator[Row]:
    """Test proportional hazards on other scales, and of each covariate."""
    both = case.both
    if both.weight is not None:
        return
    measure, treated = "proportional_hazards", both.treated[:, None]
    for scale in case.asked["transforms"]:
        if scale != "km":
            how = (both.time, both.event, treated, both.entry)
            test = assess_proportionality(*how, transform=scale)
            row = tested_row(measure, test, f"score test, time scale {SCALES[scale]}")
            yield {**row, "term": f"{TREATED}_{scale}"}
    if not covariates:
        return
    columns, terms = expand_terms(case.patients, covariates)
    matrix = np.column_stack([both.treated, columns])
    names = [ADJUSTED, *(term.name for term in terms), "global"]
    tests = assess_terms(both.time, both.event, matrix, both.entry)
    for name, test in zip(names, tests, strict=True):
        degrees = "" if name != "global" else f", {test.degrees:g} degrees of freedom"
        told = f"score test, time scale 1 - S(t-), with covariates{degrees}"
        yield {**tested_row(measure, test, told), "term": name}


def _empty(term: str, method: str) -> Row:
    return {"measure": "hazard_ratio", "term": term, "months": None, "method": method}
