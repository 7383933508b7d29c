"""Tables that the cohort stage writes."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from twoarm.tables.contract import OpenTable, Table, dy

VERDICTS = (
    "sound",
    "biased: immortal time",
    "biased: later information",
    "biased: selection by survival",
    "biased: time-varying confounding",
    "biased: informative censoring",
    "unknown",
)


class Candidates(OpenTable):
    """One row a patient who may enter, with time zero behind them.

    A patient may be repeated: that is a fault, which the selection tells.
    """

    patient_id = dy.String(description="Pseudonymous patient.")
    source_file = dy.String(description="File of the patient's index row.")
    source_row = dy.Int64(min=1, description="Row of the patient's index row.")
    treated = dy.Bool(nullable=True, description="Belongs to the treated arm.")
    index_date = dy.Date(nullable=True, description="Time zero; null if not known.")
    excluded = dy.Bool(
        description="Treatment is one that the study leaves out by name."
    )
    treatment_days = dy.Float64(
        nullable=True,
        description="Days from time zero to treatment; null if untreated or unknown.",
    )


class Patients(OpenTable):
    """One row an analysed patient.

    The study adds `<endpoint>_days` and `<endpoint>_event` of each endpoint that starts
    at time zero, `<endpoint>_competing` where it names what competes, and its
    covariates.
    """

    patient_id = dy.String(primary_key=True, description="Pseudonymous patient.")
    treated = dy.Bool(description="Belongs to the treated arm.")
    treatment_days = dy.Float64(
        nullable=True,
        description="Days from time zero to treatment; null if untreated or unknown.",
    )
    index_date = dy.Date(nullable=True, description="Time zero; null if not known.")
    first_dose_days = dy.Float64(
        nullable=True,
        description="Days from time zero to the first dose, not positive; null if not "
        "known.",
    )


class Histories(OpenTable):
    """One row an analysed patient and day after time zero with a measurement.

    The study adds a column of each covariate that can be measured again, on the scale
    and with the levels of the study; null where it was not measured that day.
    """

    patient_id = dy.String(primary_key=True, description="Pseudonymous patient.")
    days = dy.Float64(
        primary_key=True, min_exclusive=0, description="Days from time zero."
    )

    @classmethod
    def read_some(cls, paths: Sequence[Path | str]) -> pl.DataFrame | None:
        """Read the table where a study asks for it; none is none."""
        return cls.read(paths[0]) if paths else None


class Arms(Table):
    """One row a design, patient and arm: who belongs where, and on which clock.

    It is settled before any model. The times are days from time zero. A patient who is
    treated later may be in both arms of a design, one after the other, and in several
    trials, each with a clock of its own.
    """

    design = dy.String(primary_key=True, description="Design of the study.")
    patient_id = dy.String(primary_key=True, description="Pseudonymous patient.")
    treated = dy.Bool(primary_key=True, description="Belongs to the treated arm.")
    origin_days = dy.Float64(
        primary_key=True, description="Where the clock of the design reads 0."
    )
    entry_days = dy.Float64(description="From when the patient is at risk in the arm.")
    exit_days = dy.Float64(
        nullable=True,
        description="Until when at the latest; null for no such end.",
    )


class Attrition(Table):
    """One row a step from those read to those analysed."""

    step = dy.Int64(primary_key=True, min=1, description="Order of the step.")
    reason = dy.String(description="Why patients left at this step.")
    n_before = dy.Int64(min=0, description="Patients before the step.")
    n_excluded = dy.Int64(min=0, description="Patients who left at the step.")
    n_after = dy.Int64(min=0, description="Patients after the step.")
    n_event_after = dy.Int64(
        nullable=True,
        min=0,
        description="Of them, who had the event of the study's first endpoint; null if "
        "not known. It stays inside.",
    )


class Quarantine(Table):
    """One row a row of the source that could not be used, and why."""

    source_file = dy.String(description="Name of the file.")
    source_row = dy.Int64(
        min=1, description="Row as a spreadsheet counts: the header is row 1."
    )
    column = dy.String(nullable=True, description="Column at fault.")
    rule = dy.String(description="Name of the rule that set the row aside.")
    reason = dy.String(description="The reason in words.")


class Audit(Table):
    """One row a design, endpoint and arm: person-time before treatment, and a verdict.

    Counts are of patients, months of 30.4375 days.
    """

    design = dy.String(primary_key=True, description="Design of the study.")
    endpoint = dy.String(primary_key=True, description="Endpoint.")
    arm = dy.String(primary_key=True, description="Arm.")
    n_patients = dy.Int64(min=0, description="Patients in the arm.")
    n_event = dy.Int64(min=0, description="Events in the arm.")
    person_months = dy.Float64(min=0, description="Follow-up of the arm.")
    n_waiting = dy.Int64(
        min=0, description="Patients who count as treated before they were."
    )
    immortal_months = dy.Float64(
        min=0,
        description="Follow-up before treatment that counts as treated: the arm could "
        "have no event in it.",
    )
    shared_months = dy.Float64(
        min=0,
        description="Follow-up before time zero, of either arm: who had the event then "
        "is not in the study, so that it is immortal too.",
    )
    median_wait_months = dy.Float64(
        nullable=True,
        description="Median time from the start of follow-up to treatment of those who "
        "count as treated before they were.",
    )
    expected_events = dy.Float64(
        min=0,
        description="Events that as many untreated patients had in so much time: those "
        "that the arm could not have had.",
    )
    n_event_waiting = dy.Int64(
        min=0,
        description="Patients of the control arm with the event before the median wait "
        "of the treated: some of them may have been waiting.",
    )
    n_before = dy.Int64(
        min=0,
        description="Patients left out as their follow-up, for any endpoint, ended "
        "before the clock of the design started.",
    )
    n_crossover = dy.Int64(
        min=0, description="Patients of the control arm treated later than its start."
    )
    median_follow_up_months = dy.Float64(
        nullable=True, description="Reverse Kaplan-Meier, on the design's clock."
    )
    median_year = dy.Float64(
        nullable=True,
        description="Median calendar time of time zero, in tenths of a year; null "
        "where the source has no dates.",
    )
    reason = dy.String(description="What the verdict rests on, in words.")
    verdict = dy.String(
        description="sound, biased and by what, or unknown.",
        check=lambda verdict: verdict.is_in(VERDICTS),
    )


class Trace(Table):
    """One row an iteration and imputed covariate: what was drawn."""

    imputation = dy.Int64(min=1, description="Completed data set.")
    iteration = dy.Int64(min=1, description="Cycle through the covariates.")
    covariate = dy.String(description="Covariate.")
    level = dy.String(
        nullable=True, description="Level; empty for a continuous covariate."
    )
    mean = dy.Float64(description="Mean of the drawn values, or share of the level.")
    sd = dy.Float64(nullable=True, min=0, description="Their standard deviation.")

    @classmethod
    def key(cls) -> list[str]:
        """Name the columns of a row: a level at an iteration."""
        return ["imputation", "iteration", "covariate", "level"]


class Missingness(Table):
    """One row a covariate and group: how often it is missing.

    Of those who are analysed, and those who would be but for a covariate.
    """

    covariate = dy.String(
        nullable=True,
        description="Covariate; empty for any of them, those with structural gaps "
        "apart.",
    )
    by = dy.String(
        description="What makes the groups: all, arm or centre.",
        check=lambda by: by.is_in(["all", "arm", "centre"]),
    )
    group = dy.String(description="Arm or centre; all for everybody.")
    n_patients = dy.Int64(nullable=True, min=0, description="Patients of the group.")
    n_missing = dy.Int64(
        nullable=True, min=0, description="Of them, those whose value is missing."
    )
    share_missing = dy.Float64(
        nullable=True, min=0, max=1, description="Their share of the group."
    )
    handling = dy.String(
        description="complete, imputed, set aside (the patients), or left as it is (a "
        "structural gap).",
        check=lambda handling: handling.is_in(
            ["complete", "imputed", "set aside", "left as it is"]
        ),
    )
    concern = dy.String(description="What speaks against the handling; empty if none.")

    @classmethod
    def key(cls) -> list[str]:
        """Name the columns of a row: a covariate in a group."""
        return ["covariate", "by", "group"]


class ImputedValues(Table):
    """One row a bin or level of a covariate with gaps, and completed data set."""

    covariate = dy.String(primary_key=True, description="Covariate.")
    bin = dy.Int64(
        primary_key=True, min=1, description="Order of the bin, or of the level."
    )
    imputation = dy.Int64(primary_key=True, min=1, description="Completed data set.")
    level = dy.String(
        nullable=True, description="Level; empty for a continuous covariate."
    )
    low = dy.Float64(
        nullable=True, description="Lower end of the bin, within it; empty for a level."
    )
    high = dy.Float64(
        nullable=True,
        description="Upper end of the bin, without it; empty for a level.",
    )
    n_observed = dy.Int64(
        nullable=True, min=0, description="Patients whose observed value is in it."
    )
    n_imputed = dy.Int64(
        nullable=True, min=0, description="Patients whose imputed value is in it."
    )
    share_observed = dy.Float64(
        min=0, max=1, description="Share of the observed values that are in it."
    )
    share_imputed = dy.Float64(
        min=0, max=1, description="Share of the imputed values that are in it."
    )
