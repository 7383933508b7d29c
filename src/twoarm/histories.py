"""What is known of patients on a day after time zero: the last value, carried on."""

from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

from twoarm.errors import InputError

ALWAYS = -1.0
"""Day from which a value at time zero is known: before every day that is asked for."""


class Known(NamedTuple):
    """What is known of patients on days, in the order in which they were asked for.

    `values` has a column a covariate, with the levels of both tables, nothing null;
    `since_days`, by the same names, how long before the day each was measured.
    """

    values: pl.DataFrame
    since_days: pl.DataFrame


def values_at(
    histories: pl.DataFrame,
    patients: pl.DataFrame,
    asked: pl.DataFrame,
    covariates: Sequence[str],
    *,
    before: bool = False,
) -> Known:
    """Tell the last value of each covariate that was known at a day.

    Each covariate is carried on by itself, from the last day with a value of its own;
    the first is that of time zero. A gap is thus filled by what came before, never by
    what comes after. On a day with a measurement and a treatment nothing says which
    came first: who asks what was known before a treatment asks `before`.

    Parameters
    ----------
    histories
        As the contract Histories.
    patients
        As the contract Patients: values at time zero.
    asked
        `patient_id` and `days` from time zero, not negative; patients and days may be
        repeated, in any order.
    covariates
        Which to tell.
    before
        Whether what is measured on the day itself does not count; the values of time
        zero always do.

    Raises
    ------
    InputError
        Names each covariate that is not known of some patients at time zero, with their
        number; also if there are no such columns, or a patient is not there.

    Examples
    --------
    >>> histories = pl.DataFrame({"patient_id": ["p"], "days": [9.0], "size": [30.0]})
    >>> patients = pl.DataFrame({"patient_id": ["p"], "size": [50.0]})
    >>> asked = pl.DataFrame({"patient_id": ["p", "p"], "days": [8.0, 9.0]})
    >>> values_at(histories, patients, asked, ["size"]).values["size"].to_list()
    [50.0, 30.0]
    """
    asked = asked.select("patient_id", pl.col("days").cast(pl.Float64))
    _check_known(histories, patients, asked, covariates)
    order = asked.with_row_index("place").sort("days", "patient_id", "place")
    values, since = {}, {}
    for name in covariates:
        kind = _kind(patients[name], histories[name])
        zero = patients.select("patient_id", name, told=0.0, since=ALWAYS)
        later = histories.select("patient_id", name, told="days", since="days")
        told = pl.concat(
            each.cast({name: kind}) for each in (zero, later.drop_nulls(name))
        )
        found = order.join_asof(
            told.sort("since", "patient_id"),
            left_on="days",
            right_on="since",
            by="patient_id",
            allow_exact_matches=not before,
            check_sortedness=False,
        ).sort("place")
        values[name], since[name] = found[name], found["days"] - found["told"]
    return Known(pl.DataFrame(values), pl.DataFrame(since))


def _kind(first: pl.Series, later: pl.Series) -> pl.DataType:
    """Return a type for both: of levels those that anybody has, in their order."""
    if not isinstance(first.dtype, pl.Enum):
        return first.dtype
    columns = (later, first)
    used = {level for each in columns for level in each.drop_nulls().cast(pl.String)}
    listed = [
        level
        for each in columns
        if isinstance(each.dtype, pl.Enum)
        for level in each.dtype.categories.to_list()
    ]
    return pl.Enum([level for level in dict.fromkeys(listed) if level in used])


def _check_known(
    histories: pl.DataFrame,
    patients: pl.DataFrame,
    asked: pl.DataFrame,
    covariates: Sequence[str],
) -> None:
    """Check that the first value of everybody is there, and tell all that is not."""
    faults = []
    for name in covariates:
        for frame, what in ((patients, "at time zero"), (histories, "after it")):
            if name not in frame.columns:
                faults.append(f"{name} is no column of what is known {what}")
        if name in patients.columns and (gone := patients[name].null_count()):
            faults.append(f"{name} is not known of {gone} patient(s) at time zero")
    absent = asked.join(patients, on="patient_id", how="anti")
    if lost := absent["patient_id"].n_unique():
        faults.append(f"{lost} patient(s) are not among those at time zero")
    if early := int((asked["days"] < 0).sum()):
        faults.append(f"{early} day(s) lie before time zero")
    if faults:
        raise InputError(
            "covariates over time cannot be told: "
            f"{'; '.join(faults)}; impute what is not known, or take it out"
        )
