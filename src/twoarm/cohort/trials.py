"""The arms of nested trials."""

import numpy as np
import polars as pl

from twoarm.clocks import SAME_DAY
from twoarm.trials import enter_trials, possible_wait


def lay_out_trials(
    people: pl.DataFrame,
    *,
    interval_days: float | None,
    last_days: float | None,
    follow: str,
) -> pl.DataFrame:
    """Put each patient into the arms of the trials that the patient enters.

    Parameters
    ----------
    people
        `patient_id`, `treatment_days`, and `first`, the first end of all endpoints.
    interval_days, last_days
        As in `twoarm.trials.enter_trials`.
    follow
        `per_protocol` ends a control at the own treatment by `last_days`, half a day
        before its day is over; `as_assigned` does not.

    Returns
    -------
    pl.DataFrame
        Columns of the contract Arms but for the design, by patient and trial.
    """
    wait = people["treatment_days"].fill_null(np.inf).to_numpy()
    first = people["first"].to_numpy()
    entries = enter_trials(
        wait, first, interval_days=interval_days, last_days=last_days
    )
    inside = entries.inside
    row, treated = entries.patient[inside], entries.treated[inside]
    origin = entries.ends[entries.trial[inside]]
    own = possible_wait(wait, first)[row]
    last = np.inf if last_days is None else last_days
    leaves = ~treated & (own <= last) & (follow == "per_protocol")
    found = pl.DataFrame(
        {
            "patient_id": people["patient_id"].gather(row),
            "treated": treated,
            "origin_days": origin,
            "entry_days": origin,
            "exit_days": pl.Series(np.where(leaves, own - SAME_DAY, np.nan)),
        }
    ).with_columns(pl.col("exit_days").fill_nan(None))
    return found.filter(
        pl.col("exit_days").is_null() | (pl.col("exit_days") > pl.col("entry_days"))
    )
