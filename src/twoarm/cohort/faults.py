"""What makes a cohort unusable, and how a user is told."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import polars as pl

from twoarm.errors import InputError
from twoarm.months import DAYS_PER_MONTH
from twoarm.tables.ingestion import Faults

AUDITED = "covariate_later"
"""Rule that ends no run: the audit labels the designs that it concerns."""


def select_relevant(
    told: pl.DataFrame,
    everyone: pl.DataFrame,
    left: pl.DataFrame,
    *,
    endpoints: Sequence[str],
    covariates: Sequence[str],
    columns: Mapping[str, str],
) -> pl.DataFrame:
    """Take the faults that matter from those told of the cells of a file.

    A time, event or covariate that cannot be used does not matter in a row that left
    by design: a treatment that the study leaves out, or a step of eligibility.

    Parameters
    ----------
    told
        As the contract Faults.
    everyone, left
        Candidates before and after those steps.
    endpoints, covariates, columns
        As in `find_faults`.
    """
    asked = {*covariates}
    asked |= {f"{name}_{end}" for name in endpoints for end in ("days", "event")}
    outcome = {columns[name] for name in asked if name in columns}
    other = {column for name, column in columns.items() if name not in asked}
    place = ["source_file", "source_row"]
    gone = everyone.join(left, on=place, how="anti").select(file=place[0], row=place[1])
    harmless = told.filter(pl.col("column").is_in(sorted(outcome - other))).join(
        gone, on=["file", "row"], how="semi"
    )
    return told.join(harmless, on=told.columns, how="anti", nulls_equal=True)


def find_faults(
    candidates: pl.DataFrame,
    *,
    everyone: pl.DataFrame,
    endpoints: Sequence[str],
    covariates: Sequence[str],
    told: pl.DataFrame,
    columns: Mapping[str, str],
    optional: Collection[str] = (),
) -> pl.DataFrame:
    """List the rows of candidates that cannot be analysed, and why.

    Parameters
    ----------
    candidates
        One row a candidate who left by no step.
    everyone
        One row a candidate before all steps. A repeated `patient_id` is a fault of
        its later rows wherever one of its rows is left: nothing says which to believe.
    endpoints, covariates
        Names; a time must be positive, an event and a covariate known.
    told
        Faults already told of cells; a cell is not told twice.
    columns
        Our name to the file's, for the messages; a name that is not in it is its own.
    optional
        Covariates that need not be known: they will be imputed, or their gaps are no
        accident.

    Returns
    -------
    pl.DataFrame
        As the contract Faults: at most one row a cell and rule.
    """
    found = [
        (pl.col("treated").is_null(), "arm", "treatment_absent", "is not known"),
    ]
    if "index_unusable" in candidates.columns:
        unusable, what = (
            pl.col("index_unusable"),
            "was not the first: that is set aside",
        )
        found.append((unusable, "visit_date", "index_visit_unusable", what))
    for name in endpoints:
        days, event = f"{name}_days", f"{name}_event"
        not_positive = pl.col(days) <= 0
        found += [
            (pl.col(days).is_null(), days, "time_absent", "is not known"),
            (not_positive, days, "time_not_positive", "is a time that is not positive"),
            (pl.col(event).is_null(), event, "event_absent", "is not known"),
        ]
    for name in covariates:
        if name not in optional:
            absent = pl.col(name).is_null()
            found.append((absent, name, "covariate_absent", "is not known"))
        if (days := f"{name}_measured") in candidates.columns:
            what = f"covariate {name} is measured after time zero"
            found.append((pl.col(days) > 0, days, "covariate_later", what))
    rows = [
        _rows(candidates, broken, columns.get(name, name), rule, what)
        for broken, name, rule, what in found
    ]
    patient = pl.col("patient_id")
    left = patient.is_in(candidates["patient_id"].implode())
    later = left & ~patient.is_first_distinct()
    column = columns.get("patient_id", "patient_id")
    told_once = (later, column, "patient_repeated", "repeats a patient")
    place = ("source_file", "source_row")
    in_file = everyone.select("patient_id", *place).sort(place)
    rows.insert(0, _rows(in_file, *told_once))
    cell = ["file", "row", "column"]
    faults = pl.concat([Faults.of([]), *rows]).unique(maintain_order=True)
    return faults.join(told, on=cell, how="anti", maintain_order="left")


def _rows(
    candidates: pl.DataFrame, broken: pl.Expr, column: str, rule: str, what: str
) -> pl.DataFrame:
    return candidates.filter(broken).select(
        file="source_file",
        sheet=pl.lit(None, pl.String),
        row="source_row",
        column=pl.lit(column),
        rule=pl.lit(rule),
        what=pl.lit(what),
    )


def find_cohort_faults(
    patients: pl.DataFrame,
    *,
    labels: Mapping[str, str],
    binary: Sequence[str],
    covariates: Sequence[str],
    endpoints: Sequence[str],
    horizons_days: Sequence[float],
    varying: Sequence[str] = (),
) -> list[str]:
    """Say in words what is wrong with the cohort as a whole.

    Parameters
    ----------
    patients
        Those who would be analysed.
    labels
        `treated` and `control`: names of the arms.
    binary
        Covariates that must have two levels.
    horizons_days
        Horizons that the study asks for by name, in days.
    varying
        Covariates that may be the same in all at time zero, as they change later.
    """
    treated = patients["treated"]
    sizes = {"treated": int(treated.sum()), "control": int((~treated).sum())}
    found = [
        f"arm {labels[arm]} is empty; check treatment.{arm}"
        for arm, size in sizes.items()
        if size == 0
    ]
    for name in covariates if patients.height else ():
        levels = patients[name].drop_nulls().n_unique()
        if levels == 0:
            found.append(f"covariate {name} is known of nobody; take it out")
        if levels == 1 and name not in varying:
            found.append(f"covariate {name} has one value in all patients; take it out")
        if name in binary and levels > 2:
            found.append(f"covariate {name} has {levels} values where binary has two")
    return found + _beyond(patients, labels, endpoints, horizons_days)


def _beyond(
    patients: pl.DataFrame,
    labels: Mapping[str, str],
    endpoints: Sequence[str],
    horizons_days: Sequence[float],
) -> list[str]:
    """Name the horizons that no patient of an arm was followed to."""
    found = []
    for name in endpoints:
        for arm in ("treated", "control"):
            times = patients.filter(treated=arm == "treated")[f"{name}_days"]
            found += [
                f"a horizon of {days / DAYS_PER_MONTH:g} months lies beyond the "
                f"follow-up of endpoint {name}, arm {labels[arm]}; see "
                "analysis.horizons_months and analysis.rmst_months"
                for days in dict.fromkeys(horizons_days)
                if times.count() and not (times >= days).any()
            ]
    return found


def check_faults(
    faults: pl.DataFrame, cohort_faults: Sequence[str], *, quarantine: Sequence[str]
) -> None:
    """Stop the study if any fault is left that it does not set aside by name.

    Raises
    ------
    InputError
        Lists every fault: file, column, rows, what; never a value.
    """
    faults = faults.filter(
        pl.col("rule").is_in(quarantine) | (pl.col("rule") != AUDITED)
    )
    chosen = pl.col("rule").is_in(quarantine)
    # A row that is set aside for one fault is out: its other faults end nothing.
    aside = faults.filter(chosen, pl.col("row").is_not_null())
    fatal = faults.filter(~chosen).join(aside, on=["file", "row"], how="anti")
    if "file_unreadable" in fatal["rule"]:
        cohort_faults = ()  # an empty cohort follows from that
    if fatal.is_empty() and not cohort_faults:
        return
    grouped = fatal.group_by(
        "file", "sheet", "column", "rule", "what", maintain_order=True
    ).agg(pl.col("row").drop_nulls().unique().sort())
    lines = [_line(row) for row in grouped.iter_rows(named=True)]
    lines += [f"  {fault}" for fault in cohort_faults]
    rules = grouped.filter(pl.col("row").list.len() > 0)["rule"].unique(
        maintain_order=True
    )
    count = f"{len(lines)} fault{'s' if len(lines) > 1 else ''}"
    message = [f"The input has {count}; nothing was analysed.", *lines]
    if rules.len():
        message.append(
            "Correct the file, or set such rows aside by naming the rule under "
            f"cohort.quarantine: {', '.join(rules)}."
        )
    raise InputError("\n".join(message))


def _line(fault: Mapping[str, Any]) -> str:
    where = fault["file"] + (f", sheet {fault['sheet']}" if fault["sheet"] else "")
    if fault["column"]:
        where += f", column {fault['column']}"
    rows = fault["row"]
    if rows:
        shown = ", ".join(map(str, rows[:10])) + (", ..." if len(rows) > 10 else "")
        where += f", {len(rows)} row{'s' if len(rows) > 1 else ''} ({shown})"
    return f"  {where}: {fault['what']} [{fault['rule']}]"
