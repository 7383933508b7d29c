"""The same numbers by a second route, from the study's own patients."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from scipy.stats import CensoredData, ecdf, logrank

from twoarm.engine import fit_curve
from twoarm.logrank import compare_logrank
from twoarm.months import DAYS_PER_MONTH
from twoarm.survival.curves import Arm, count_arm
from twoarm.survival.spells import estimate_spells
from twoarm.survival.stack import TREATED, stack_arms
from twoarm.survival.two_arms import fit_two_arms
from twoarm.ties import sum_after

EXACT, ITERATED = 1e-9, 1e-6
"""Relative differences that rounding, and the last of Newton's steps, may leave."""
POOLED = ("pooled over", "imputations, F with", "read off", "median of")
"""Words by which the method of a pooled row is known."""


class Check(NamedTuple):
    """One number by two routes."""

    question: str
    expected: float
    found: float
    tolerance: float = 0.0

    @property
    def excess(self) -> float:
        """How far the difference is beyond what is allowed; NaN counts as far."""
        gap = abs(self.expected - self.found) - self.tolerance
        return float(gap) if np.isfinite(gap) else np.inf


def check_effects(effects: pl.DataFrame, arms: Mapping[str, Arm]) -> Iterator[Check]:
    """Compute the released effects of one design and endpoint a second time.

    Curves and log-rank by SciPy, hazard ratios by the score of Efron's likelihood as
    the bootstrap has it, restricted means as a sum over the steps of SciPy's curve,
    counts from the patients. What is pooled over imputations is of no one data set, and
    is passed over.

    Parameters
    ----------
    effects
        Rows of the contract Effects of the design and endpoint.
    arms
        As `twoarm.survival.curves.arms_of` returns them.
    """
    for row in effects.iter_rows(named=True):
        if row["measure"] == "hazard_ratio" and row["term"] == TREATED:
            yield from _counts(row, arms)
        pooled = any(words in row["method"] for words in POOLED)
        if row["estimate"] is None or pooled:
            continue
        if row["measure"] == "hazard_ratio" and row["term"] == TREATED:
            yield _ratio(row, arms)
        plain = all(arm.entry is None and arm.weight is None for arm in arms.values())
        if plain:
            yield from _by_scipy(row, arms)


def check_engine(arms: Mapping[str, Arm]) -> Iterator[Check]:
    """Hold the engine to what must be the same, on the arms of one design.

    Weights of 1 are no weights; patients that stand twice weigh 2; and without ties
    Cox's score test is the log-rank test.
    """
    both = stack_arms(arms)
    if both.entry is not None or both.weight is not None:
        return
    time, event, treated = both.time, both.event, both.treated
    ones = np.ones(len(time))
    plain, other = fit_curve(time, event)[0], fit_curve(time, event, ones)[0]
    last = float(plain.estimate.sum())
    yield _close("weights of 1 are none", last, float(other.estimate.sum()), EXACT)
    twice = np.concatenate([time, time[treated > 0]])
    events = np.concatenate([event, event[treated > 0]])
    copied = fit_curve(twice, events)[0].estimate
    weighed = fit_curve(time, event, 1 + treated)[0].estimate
    sums = float(copied.sum()), float(weighed.sum())
    yield _close("a weight of 2 is two patients", *sums, EXACT)
    # Ties are broken by the order of the rows, so that both tests know none.
    rank = np.empty(len(time))
    rank[np.lexsort((np.arange(len(time)), ~event, time))] = np.arange(1, 1 + len(time))
    test = compare_logrank(rank, event, treated).statistic
    if not np.isnan(test):
        score = _score_test(rank, event, treated)
        yield _close("score test of Cox is log-rank, ties broken", score, test, EXACT)


def check_designs(
    members: pl.DataFrame, patients: pl.DataFrame, *, pairs: bool
) -> Iterator[Check]:
    """Check the members of one design: who they are, and that sets are whole.

    Parameters
    ----------
    members
        Rows of one design and imputation of the contract Designs.
    patients
        Analysed patients.
    pairs
        Whether the design matches one control to each treated patient.
    """
    known = members["patient_id"].is_in(patients["patient_id"].implode())
    strangers = members.height - int(known.sum())
    yield Check("members are analysed patients", 0.0, float(strangers))
    if pairs:
        n_pairs = float(members["set_id"].n_unique())
        yield Check("pairs times two are the matched", 2 * n_pairs, members.height)
    early = patients.filter(pl.col("treatment_days") < 0).height
    yield Check("treatment is not before time zero", 0.0, float(early))


def _counts(row: Mapping[str, Any], arms: Mapping[str, Arm]) -> Iterator[Check]:
    """Count patients and events of the arms, which the means of imputations are near.

    With imputations a design may have other members in each.
    """
    slack = np.inf if any(words in row["method"] for words in POOLED) else 0.0
    if slack:
        return
    for name, arm in arms.items():
        whole = _whole_of(arm)
        for what, number in zip(("n", "events"), whole, strict=True):
            told = f"{what}_{name}"
            yield Check(f"{told} are the patients of the arm", number, row[told])
        yield Check(
            f"events_{name} are at most the patients",
            0.0,
            max(row[f"events_{name}"] - row[f"n_{name}"], 0),
        )


def _whole_of(arm: Arm) -> tuple[int, int]:
    """Count distinct patients, and those with an event, by their identifiers."""
    if arm.patient_id is None:
        return count_arm(arm)
    rows = pl.DataFrame({"who": arm.patient_id, "event": arm.event})
    return rows["who"].n_unique(), rows.filter("event")["who"].n_unique()


def _ratio(row: Mapping[str, Any], arms: Mapping[str, Arm]) -> Check:
    """Fit the hazard ratio by the code that the bootstrap has for it."""
    both = stack_arms(arms)
    treated = both.treated > 0
    if both.entry is None:
        second = fit_two_arms(both.time, both.event, treated, both.weight).estimate
    else:
        weight = np.ones(len(both.time)) if both.weight is None else both.weight
        columns = [both.entry, both.time, both.event, weight]
        parts = [[each[rows] for each in columns] for rows in (treated, ~treated)]
        second = estimate_spells(*parts, horizons=[]).log_hazard_ratio
    question = "hazard ratio by the bootstrap's likelihood"
    return _close(question, float(np.exp(second)), row["estimate"], ITERATED)


def _by_scipy(row: Mapping[str, Any], arms: Mapping[str, Arm]) -> Iterator[Check]:
    samples = {arm.label: _sample(arm) for arm in arms.values()}
    if row["measure"] == "logrank" and row["term"] == TREATED:
        test = logrank(*samples.values())
        second = float(test.statistic) ** 2
        yield _close("log-rank by SciPy", second, row["estimate"], EXACT)
    if row["measure"] == "survival" and row["term"] in samples:
        curve = ecdf(samples[row["term"]]).sf
        days = row["months"] * DAYS_PER_MONTH
        second = float(curve.evaluate(days))
        yield _close("survival by SciPy", second, row["estimate"], EXACT)
    if row["measure"] == "rmst" and row["term"] in samples:
        curve = ecdf(samples[row["term"]]).sf
        days = row["months"] * DAYS_PER_MONTH
        within = curve.quantiles < days
        edges = np.r_[0.0, curve.quantiles[within], days]
        steps = np.r_[1.0, curve.probabilities[within]]
        second = float((steps * np.diff(edges)).sum()) / DAYS_PER_MONTH
        question = "restricted mean as steps of SciPy's curve"
        yield _close(question, second, row["estimate"], EXACT)


def _sample(arm: Arm) -> CensoredData:
    # SciPy takes times for two that differ by rounding; the engine, as R, for one.
    time = np.round(arm.time, 6)
    return CensoredData(time[arm.event], right=time[~arm.event])


def _score_test(time: np.ndarray, event: np.ndarray, treated: np.ndarray) -> float:
    """Sum the score test of Cox's regression at 0 for distinct times."""
    order = np.argsort(time)
    left = len(time) - np.arange(len(time))
    share = (sum_after(treated[order]) / left)[event[order]]
    score = treated[event].sum() - share.sum()
    return float(score**2 / (share * (1 - share)).sum())


def _close(question: str, expected: float, found: float, relative: float) -> Check:
    return Check(question, expected, found, relative * max(abs(expected), 1e-6))
