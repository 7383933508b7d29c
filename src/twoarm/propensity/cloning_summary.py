"""What a reader must know of clones: who left when, and what the weights leave."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from twoarm.errors import InputError
from twoarm.months import DAYS_PER_MONTH
from twoarm.propensity.cloning import Clones, Followed
from twoarm.propensity.cloning_spells import Spells
from twoarm.propensity.weights import Arms

LARGE = 0.1
"""Share of an arm's weight from which on one clone is too much of it."""
MOST = 0.5
"""Share of it from which on the estimate is that clone's own."""
FEW = 0.3
"""Effective share of those at risk below which they are few."""

PERCENTILES = (5, 25, 50, 75, 95)
WEIGHTS = (
    *("effective_n", "largest_share", "largest_weight"),
    *(f"weight_q{part:02d}" for part in PERCENTILES),
)
"""What is told of the weights of those at risk."""


class CloneSummary(NamedTuple):
    """Clones by arm and day, by arm, and what gives pause.

    Attributes
    ----------
    follow_up
        By `arm` and `days`, unweighted counts: `n_at_risk` after the day; `n_censored`
        and `n_event`, by cloning and of the endpoint, up to it; `n_late`, control
        clones treated after the grace period, and `n_barred`, as in `Clones`. Of those
        at risk `effective_n`, their number by Kish, the `largest_weight` and its share,
        and percentiles, interpolated as R does (type 7); null if none is.
    censored
        By `arm`: `n_clones`, `n_censored`, and of the days of these `first_days`,
        `median_days` and `last_days`.
    warnings
        Sentences.
    """

    follow_up: pl.DataFrame
    censored: pl.DataFrame
    warnings: tuple[str, ...]


def summarise_clones(
    clones: Clones,
    spells: Arms[Spells],
    *,
    labels: Mapping[str, str],
    days: Sequence[float],
) -> CloneSummary:
    """Summarise weighted clones.

    Parameters
    ----------
    clones, spells
        Clones, and their weights.
    labels
        `treated` and `control`: names of the arms.
    days
        When to look. After the grace period weights change no more.

    References
    ----------
    .. [1] Kish L. Survey sampling. Wiley 1965.
    """
    arms = {
        labels["treated"]: (clones.arms.treated, spells.treated),
        labels["control"]: (clones.arms.control, spells.control),
    }
    wait, grace = clones.treatment_days, clones.grace_days
    late = np.where(wait > grace, wait, np.inf)
    told = {"grace_days": grace, "n_barred": clones.n_barred_treated}
    follow_up = [
        {
            "arm": label,
            **told,
            "n_late": int((late <= day).sum()) if label == labels["control"] else 0,
            **_at(float(day), *arm),
        }
        for label, arm in arms.items()
        for day in days
    ]
    censored = [
        {"arm": label, **_censored(follow)} for label, (follow, _) in arms.items()
    ]
    doubts = [
        doubt
        for label, (_, own) in arms.items()
        for doubt in _doubts(label, own, clones.grace_days)
    ]
    numbers = dict.fromkeys(WEIGHTS, pl.Float64)
    times = dict.fromkeys(("first_days", "median_days", "last_days"), pl.Float64)
    return CloneSummary(
        pl.DataFrame(follow_up, schema_overrides=numbers),
        pl.DataFrame(censored, schema_overrides=times),
        (*_doubts_of_treatment(clones), *doubts),
    )


def list_months(grace_days: float, horizons_days: Sequence[float]) -> list[float]:
    """List the days to look at: each month to the last horizon, and the grace period.

    >>> list_months(40, [91])
    [0.0, 30.4375, 40.0, 60.875, 91.3125]
    """
    last = max([*horizons_days, grace_days])
    months = int(np.ceil(last / DAYS_PER_MONTH))
    return sorted({float(grace_days), *(k * DAYS_PER_MONTH for k in range(months + 1))})


def check_weights(clones: Clones, spells: Arms[Spells]) -> None:
    """Refuse weights of which one clone has most: the estimate would be its own.

    Raises
    ------
    InputError
        Names the arms in which one clone has more than half of the weight just after
        the grace period, or none is left.
    """
    faults = []
    for label, own in zip(("treated", "control"), spells, strict=True):
        weight = _just_after(own, clones.grace_days)
        if not len(weight):
            faults.append(f"no {label} clone is followed beyond the grace period")
        elif weight.max() > MOST * weight.sum():
            share = weight.max() / weight.sum()
            faults.append(
                f"one of {len(weight)} {label} clone(s) has {share:.0%} of their "
                f"weight ({weight.max():.3g}) after the grace period"
            )
    if faults:
        raise InputError(
            f"{'; '.join(faults)}: nothing can be estimated from them; set cap or "
            "penalty, lengthen interval_days, or take out of the covariates what "
            "decides the treatment"
        )


def _just_after(spells: Spells, grace: float) -> np.ndarray:
    """Return the weights of the clones that are followed beyond the grace period."""
    inside = (spells.entry_days <= grace) & (grace < spells.exit_days)
    return np.asarray(spells.weight[inside])


def _at(day: float, follow: Followed, spells: Spells) -> dict[str, float | None]:
    """Count the clones of an arm that are at risk just after a day."""
    inside = (spells.entry_days <= day) & (day < spells.exit_days)
    weight, left = spells.weight[inside], follow.exit_days <= day
    found: tuple[float | None, ...] = (None,) * len(WEIGHTS)
    if len(weight):
        sizes = _effective(weight), weight.max() / weight.sum(), weight.max()
        levels = np.quantile(weight, [part / 100 for part in PERCENTILES])
        found = tuple(float(each) for each in (*sizes, *levels))
    return {
        "days": day,
        "n_at_risk": len(weight),
        "n_censored": int((left & follow.censored).sum()),
        "n_event": int((left & follow.event).sum()),
        **dict(zip(WEIGHTS, found, strict=True)),
    }


def _censored(follow: Followed) -> dict[str, float | None]:
    left = follow.exit_days[follow.censored]
    known = len(left) > 0
    return {
        "n_clones": len(follow.exit_days),
        "n_censored": len(left),
        "first_days": float(left.min()) if known else None,
        "median_days": float(np.median(left)) if known else None,
        "last_days": float(left.max()) if known else None,
    }


def _effective(weight: np.ndarray) -> float:
    return float(weight.sum() ** 2 / (weight**2).sum())


def _doubts_of_treatment(clones: Clones) -> list[str]:
    """Say what makes the strategies less distinct than their names."""
    wait, doubts = clones.treatment_days, []
    late = int((np.isfinite(wait) & (wait > clones.grace_days)).sum())
    if late:
        doubts.append(
            f"{late} of {int(np.isfinite(wait).sum())} treatments come after the grace "
            f"period of {clones.grace_days:g} days: the control strategy is not within "
            "it, which is not never"
        )
    if clones.n_barred_treated:
        doubts.append(
            f"{clones.n_barred_treated} patient(s) are treated after treatment was "
            "taken to be impossible; their treatment is not seen"
        )
    return doubts


def _doubts(label: str, spells: Spells, grace: float) -> list[str]:
    """Say where few clones carry an arm, just after the grace period."""
    weight = _just_after(spells, grace)
    if not len(weight):
        return [f"no clone of {label} is followed beyond the grace period"]
    doubts, largest = [], float(weight.max())
    if largest > LARGE * weight.sum():
        doubts.append(
            f"the largest weight of {label}, {largest:.3g}, is "
            f"{largest / weight.sum():.0%} of all after the grace period, of "
            f"{len(weight)} clones; set a cap, or take out of the covariates what "
            "decides the treatment"
        )
    effective = _effective(weight)
    if effective < FEW * len(weight):
        doubts.append(
            f"the {len(weight)} clones of {label} after the grace period are worth "
            f"{effective:.0f}: the estimate rests on few patients"
        )
    return doubts
