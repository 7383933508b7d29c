"""Which patient belongs to which arm of a design, from when, and until when."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from twoarm.clocks import SAME_DAY
from twoarm.cohort.trials import lay_out_trials
from twoarm.errors import InputError
from twoarm.tables.cohort import Arms

ZERO, NEVER = pl.lit(0.0), pl.lit(None, pl.Float64)


def derive_arms(
    patients: pl.DataFrame,
    clocks: Mapping[str, Mapping[str, Any]],
    endpoints: Sequence[str],
) -> pl.DataFrame:
    """Lay out the arms of each design, before any model.

    `ever`: arms by treatment whenever it comes, from time zero. `first_dose`: the same,
    from the first dose. `treatment`: the same, but the clock of the treated
    starts at the treatment, if they are followed to it; that of all others at time
    zero. `landmark`: in are those followed beyond the day in every endpoint; treated
    are those treated by that day, and the clock starts there. `time_dependent`:
    untreated until the treatment, treated from then on. `risk_set`: the same, but the
    clock of the treated starts at the treatment, and the untreated,
    among whom a match then chooses, may be followed beyond their own.

    `cloning`: everybody in both arms from time zero; in the control arm until a
    treatment within the grace period, in the treated arm until its end, if untreated
    then and still followed in every endpoint.

    `sequential`: at the end of each window the treated in it and those not yet treated,
    as `twoarm.trials.enter_trials` has them, the clock of both from there. Under
    `per_protocol` a control leaves at the own treatment by `last_days`.

    A treatment on the day on which follow-up ends comes first (see
    `twoarm.clocks.spans_of`); one after that day changes nothing.

    Parameters
    ----------
    patients
        As the contract Patients.
    clocks
        Name of a design to its `clock`, `landmark_days`, `censor_crossovers`,
        `grace_days` and `trials`.
    endpoints
        Names.

    Returns
    -------
    pl.DataFrame
        As the contract Arms.

    References
    ----------
    .. [1] Anderson JR, Cain KC, Gelber RD. Analysis of survival by tumor response.
       J Clin Oncol 1983;1:710-719. doi:10.1200/JCO.1983.1.11.710
    .. [2] Mantel N, Byar DP. Evaluation of response-time data involving transient
       states. J Am Stat Assoc 1974;69:81-86. doi:10.1080/01621459.1974.10480131
    """
    days = [f"{name}_days" for name in endpoints]
    followed = patients.select(
        "patient_id",
        "treated",
        "treatment_days",
        "first_dose_days",
        last=pl.max_horizontal(days),
        first=pl.min_horizontal(days),
    )
    parts = [Arms.of([])]
    for name, clock in clocks.items():
        rows = _members(followed, **clock)
        parts.append(rows.with_columns(design=pl.lit(name)).select(Arms.column_names()))
    return pl.concat(parts)


def check_arms(
    arms: pl.DataFrame,
    clocks: Mapping[str, Mapping[str, Any]],
    *,
    labels: Mapping[str, str],
) -> None:
    """Stop if an arm of a design has nobody.

    Raises
    ------
    InputError
        Names every such design and arm.
    """
    found = set(arms.select("design", "treated").unique().iter_rows())
    faults = []
    for name, clock in clocks.items():
        for arm, label in labels.items():
            if (name, arm == "treated") not in found:
                day = clock["landmark_days"]
                at = f" on day {day:g}; choose another landmark_days" if day else ""
                if clock.get("trials"):
                    at = " in any trial with both arms; change interval_days, last_days"
                faults.append(f"  design {name}: arm {label} has nobody{at}")
    if faults:
        first = "A comparison needs two arms; nothing was analysed."
        raise InputError("\n".join([first, *faults]))


def _members(
    people: pl.DataFrame,
    *,
    clock: str,
    landmark_days: float | None = None,
    censor_crossovers: bool = False,
    grace_days: float | None = None,
    trials: Mapping[str, Any] | None = None,
) -> pl.DataFrame:
    """Lay out the arms of one design."""
    landmark = landmark_days
    if trials is not None:
        return lay_out_trials(people, **trials)
    if clock == "cloning":
        return _cloned(people, grace_days or 0.0)
    if clock == "time_dependent":
        return _switching(people, restarts=False, ends=True)
    if clock == "risk_set":
        return _switching(people, restarts=True, ends=censor_crossovers)
    if clock == "treatment":
        rows = _switching(people, restarts=True, ends=False)
        return rows.filter(
            pl.col("treated") == pl.col("treated").any().over("patient_id")
        )
    origin = ZERO
    if clock == "first_dose":
        origin = pl.col("first_dose_days")
    if clock == "landmark":
        origin = pl.lit(landmark, pl.Float64)
        people = people.filter(pl.col("first") > landmark).with_columns(
            treated=(pl.col("treatment_days") <= landmark).fill_null(value=False)
        )
    return people.select(
        "patient_id", "treated", origin_days=origin, entry_days=origin, exit_days=NEVER
    )


def _switching(people: pl.DataFrame, *, restarts: bool, ends: bool) -> pl.DataFrame:
    """Put each patient among the untreated, and from the treatment among the treated.

    Who is treated at time zero is never among the untreated, and who is treated after
    the end of all follow-up never among the treated.
    """
    start = pl.col("treatment_days").clip(lower_bound=0)
    before = people.filter((start > 0) | start.is_null()).select(
        "patient_id",
        treated=pl.lit(value=False),
        origin_days=ZERO,
        entry_days=ZERO,
        exit_days=start if ends else NEVER,
    )
    after = people.filter(start <= pl.col("last")).select(
        "patient_id",
        treated=pl.lit(value=True),
        origin_days=start if restarts else ZERO,
        entry_days=start,
        exit_days=NEVER,
    )
    return pl.concat([before, after])


def _cloned(people: pl.DataFrame, grace_days: float) -> pl.DataFrame:
    """Put each patient in both arms, until the course departs from the arm's.

    Who is treated at time zero has no time in the control arm.
    """
    wait = pl.when(pl.col("treatment_days") <= pl.col("first")).then("treatment_days")
    within = (wait <= grace_days).fill_null(value=False)
    untreated = ~within & (pl.col("first") > grace_days)
    leaves = pl.max_horizontal(wait - SAME_DAY, 0.0)
    clones = [
        people.select(
            "patient_id",
            treated=pl.lit(value=treated),
            origin_days=ZERO,
            entry_days=ZERO,
            exit_days=pl.when(departs).then(until),
        )
        for treated, departs, until in (
            (True, untreated, pl.lit(grace_days)),
            (False, within, leaves),
        )
    ]
    return pl.concat(clones).filter(
        pl.col("exit_days").is_null() | (pl.col("exit_days") > 0)
    )
