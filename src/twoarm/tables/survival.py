"""Tables that the survival stage writes."""

from typing import Any

import polars as pl

from twoarm.tables.contract import Table, dy

MEASURES = (
    "hazard_ratio",
    "rmst_difference",
    "rmst",
    "survival",
    "survival_difference",
    "median",
    "median_follow_up",
    "subdistribution_hazard_ratio",
    "cumulative_incidence",
    "cumulative_incidence_difference",
    "gray",
    "logrank",
    "proportional_hazards",
    "e_value",
    "cure_fraction",
    "cure_fraction_difference",
    "cure_plateau",
)


class Curves(Table):
    """One row an arm and time of a survival curve, from time 0.

    Of an endpoint that a competing event may forestall the estimate is 1 less the
    cumulative incidence, and who had the competing event counts as censored.
    """

    endpoint = dy.String(primary_key=True, description="Endpoint.")
    design = dy.String(primary_key=True, description="Design of the study.")
    arm = dy.String(primary_key=True, description="Arm.")
    months = dy.Float64(
        primary_key=True, min=0, description="Months of 30.4375 days since time zero."
    )
    n_risk = dy.Int64(min=0, description="Patients at risk just before, unweighted.")
    n_event = dy.Int64(min=0, description="Patients with the event, unweighted.")
    n_censor = dy.Int64(min=0, description="Patients censored, unweighted.")
    estimate = dy.Float64(min=0, max=1, description="Probability of no event yet.")
    conf_low = dy.Float64(
        nullable=True,
        min=0,
        max=1,
        description="Lower limit; null where the estimate is 1 or 0.",
    )
    conf_high = dy.Float64(
        nullable=True,
        min=0,
        max=1,
        description="Upper limit; null where the estimate is 1 or 0.",
    )


class Effects(Table):
    """One row an estimate."""

    endpoint = dy.String(description="Endpoint.")
    design = dy.String(description="Design of the study.")
    measure = dy.String(
        description="What is estimated.",
        check=lambda measure: measure.is_in(MEASURES),
    )
    term = dy.String(
        description="`treated` for the contrast of the arms, an arm's name for a "
        "figure of one arm, `treated_adjusted` for the contrast in a regression with "
        "covariates, `treated_bootstrap` for the one with a bootstrap's limits, else a "
        "covariate level.",
    )
    months = dy.Float64(
        nullable=True, description="Horizon in months, where there is one."
    )
    estimate = dy.Float64(nullable=True, description="Null where not estimable.")
    std_error = dy.Float64(
        nullable=True,
        min=0,
        description="Of the estimate; of its logarithm for a ratio of hazards.",
    )
    conf_low = dy.Float64(nullable=True, description="Lower 95 % limit.")
    conf_high = dy.Float64(nullable=True, description="Upper 95 % limit.")
    p_value = dy.Float64(nullable=True, min=0, max=1, description="Two-sided.")
    n_treated = dy.Int64(min=0, description="Patients of the treated arm.")
    n_control = dy.Int64(min=0, description="Patients of the control arm.")
    events_treated = dy.Int64(min=0, description="Events of the treated arm.")
    events_control = dy.Int64(min=0, description="Events of the control arm.")
    method = dy.String(description="How it was estimated, or why it could not be.")

    @classmethod
    def many(cls, rows: list[dict[str, Any]]) -> pl.DataFrame:
        """Make a frame from rows of several imputations, told by `imputation`."""
        schema = pl.Schema({**cls.create_empty().schema, "imputation": pl.Int64()})
        return pl.DataFrame(rows, schema=schema, orient="row")

    @classmethod
    def key(cls) -> list[str]:
        """Name the columns of an estimate; the horizon is null where there is none."""
        return ["endpoint", "design", "measure", "term", "months"]
