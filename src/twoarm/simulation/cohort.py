"""The fixed flow of the demonstration: who was screened and what became of them."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from twoarm.months import DAYS_PER_MONTH
from twoarm.simulation.model import FIVE, simulate_candidates
from twoarm.simulation.scenarios import Scenario

FIRST_DAY = date(2019, 1, 1)
"""First day of accrual."""
CUT_DAY = (date(2024, 5, 1) - FIRST_DAY).days
"""Day of the data cut, in days since the first day of accrual."""


@dataclass(frozen=True)
class Flow:
    """How many meet the criteria, are operated, wait in vain, and resume treatment."""

    eligible: int = 128
    operated: int = 74
    waiting: int = 9
    resumed: int = 57


# SOURCE: Conversion surgery after immune checkpoint inhibitor-based combination
# therapy for initially unresectable hepatocellular carcinoma, Liver Cancer 2025.
FLOW = Flow()
TRIES = 20_000


def simulate_eligible(
    rng: np.random.Generator, scenario: Scenario, flow: Flow = FLOW
) -> pl.DataFrame:
    """Draw patients who meet the criteria until the flow's counts come out.

    Parameters
    ----------
    rng
        Source of the random numbers.
    scenario
        What surgery does.
    flow
        The counts.

    Returns
    -------
    pl.DataFrame
        As `simulate_candidates`, with the days of `derive_days`, `treated` (True:
        operated before censoring) and `resumed_days` (null: not resumed).

    Raises
    ------
    RuntimeError
        If the counts do not come out.
    """
    for _ in range(TRIES):
        drawn = derive_days(simulate_candidates(rng, 2 * flow.eligible, scenario, FIVE))
        followed = drawn.filter(pl.col("last_days") > pl.col("criteria_days"))
        people = followed.head(flow.eligible)
        waiting = people.filter("intended", ~pl.col("treated")).height
        if (people["treated"].sum(), waiting) != (flow.operated, flow.waiting):
            continue
        people = _add_resumption(rng, people)
        if people["resumed_days"].count() >= flow.resumed:
            return _restrict_resumed(rng, people, flow.resumed)
    raise RuntimeError(f"the flow {flow} did not come out in {TRIES} draws")


def derive_days(candidates: pl.DataFrame) -> pl.DataFrame:
    """Bring the months of the model to whole days, and censor.

    Days count from the first dose. Rounding never breaks the order: criteria, surgery,
    progression and death fall on different days, and only death and censoring end the
    follow-up.

    Parameters
    ----------
    candidates
        As `simulate_candidates` gives them.

    Returns
    -------
    pl.DataFrame
        With `first_day` (since the first day of accrual), `criteria_days`,
        `surgery_days`, `progression_days`, `death_days` (null: not seen) and
        `last_days`, the last contact.
    """
    censor = pl.min_horizontal(
        pl.col("criteria_days") + _days("censor_months", rounded="down"),
        CUT_DAY - pl.col("first_day"),
    )
    day = pl.col("criteria_days")
    return (
        candidates.with_columns(
            first_day=_days("start_months", rounded="down"),
            criteria_days=_days("months_to_criteria"),
        )
        .with_columns(surgery_days=day + _after_zero("wait_months"))
        .with_columns(
            progression_days=pl.max_horizontal(
                day + _after_zero("progression_months"),
                pl.when(pl.col("progression_months").is_not_null()).then(
                    pl.col("surgery_days") + 1
                ),
            )
        )
        .with_columns(
            death_days=pl.max_horizontal(
                day + _after_zero("death_months"),
                pl.col("surgery_days") + 1,
                pl.col("progression_days") + 1,
            )
        )
        .with_columns(last_days=pl.min_horizontal(censor, "death_days"))
        .with_columns(
            surgery_days=_seen("surgery_days", pl.col("last_days") - 1),
            progression_days=_seen("progression_days", pl.col("last_days")),
            death_days=_seen("death_days", pl.col("last_days")),
        )
        .with_columns(treated=pl.col("surgery_days").is_not_null())
    )


def _days(months: str, *, rounded: str = "nearest") -> pl.Expr:
    days = pl.col(months) * DAYS_PER_MONTH
    return (days.floor() if rounded == "down" else days.round()).cast(pl.Int64)


def _after_zero(months: str) -> pl.Expr:
    return _days(months).clip(lower_bound=1)


def _seen(days: str, until: pl.Expr) -> pl.Expr:
    return pl.when(pl.col(days) <= until).then(pl.col(days))


def _add_resumption(rng: np.random.Generator, people: pl.DataFrame) -> pl.DataFrame:
    """Add the day on which an operated patient could resume the treatment."""
    # ASSUME: nobody resumes after recurrence, so that to have resumed carries immortal
    # time; resumption itself does nothing to the hazards.
    delay = np.round((1 + rng.exponential(0.6, people.height)) * DAYS_PER_MONTH)
    day = pl.col("surgery_days") + pl.Series(delay).cast(pl.Int64)
    free = (day < pl.col("last_days")) & (
        pl.col("progression_days").is_null() | (day < pl.col("progression_days"))
    )
    return people.with_columns(resumed_days=pl.when(free).then(day))


def _restrict_resumed(
    rng: np.random.Generator, people: pl.DataFrame, resumed: int
) -> pl.DataFrame:
    able = np.flatnonzero(people["resumed_days"].is_not_null().to_numpy())
    chosen = rng.choice(able, resumed, replace=False)
    kept = pl.Series(np.isin(np.arange(people.height), chosen))
    return people.with_columns(
        resumed_days=pl.when(kept).then(pl.col("resumed_days")),
    )
