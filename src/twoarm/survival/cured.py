"""What the arms of a design say of cure, and whether their follow-up carries it."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from scipy.special import expit, ndtr, ndtri

from twoarm.bootstrap import MOST_FAILED
from twoarm.engine import fit_curve
from twoarm.survival.cure import Cure, fit_cure
from twoarm.survival.curves import Arm, count_arm
from twoarm.survival.forestalled import members_of, sum_members
from twoarm.survival.horizons import log_row
from twoarm.survival.latency import fit_latency, log_odds_ratio
from twoarm.survival.stack import TREATED, stack_arms

Row = dict[str, Any]
LEVEL = 0.05
"""Largest p of Maller and Zhou's test with which the follow-up is enough."""
# SOURCE: Selukar and Othus 2023, doi:10.1002/sim.9610.
SMALLEST = 0.025
"""Share of the cured below which none is told from few."""
LARGEST = 0.05
"""Survival of the uncured over that of all, at the end, from which it is too short."""
WEIBULL = "mixture cure, Weibull times of the uncured"
SHARED = "mixture cure, Kaplan-Meier times of the uncured, the same in both arms (EM)"
SEED, REPLICATES = 1995, 500


class _Told(NamedTuple):
    """The model of one arm, and why it may not be told, None where it may."""

    fit: Cure
    why: str | None


def estimate_cure(arms: Mapping[str, Arm], *, confidence: float) -> list[Row]:
    """Estimate the cured share of each arm, and the difference, of one design.

    A share is given by a mixture cure model with Weibull times, and, whatever the
    times, by the end of the Kaplan-Meier curve; with the times of the uncured the same
    in both arms, whatever their shape, by the EM algorithm, which compares the arms by
    an odds ratio. Each needs a follow-up beyond the
    last of the uncured's events, so all are given only where that can be held, by the
    test of Maller and Zhou and by the ratio of Selukar and Othus: a curve also ends
    high where the follow-up does.

    Parameters
    ----------
    arms
        `treated` and `control`; times in days.
    confidence
        Level of the two-sided limits, on the scale of the log odds.

    Returns
    -------
    list of dict
        Rows of the contract Effects without `endpoint` and `design`; an estimate that
        the follow-up does not carry is None, and `method` says why.

    References
    ----------
    .. [1] Maller RA, Zhou S. Estimating the proportion of immunes in a censored sample.
       Biometrika 1992;79:731-739. doi:10.1093/biomet/79.4.731
    .. [2] Selukar S, Othus M. RECeUS: ratio estimation of censored uncured subjects, a
       different approach for assessing cure model appropriateness in studies with
       long-term survivors. Stat Med 2023;42:209-227. doi:10.1002/sim.9610
    """
    counts = {
        f"{what}_{name}": count
        for name, arm in arms.items()
        for what, count in zip(("n", "events"), count_arm(arm), strict=True)
    }
    if arms[TREATED].entry is not None:
        why = "not estimated: patients come late to an arm, or leave it by design"
        rows = [*_empty(arms, why)]
    else:
        rows = [*_estimates(arms, float(ndtri((1 + confidence) / 2)))]
    return [{**row, **counts} for row in rows]


def assess_follow_up(time: np.ndarray, event: np.ndarray) -> float:
    """Test whether the follow-up is too short to see a cure; small: it is enough.

    With t* the last event and T the end, N events lie in (2 t* - T, t*]. The longer it
    is quiet, the wider that interval. The p value is (1 - N / n)^n.

    Parameters
    ----------
    time, event : ndarray, shape (n_patients,)
        Times, and whether each ended with an event.

    References
    ----------
    .. [1] Maller RA, Zhou S. Estimating the proportion of immunes in a censored sample.
       Biometrika 1992;79:731-739. doi:10.1093/biomet/79.4.731

    Examples
    --------
    Two of four events lie as near to the last as the last does to the end:

    >>> event = np.array([True, True, True, True, False])
    >>> round(assess_follow_up(np.array([1.0, 2, 5, 6, 8]), event), 5)
    0.07776
    """
    if not event.any():
        return 1.0
    last, end = time[event].max(), time.max()
    near = event & (time > 2 * last - end) & (time <= last)
    return float((1 - near.sum() / len(time)) ** len(time))


def _judge(arm: Arm) -> _Told:
    """Fit an arm, and say why its follow-up does not carry a cure, if so."""
    fit = fit_cure(arm.time, arm.event, arm.weight)
    uncured = fit.survival_of_uncured(float(arm.time.max()))
    why = None
    if not arm.event.any():
        why = "the arm has no event"
    elif assess_follow_up(arm.time, arm.event) >= LEVEL:
        why = "the follow-up is too short (Maller-Zhou)"
    elif np.isnan(fit.share):
        why = "the likelihood has no maximum with some cured, some not"
    elif fit.share < SMALLEST:
        why = f"the cured share is below {SMALLEST:.1%} (RECeUS)"
    elif uncured / (fit.share + (1 - fit.share) * uncured) >= LARGEST:
        why = "too many of the uncured are left at the end (RECeUS)"
    return _Told(fit, None if why is None else f"not estimable: {why}")


def _estimates(arms: Mapping[str, Arm], z: float) -> Iterator[Row]:
    told = {name: _judge(arm) for name, arm in arms.items()}
    for name, arm in arms.items():
        fit, why = told[name]
        variance = "" if arm.weight is None else ", weighted, robust variance"
        row = _row("cure_fraction", arm.label, why or f"{WEIBULL}{variance}")
        if why is None:
            row |= _limited(fit.share, fit.std_error, z)
        yield row
    for name, arm in arms.items():
        yield _plateau(arm, told[name].why, z)
    yield _difference(arms, told, z)
    why = next((each.why for each in told.values() if each.why), None)
    yield from _empty_shared(arms, why) if why else _shared(arms, z)


def _plateau(arm: Arm, why: str | None, z: float) -> Row:
    """Read the cured share off the end of the Kaplan-Meier curve."""
    row = _row("cure_plateau", arm.label, why or "Kaplan-Meier at its end")
    if why is not None:
        return row
    curve, _ = fit_curve(arm.time, arm.event, arm.weight)
    share, error = float(curve.estimate[-1]), float(curve.std_error[-1])
    if not error > 0:
        return {**row, "estimate": share}
    return {**row, **_limited(share, error, z)}


def _difference(arms: Mapping[str, Arm], told: Mapping[str, _Told], z: float) -> Row:
    """Subtract the shares; who belongs together is counted together."""
    pair = [told[TREATED], told["control"]]
    row = _row("cure_fraction_difference", TREATED, f"difference of {WEIBULL}")
    why = next((each.why for each in pair if each.why), None)
    if why is not None:
        return {**row, "method": why}
    if arms[TREATED].weight is None and arms[TREATED].cluster is None:
        error = float(np.hypot(pair[0].fit.std_error, pair[1].fit.std_error))
    else:
        members, cut = members_of(arms), len(arms[TREATED].time)
        parts = [
            sum_members(each.fit.influence, number, members.max() + 1)
            for each, number in zip(pair, (members[:cut], members[cut:]), strict=True)
        ]
        error = float(((parts[0] - parts[1]) ** 2).sum()) ** 0.5
        row["method"] += ", robust variance"
    gap = pair[0].fit.share - pair[1].fit.share
    if not error > 0:
        return {**row, "estimate": gap}
    limits = {"conf_low": gap - z * error, "conf_high": gap + z * error}
    p_value = float(2 * ndtr(-abs(gap / error)))
    return {**row, "estimate": gap, "std_error": error, **limits, "p_value": p_value}


def _shared(arms: Mapping[str, Arm], z: float) -> Iterator[Row]:
    """Estimate the shares under one curve of the uncured, and their odds ratio.

    Who is drawn together is a patient, or a set; the score is taken for known.
    """
    both, members = stack_arms(arms), members_of(arms)
    n_members = int(members.max()) + 1
    rng, even = np.random.default_rng(SEED), np.full(n_members, 1 / n_members)
    copies = rng.multinomial(n_members, even, REPLICATES)[:, members]
    rows = (both.time, both.event, both.treated == 1, both.weight)
    found = fit_latency(*rows, copies)
    weighted = "" if both.weight is None else ", weighted"
    drawn = f"{weighted}, limits of {REPLICATES} bootstrap samples"
    for place, arm in enumerate((arms[TREATED], arms["control"])):
        row = _row("cure_fraction_shared", arm.label, f"{SHARED}{drawn}")
        share, spread = float(found.shares[place]), found.shares_drawn[:, place]
        error = float(np.nanstd(spread, ddof=1))
        known = 0 < share < 1 and error > 0
        yield row | (_limited(share, error, z) if known else {"estimate": share})
    odds = log_odds_ratio(found.shares_drawn)
    error, failed = float(np.nanstd(odds, ddof=1)), np.isnan(odds).mean()
    method = f"odds ratio of {SHARED}{drawn}"
    if failed > MOST_FAILED or np.isnan(found.log_odds_ratio) or not error > 0:
        method = "not estimable: a share is 0 or 1, or is so in samples of the patients"
        yield _row("cure_odds_ratio", TREATED, method)
    else:
        row = log_row(float(np.exp(found.log_odds_ratio)), error, z)
        yield _row("cure_odds_ratio", TREATED, method) | row


def _empty_shared(arms: Mapping[str, Arm], why: str) -> Iterator[Row]:
    for arm in arms.values():
        yield _row("cure_fraction_shared", arm.label, why)
    yield _row("cure_odds_ratio", TREATED, why)


def _empty(arms: Mapping[str, Arm], why: str) -> Iterator[Row]:
    for measure in ("cure_fraction", "cure_plateau"):
        for arm in arms.values():
            yield _row(measure, arm.label, why)
    yield _row("cure_fraction_difference", TREATED, why)
    yield from _empty_shared(arms, why)


def _limited(share: float, error: float, z: float) -> Row:
    """Give limits on the scale of the log odds."""
    odds, reach = np.log(share / (1 - share)), z * error / (share * (1 - share))
    limits = {"conf_low": expit(odds - reach), "conf_high": expit(odds + reach)}
    found = {"estimate": share, "std_error": error, **limits}
    return {name: float(value) for name, value in found.items()}


def _row(measure: str, term: str, method: str) -> Row:
    return {"measure": measure, "term": term, "months": None, "method": method}
