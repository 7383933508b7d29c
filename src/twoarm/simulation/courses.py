"""The course of each patient: what chance deals, and what surgery makes of it.

The same chances may be followed under several strategies, which gives what each patient
would have had under each.
"""

from typing import NamedTuple

import numpy as np
import polars as pl

from twoarm.months import DAYS_PER_MONTH
from twoarm.simulation.hazards import invert_hazard
from twoarm.simulation.scenarios import Scenario

DEATH_RATE = 0.0012
"""Deaths a month before progression."""
DELAY_MONTHS = 3.0
"""By how much a late operation is late."""
EARLY_MONTHS = 90 / DAYS_PER_MONTH
"""Within which an operation kills, if it does."""


class Chances(NamedTuple):
    """What chance deals each patient, arrays of shape (n_patients,).

    `wait` and `loss` are in months; `loss` is without the data cut. `progression`,
    `death` and `after` are cumulative hazards. `cure` and `harm` are uniform.
    """

    risk: np.ndarray
    after_risk: np.ndarray
    intended: np.ndarray
    wait: np.ndarray
    progression: np.ndarray
    death: np.ndarray
    after: np.ndarray
    loss: np.ndarray
    cure: np.ndarray
    harm: np.ndarray
    harm_months: np.ndarray


class Courses(NamedTuple):
    """What becomes of each patient: months; progression is NaN if death came first."""

    operated: np.ndarray
    progression: np.ndarray
    death: np.ndarray


def draw_chances(
    rng: np.random.Generator, scored: pl.DataFrame, scenario: Scenario
) -> Chances:
    """Deal the chances of scored patients.

    What only some scenarios ask has random numbers of its own, so that the others are
    the same in all.

    Parameters
    ----------
    rng
        Source of the random numbers.
    scored
        As `twoarm.simulation.model.derive_scores` gives them.
    scenario
        What surgery does.
    """
    n = scored.height
    log_odds = scored["surgery_score"].to_numpy()
    score = scored["prognostic_score"].to_numpy()
    intended = rng.uniform(size=n) < 1 / (1 + np.exp(-log_odds))
    # ASSUME: nobody waits 3 months, so that "within 3 months" and "never" are distinct.
    wait = 0.30 + 2.6 * rng.beta(2.0, 3.0, n) if n else np.zeros(0)
    to_progression, to_death, after, to_loss = rng.exponential(size=(4, n))
    own, none = rng.spawn(1)[0] if _asks(scenario) else None, np.ones(n)
    cure, harm, late = own.uniform(size=(3, n)) if own else (none, none, none)
    months = own.uniform(0, EARLY_MONTHS, n) if own else none
    rate = scenario.loss_rate * np.exp(scenario.loss_prognosis * score)
    return Chances(
        risk=np.exp(score),
        after_risk=np.exp(scenario.after_prognosis * score),
        intended=intended,
        wait=wait + DELAY_MONTHS * (late < scenario.late),
        progression=to_progression,
        death=to_death,
        after=after,
        loss=to_loss / rate,
        cure=cure,
        harm=harm,
        harm_months=months,
    )


def _asks(scenario: Scenario) -> bool:
    """Tell whether the scenario asks chances that the moderate one does not."""
    mixed = scenario.cured_operated or scenario.cured_others
    return bool(mixed or scenario.early_death or scenario.late)


def follow_courses(chances: Chances, wait: np.ndarray, scenario: Scenario) -> Courses:
    """Follow patients, each operated after a wait if nothing comes before.

    Parameters
    ----------
    chances
        As `draw_chances` deals them.
    wait
        Months to surgery; infinite: never.
    scenario
        What surgery does.
    """
    progression = invert_hazard(
        chances.progression,
        scale=scenario.progression_scale * chances.risk,
        shape=scenario.progression_shape,
        ratio=scenario.progression,
        switch=wait,
    )
    death = chances.death / (DEATH_RATE * chances.risk)
    operated = (wait < progression) & (wait < death)
    share = np.where(operated, scenario.cured_operated, scenario.cured_others)
    progression = np.where(chances.cure < share, np.inf, progression)
    killed = wait + chances.harm_months
    harmed = operated & (chances.harm < scenario.early_death)
    harmed &= killed < np.minimum(progression, death)
    death = np.where(harmed, killed, death)
    ratio = np.where(operated, scenario.death, 1.0)
    survived = chances.after / (scenario.after_rate * chances.after_risk * ratio)
    progressed = progression < death
    return Courses(
        operated,
        np.where(progressed, progression, np.nan),
        np.where(progressed, progression + survived, death),
    )
