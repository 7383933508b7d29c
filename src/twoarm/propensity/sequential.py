"""Weights of nested trials: treated now against not yet, made comparable."""

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np

from twoarm.clocks import SAME_DAY
from twoarm.errors import InputError
from twoarm.propensity.cloning_spells import Spells
from twoarm.propensity.sequential_models import Model, Trials, fit_entries
from twoarm.propensity.weights import Arms, truncate_weights, weight_by_score
from twoarm.trials import Entries, drop_trials

Follow = Literal["as_assigned", "per_protocol"]
FAR = 0.5
"""Share of an arm's weight that one patient in one trial may not have alone."""
MANY = 20
"""Patients in trials from which an arm is asked for that."""


class Stretches(NamedTuple):
    """Days of one weight of patients in trials, in days from time zero.

    `entry` numbers the entry; `exit_days` is infinite where nothing ends it.
    """

    entry: np.ndarray
    entry_days: np.ndarray
    exit_days: np.ndarray
    weight: np.ndarray


class Followed(NamedTuple):
    """Of each entry the days from time zero to the endpoint's end, and its event."""

    end_days: np.ndarray
    event: np.ndarray


def weight_trials(
    trials: Trials,
    *,
    estimand: Literal["ATE", "ATT", "ATO"] = "ATT",
    model: Model = "two_part",
    follow: Follow = "as_assigned",
    last_days: float | None = None,
    penalty: float = 0.0,
    stabilised: bool = False,
    truncate: tuple[float, float] | None = None,
) -> Stretches:
    """Weight patients in trials by one model of treatment over all trials.

    From the chance e of treatment in the window of a trial (`fit_entries`) come the
    weights of `weight_by_score`. As far as the model holds they make the arms alike
    within each trial, and as
    they are scaled alike in all trials (`stabilised` takes the share of the treated
    over all), also in how many come from which trial, so that the trials need no
    strata. ATE asks what would be if all in a trial were treated in its window: where
    windows are short few could be, and single patients carry the estimate.

    `as_assigned`: a control who is treated later is followed on. `per_protocol`: such a
    control leaves half a day before the treatment, and those who stay weigh the inverse
    of their chance to, the product over later windows of 1 - e; within a window half of
    its treatments have come. Who is barred within a window was at risk for a part of
    it; after that, and after the last trial, nobody leaves. The strategy is thus not to
    be treated by the day of the last trial: a later treatment is no departure.

    Parameters
    ----------
    trials
        The entries.
    estimand
        Whom the weighted patients of each trial stand for: all in it, the treated, or
        the overlap.
    model, penalty
        As in `fit_entries`.
    follow
        What becomes of a control who is treated later.
    last_days
        Day of the last window, for `per_protocol`; None for no limit.
    stabilised
        As in `weight_by_score`.
    truncate
        As in `truncate_weights`, of all stretches.

    Raises
    ------
    InputError
        As the model does; also if there is no trial, a covariate is missing, or one
        patient has more than half of an arm's weight.

    References
    ----------
    .. [1] Gran JM, et al. A sequential Cox approach for estimating the causal effect of
       treatment in the presence of time-dependent confounding. Stat Med
       2010;29:2757-2768. doi:10.1002/sim.4048
    .. [2] Danaei G, et al. Observational data for comparative effectiveness research:
       an emulation of randomised trials of statins and primary prevention of coronary
       heart disease. Stat Methods Med Res 2013;22:70-96. doi:10.1177/0962280211403603
    .. [3] Keogh RH, et al. Causal inference in survival analysis using longitudinal
       observational data: sequential trials and marginal structural models. Stat Med
       2023;42:2191-2225. doi:10.1002/sim.9718
    """
    entries, inside = trials.entries, trials.entries.inside
    _check_trials(trials)
    score = fit_entries(trials, model=model, penalty=penalty)
    weight = np.zeros(len(score))
    weight[inside] = weight_by_score(
        score[inside],
        entries.treated[inside],
        estimand=estimand,
        stabilised=stabilised,
    )
    found = _stretch(trials, weight)
    if follow == "per_protocol":
        found = _stretch_untreated(trials, weight, score, last_days)
    arm = entries.treated[found.entry]
    if truncate:
        cut = truncate_weights(found.weight, arm, percentiles=truncate)
        found = found._replace(weight=cut.weight)
    _check_weights(found.weight, arm)
    return found


def refit_trials(
    trials: Trials, followed: Followed, **how: object
) -> Callable[[np.ndarray], Arms[Spells]]:
    """Return what weights the trials of patients drawn anew, for a bootstrap.

    A patient is drawn with all entries; the model is fitted to those drawn.

    Parameters
    ----------
    trials, how
        As in `weight_trials`.
    followed
        Of each entry.

    Returns
    -------
    function
        From rows of patients, shape (n_drawn,), to the stretches of each arm in days on
        the trial's clock, whose `row` is that of the patients given here.
    """
    patient = trials.entries.patient

    def refit(rows: np.ndarray) -> Arms[Spells]:
        first = np.searchsorted(patient, rows, side="left")
        counts = np.searchsorted(patient, rows, side="right") - first
        drawn = np.repeat(np.arange(len(rows)), counts)
        place = np.arange(len(drawn)) - (np.cumsum(counts) - counts)[drawn]
        chosen, mine = _take(trials, rows, first[drawn] + place, drawn)
        found = weight_trials(chosen, **how)  # type: ignore[arg-type]
        part = Followed(*(each[mine] for each in followed))
        return _spells(chosen.entries, found, part, rows)

    return refit


def _take(
    trials: Trials, rows: np.ndarray, own: np.ndarray, drawn: np.ndarray
) -> tuple[Trials, np.ndarray]:
    """Take the entries of patients drawn, without the trials that then lack an arm."""
    entries = trials.entries
    parts = (entries.trial[own], entries.treated[own], entries.share[own])
    every = Entries(drawn, *parts, entries.starts, entries.ends, 0)
    left = drop_trials(every)
    mine = own[np.isin(entries.ends[every.trial], left.ends)]
    chosen = trials._replace(
        entries=left,
        matrix=trials.matrix[mine],
        zero=trials.zero[rows],
        wait_days=trials.wait_days[rows],
        barred_days=trials.barred_days[rows],
    )
    return chosen, mine


def _spells(
    entries: Entries, found: Stretches, followed: Followed, rows: np.ndarray
) -> Arms[Spells]:
    end, event = followed.end_days[found.entry], followed.event[found.entry]
    origin = entries.ends[entries.trial[found.entry]]
    until = np.minimum(found.exit_days, end)
    last = event & (end <= found.exit_days)
    row, arm = rows[entries.patient[found.entry]], entries.treated[found.entry]
    lasts = until > found.entry_days
    columns = (row, found.entry_days - origin, until - origin, last, found.weight)
    return Arms(
        *(Spells(*(each[lasts & (arm == one)] for each in columns)) for one in (1, 0))
    )


def _stretch(trials: Trials, weight: np.ndarray) -> Stretches:
    """Follow everybody on with one weight."""
    entries, rows = trials.entries, np.flatnonzero(trials.entries.inside)
    start = entries.ends[entries.trial[rows]]
    return Stretches(rows, start, np.full(len(rows), np.inf), weight[rows])


def _stretch_untreated(
    trials: Trials, weight: np.ndarray, score: np.ndarray, last_days: float | None
) -> Stretches:
    """Cut the days of controls where the chance to be still untreated changes."""
    entries = trials.entries
    start, end = (each[entries.trial] for each in (entries.starts, entries.ends))
    # On a day of treatment it comes in the morning, half a day before the day is over.
    early = np.where(start == end, SAME_DAY, 0.0)
    stays = 1 - score * entries.share
    log_stays = np.cumsum(np.log(stays))
    heads = np.flatnonzero(entries.inside)
    after = np.searchsorted(entries.patient, entries.patient, side="right")
    n_later = np.where(entries.treated, 0, after - np.arange(len(after)) - 1)[heads]
    head = np.repeat(heads, n_later)
    place = np.arange(len(head)) - (np.cumsum(n_later) - n_later).repeat(n_later)
    later = head + 1 + place
    untreated = np.exp(log_stays[later] - log_stays[head])
    middle = (untreated + untreated / stays[later]) / 2
    rows = np.concatenate([heads, head, head])
    since = np.concatenate(
        [end[heads], start[later] - early[later], end[later] - early[later]]
    )
    chance = np.concatenate([np.ones(len(heads)), middle, untreated])
    order = np.lexsort((np.arange(len(rows)), since, rows))
    rows, since, chance = rows[order], since[order], chance[order]
    last = np.append(rows[1:] != rows[:-1], True)
    until = np.where(last, np.inf, np.append(since[1:], np.inf))
    wait = trials.wait_days[entries.patient[rows]]
    leaves = wait <= (np.inf if last_days is None else last_days)
    leaves &= ~entries.treated[rows]
    until = np.minimum(until, np.where(leaves, wait - SAME_DAY, np.inf))
    long = until > since
    return Stretches(
        rows[long], since[long], until[long], (weight[rows] / chance)[long]
    )


def _check_trials(trials: Trials) -> None:
    entries = trials.entries
    if not len(entries.ends):
        raise InputError(
            "no trial has both a treated patient and a control"
            f" ({entries.n_dropped} have not); change interval_days or last_days"
        )
    lost = (~np.isfinite(trials.matrix)).sum(axis=0)
    labels = trials.names or [f"column {k + 1}" for k in range(len(lost))]
    faults = [
        f"{label} in {count} entries"
        for label, count in zip(labels, lost.tolist(), strict=True)
        if count
    ]
    if faults:
        raise InputError(
            f"covariates are missing or infinite: {', '.join(faults)}; impute them, or "
            "take them out"
        )


def _check_weights(weight: np.ndarray, treated: np.ndarray) -> None:
    """Refuse an estimate that one patient makes alone."""
    for arm, label in ((True, "treated"), (False, "control")):
        own = weight[treated == arm]
        if len(own) >= MANY and own.max() > FAR * own.sum():
            raise InputError(
                f"of {len(own)} {label} entries one has {own.max() / own.sum():.0%} of "
                "the weight; set truncate or penalty, or take fewer covariates"
            )
