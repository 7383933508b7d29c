"""The other answers to one contrast: other tests, variances, periods, limits.

Rows of one measure are told apart by their term: `treated`, and after an underscore
what is different; after a colon when it holds.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from scipy.special import ndtri

from twoarm.engine import fit_cox
from twoarm.survival.case import Case, empty_ratio, whom_of
from twoarm.survival.changing import assess_changes, estimate_periods, estimate_trend
from twoarm.survival.curves import Arm
from twoarm.survival.doubly_robust import estimate_standardised
from twoarm.survival.effects import count_arms, ratio_row, tested_row
from twoarm.survival.likelihoods import estimate_likelihoods
from twoarm.survival.ranks import EVEN, Powers, compare_greatest, compare_ranks
from twoarm.survival.stack import TREATED, stack_arms

Row = dict[str, Any]
FEW_CLUSTERS = 30
"""A robust variance of fewer clusters is too small more often than not."""


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
    z = float(ndtri((1 + asked["confidence"]) / 2))
    case = Case(stack_arms(arms), rows, asked, z)
    found = [
        *_ranks(case),
        *_ratios(case),
        *estimate_likelihoods(case, covariates),
        *estimate_periods(case),
        *estimate_trend(case, horizons_months),
        *assess_changes(case, covariates),
    ]
    if not case.plain and case.both.entry is None:
        found += estimate_standardised(
            rows,
            arms,
            members,
            covariates=asked["cox"]["covariates"],
            horizons_months=horizons_months,
            rmst_months=rmst_months,
            z=z,
            cluster=case.both.cluster,
        )
    return [{**row, **count_arms(arms)} for row in found]


def _ranks(case: Case) -> Iterator[Row]:
    both = case.both
    whom = whom_of(both)
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


def _tested(case: Case, name: str, whom: str) -> Row:
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


def _ratios(case: Case) -> Iterator[Row]:
    """Estimate the hazard ratio with strata, and with another variance."""
    both, names = case.both, case.asked["strata"]
    if names:
        told = f"Cox, Efron ties, stratified by {', '.join(names)}{whom_of(both)}"
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
        yield empty_ratio(term, why)
        return
    few = ", too few to rely on" if n_clusters < FEW_CLUSTERS else ""
    told = f"Cox, Efron ties, robust variance by {name}: {n_clusters} clusters{few}"
    yield _cox(case, term, told, **{**both.how(), "cluster": cluster})


def _cox(case: Case, term: str, told: str, **how: np.ndarray | None) -> Row:
    both = case.both
    if len(np.unique(both.treated[both.event])) < 2:
        return empty_ratio(term, "not estimable: an arm has no event")
    fit = fit_cox(both.time, both.event, both.treated[:, None], **how)
    found = (float(fit.estimate[0]), float(fit.std_error[0]))
    return ratio_row(term, *found, case.z, told)
