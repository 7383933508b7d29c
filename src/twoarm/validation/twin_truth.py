"""What each design of a study asks of a twin, and the true answer."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from twoarm.clocks import SAME_DAY
from twoarm.engine import fit_cox
from twoarm.months import DAYS_PER_MONTH
from twoarm.survival.regression import ADJUSTED
from twoarm.survival.stack import TREATED
from twoarm.survival.two_arms import fit_two_arms
from twoarm.validation.twin import Twin
from twoarm.validation.twin_draws import (
    Chances,
    Ends,
    draw_chances,
    draw_ends,
    draw_losses,
    draw_waits,
    draw_waits_after,
)

SIZE, TIMES = 4000, 12
"""Patients of a draw, and draws, whose mean is the truth."""

Asked = tuple[str, float | None]
"""A measure and its months."""


def estimate_twin_truths(
    twin: Twin,
    clocks: Mapping[str, Mapping[str, Any]],
    asked: Iterable[Asked],
    *,
    effect: float | None,
    seed: Sequence[int],
    grace_days: float | None = None,
) -> list[dict[str, Any]]:
    """Estimate what each design would find if nothing stood in its way.

    All patients are drawn twice, with the same chances, under both of the strategies
    that the design's clock compares:

    `cloning`: treatment on its own day, but at the end of the grace period at the
    latest, against none until then. `landmark`: the same with the landmark's day, of
    those free then, from there on. `risk_set`: of the treated, treatment on its day
    against none on that day, from there on. `time_dependent`: treatment that comes on
    days that have nothing to do with the patient, also after another endpoint. All
    others: treatment on its own day, but at the end of the study's grace period at the
    latest, against never. Of `sequential` trials no truth is drawn: who they compare
    changes with the trial.

    A hazard ratio is that over the follow-up that the cohort has; survival and its
    means are those without loss. Without an effect all are 1 or 0, and nothing is
    drawn.

    Parameters
    ----------
    clocks
        Design to its clock.
    asked
        Measures of a contrast, with their months.
    effect, seed
        As in `draw_twin`; the seed is of these draws alone.
    grace_days
        Grace period of the study; the longest wait of the cohort if left out.

    Returns
    -------
    list of dict
        `design`, `endpoint`, `measure`, `term`, `months`, `truth` (a hazard ratio as
        its logarithm) and `std_error`, its Monte Carlo error; a row a combination.
    """
    chosen, rows = sorted(set(asked), key=str), []
    grace = grace_days or _longest_wait(twin)
    answers: dict[str, Any] = {}
    for design, clock in clocks.items():
        if clock["clock"] == "sequential" and effect != 1:
            continue
        key = str(sorted(clock.items(), key=str))
        if key not in answers:
            answers[key] = _answers(twin, clock, chosen, effect, seed, grace)
        rows += [{"design": design, "term": TREATED, **each} for each in answers[key]]
        rows += _adjusted(twin, design, clock, effect)
    return rows


def _adjusted(
    twin: Twin, design: str, clock: Mapping[str, Any], effect: float | None
) -> list[dict[str, Any]]:
    """Answer for a regression with covariates, where the twin's own ratio is the truth.

    That is where there is no effect; and for the first endpoint, where patients count
    as treated from their treatment on. Else no one ratio is true.
    """
    names = list(dict.fromkeys(twin.endpoints))
    if effect != 1:
        names = names[:1] if clock["clock"] == "time_dependent" else []
    ratio = twin.onset.effect if effect is None else effect
    row = {
        "design": design,
        "measure": "hazard_ratio",
        "months": None,
        "std_error": 0.0,
    }
    told = {"term": ADJUSTED, "truth": float(np.log(ratio))}
    return [{**row, **told, "endpoint": name} for name in names]


def _longest_wait(twin: Twin) -> float:
    known = twin.followed.wait[np.isfinite(twin.followed.wait)]
    return float(known.max()) if len(known) else 0.0


def _answers(
    twin: Twin,
    clock: Mapping[str, Any],
    asked: list[Asked],
    effect: float | None,
    seed: Sequence[int],
    grace: float,
) -> list[dict[str, Any]]:
    names = dict.fromkeys(twin.endpoints)
    keys = [(name, *each) for name in names for each in asked]
    found = np.zeros((1, len(keys)))
    if effect != 1:
        draws = [
            _answer(
                twin, clock, asked, effect, np.random.default_rng([*seed, k]), grace
            )
            for k in range(TIMES)
        ]
        found = np.array(draws)
    error = found.std(axis=0, ddof=1) / np.sqrt(TIMES) if len(found) > 1 else found[0]
    return [
        {
            "endpoint": name,
            "measure": measure,
            "months": months,
            "truth": float(truth),
            "std_error": float(each),
        }
        for (name, measure, months), truth, each in zip(
            keys, found.mean(axis=0), error, strict=True
        )
        if np.isfinite(truth)
    ]


def _answer(
    twin: Twin,
    clock: Mapping[str, Any],
    asked: list[Asked],
    effect: float | None,
    rng: np.random.Generator,
    grace: float,
) -> list[float]:
    """Answer all that is asked of one draw, an endpoint after the other."""
    chances = draw_chances(twin, rng, SIZE)
    loss = draw_losses(twin, chances)
    if clock["clock"] == "time_dependent":
        return _changing(twin, chances, loss, asked, effect, rng)
    waits, origin = _strategies(twin, chances, clock, grace)
    ends = [draw_ends(twin, chances, wait, effect=effect)[0] for wait in waits]
    answers = []
    for name in dict.fromkeys(twin.endpoints):
        of_both = [(_end(twin, each, name), _free(each, origin)) for each in ends]
        answers += [
            _contrast(of_both, origin, loss, measure, months)
            for measure, months in asked
        ]
    return answers


def _end(twin: Twin, ends: Ends, endpoint: str) -> np.ndarray:
    return ends.first if endpoint == twin.endpoints[0] else ends.last


def _free(ends: Ends, origin: np.ndarray) -> np.ndarray:
    """Tell who is free of every endpoint when the clock starts."""
    return np.asarray((ends.first > origin) & np.isfinite(origin))


def _strategies(
    twin: Twin, chances: Chances, clock: Mapping[str, Any], grace: float
) -> tuple[list[np.ndarray], np.ndarray]:
    """Return the days of treatment under both strategies, and where the clock reads 0.

    Where it is infinite the patient has no part in the contrast.
    """
    natural, n = draw_waits(twin, chances), len(chances.row)
    never, zero = np.full(n, np.inf), np.zeros(n)
    if clock["clock"] == "risk_set":
        later = draw_waits_after(twin, chances, natural)
        other = never if clock["censor_crossovers"] else later
        return [natural, other], np.where(np.isfinite(natural), natural, np.inf)
    if clock["clock"] not in ("cloning", "landmark"):
        return [np.minimum(natural, grace), never], zero
    day = float(clock["grace_days"] or clock["landmark_days"])
    other = np.where(
        natural > day, natural, draw_waits_after(twin, chances, np.full(n, day))
    )
    origin = zero + day if clock["clock"] == "landmark" else zero
    return [np.minimum(natural, day), other], origin


def _contrast(
    of_both: list[tuple[np.ndarray, np.ndarray]],
    origin: np.ndarray,
    loss: np.ndarray,
    measure: str,
    months: float | None,
) -> float:
    """Contrast the strategies by one measure, the treated one first."""
    times = [end[free] - origin[free] for end, free in of_both]
    if measure == "hazard_ratio":
        until = np.concatenate([loss[free] - origin[free] for _, free in of_both])
        end = np.concatenate(times)
        time, event = np.minimum(end, until), end <= until
        treated = np.repeat([True, False], [len(each) for each in times])
        kept = time > 0
        return fit_two_arms(time[kept], event[kept], treated[kept]).estimate
    days = (months or 0.0) * DAYS_PER_MONTH
    if measure == "survival_difference":
        one, other = (float((each > days).mean()) for each in times)
        return one - other
    if measure == "rmst_difference":
        one, other = (float(np.minimum(each, days).mean()) for each in times)
        return (one - other) / DAYS_PER_MONTH
    return np.nan


def _changing(
    twin: Twin,
    chances: Chances,
    loss: np.ndarray,
    asked: list[Asked],
    effect: float | None,
    rng: np.random.Generator,
) -> list[float]:
    """Answer of the hazard ratio alone; no arm has a survival of its own."""
    wait = rng.permutation(draw_waits(twin, chances))
    ends, _ = draw_ends(twin, chances, wait, effect=effect, anytime=True)
    answers = []
    for name in dict.fromkeys(twin.endpoints):
        end = _end(twin, ends, name)
        time, event = np.minimum(end, loss), end <= loss
        start = np.maximum(wait - SAME_DAY, 0.0)
        rows = list(_stretches(time, event, start))
        columns = [np.concatenate(each) for each in zip(*rows, strict=True)]
        ratio = _ratio(*columns)
        answers += [ratio if each[0] == "hazard_ratio" else np.nan for each in asked]
    return answers


def _stretches(
    time: np.ndarray, event: np.ndarray, start: np.ndarray
) -> Iterator[tuple[np.ndarray, ...]]:
    """Yield entry, exit, event and arm of the untreated, then of the treated, time."""
    before, after = start > 0, start < time
    yield (
        np.zeros(before.sum()),
        np.minimum(time, start)[before],
        (event & ~after)[before],
        np.zeros(before.sum()),
    )
    yield start[after], time[after], event[after], np.ones(after.sum())


def _ratio(
    entry: np.ndarray, time: np.ndarray, event: np.ndarray, arm: np.ndarray
) -> float:
    return float(fit_cox(time, event, arm[:, None], entry=entry).estimate[0])
