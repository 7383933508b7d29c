"""Tables of the cohort stage that tell of endpoints and scans."""

import polars as pl

from twoarm.tables.contract import Table, dy


class Outcomes(Table):
    """One row an analysed patient and endpoint; days count from the endpoint's start.

    Of an endpoint that starts at surgery there are only the operated, and if it counts
    recurrence, those resected R0.
    """

    patient_id = dy.String(primary_key=True, description="Pseudonymous patient.")
    endpoint = dy.String(primary_key=True, description="Endpoint.")
    start_days = dy.Float64(description="Days from time zero to its start.")
    days = dy.Float64(min=0, description="Days to the event, or to censoring.")
    event = dy.Bool(description="The event happened.")
    competing = dy.Bool(description="A competing event ended the follow-up.")
    clear_days = dy.Float64(
        nullable=True,
        min=0,
        description="Days to the last adequate scan before progression, 0 if there was "
        "none; null if it was not progression that ended the follow-up.",
    )
    seen_days = dy.Float64(
        nullable=True,
        min=0,
        description="Days until progression was first seen, also where missed scans "
        "censor it; null as the last.",
    )

    @dy.rule()
    def one_end(cls) -> pl.Expr:
        """Refuse an event where a competing one ended the follow-up."""
        return ~(pl.col("event") & pl.col("competing"))

    @dy.rule()
    def interval_in_order(cls) -> pl.Expr:
        """See progression after the last clear scan, if it is not at the start."""
        both = (pl.col("clear_days") < pl.col("seen_days")) | (pl.col("seen_days") == 0)
        return both.fill_null(value=True)


class Adjuvant(Table):
    """One row an operated patient: therapy after surgery."""

    patient_id = dy.String(primary_key=True, description="Pseudonymous patient.")
    surgery_days = dy.Float64(description="Days from time zero to surgery.")
    resumed_days = dy.Float64(
        nullable=True,
        min=0,
        description="Days from surgery to the next therapy; null if there was none.",
    )
    free_days = dy.Float64(
        min=0,
        description="Days from surgery to recurrence, death or the last contact.",
    )


class Scans(Table):
    """One row an arm and endpoint: days between scans while at risk of progression."""

    arm = dy.String(primary_key=True, description="Arm.")
    endpoint = dy.String(primary_key=True, description="Endpoint.")
    n_patients = dy.Int64(min=0, description="Patients of the arm.")
    n_scans = dy.Int64(min=0, description="Adequate scans while at risk.")
    median_days = dy.Float64(
        nullable=True, min=0, description="Median days between scans; null if none."
    )
    lower_days = dy.Float64(nullable=True, min=0, description="Lower quartile of them.")
    upper_days = dy.Float64(nullable=True, min=0, description="Upper quartile of them.")


class Differences(Table):
    """One row an exported time that is not that of the dates."""

    patient_id = dy.String(description="Pseudonymous patient.")
    source_file = dy.String(primary_key=True, description="Name of the file.")
    source_row = dy.Int64(
        primary_key=True,
        min=1,
        description="Row as a spreadsheet counts: the header is row 1.",
    )
    field = dy.String(primary_key=True, description="Field of the dictionary.")
    exported_months = dy.Float64(description="As exported, in months.")
    recomputed_months = dy.Float64(description="As the dates say, in months.")
