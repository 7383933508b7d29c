"""The sections `analysis`, `figures` and `release`."""

from typing import Annotated, Literal

from pydantic import Field

from twoarm.config.section import Section

Colour = Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}$")]
Months = Annotated[float, Field(gt=0, le=600)]


class Regression(Section):
    """A regression with covariates."""

    covariates: list[str] = []
    """Covariates of the model beside the treatment; none: no such model is fitted."""


class Bootstrap(Section):
    """A bootstrap of patients that refits score, match or weights, and effect."""

    replicates: int = Field(default=0, ge=0, le=100_000)
    """Resamples; 0: no bootstrap."""
    seed: int = Field(default=20250101, ge=0)
    """Seed of the resamples."""


class Cure(Section):
    """Mixture cure models, and whether the follow-up carries them."""

    endpoints: list[str] = []
    """Endpoints of which a share may be cured; none: no such model is fitted. Each must
    start at time zero and have nothing that competes."""


class Analysis(Section):
    """What is estimated from the designs."""

    horizons_months: list[Months] | None = None
    """Months at which survival is reported; those of 12, 36 and 60 that lie within
    the follow-up of both arms if left out."""
    rmst_months: Months | None = None
    """Horizon of the restricted mean survival time in months; the last of
    `horizons_months` if left out."""
    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    """Level of the two-sided limits, a proportion."""
    bootstrap: Bootstrap = Bootstrap()
    """Limits of the hazard ratio that count the estimation of the design in."""
    cox: Regression = Regression()
    """Cox regression with covariates, beside the one with treatment alone."""
    cure: Cure = Cure()
    """Shares of the arms that never have an event, and their difference."""


class SignedException(Section):
    """Leave to lead with an estimate that the audit calls biased."""

    reason: str = Field(min_length=1)
    """Why the study leads with it all the same; the report prints it."""
    signed: str = Field(min_length=1)
    """Who signs for that; the report prints it."""


class Headline(Section):
    """The estimate that the report leads with, chosen before it was seen."""

    endpoint: str
    """Endpoint."""
    design: str
    """Design; one that the audit calls biased for the endpoint is refused."""
    exception: SignedException | None = None
    """Leave to lead with a biased one."""


class Colours(Section):
    """Colours of the arms."""

    treated: Colour = "#D7263D"
    """Colour of the treated arm, as #RRGGBB."""
    control: Colour = "#5B2A86"
    """Colour of the control arm, as #RRGGBB."""


class Figures(Section):
    """How figures look."""

    colours: Colours = Colours()
    """Colours of the arms."""
    tick_months: float = Field(default=12, gt=0)
    """Months between the ticks of the time axis, where numbers at risk stand."""


class Release(Section):
    """What may leave the hospital."""

    minimum_count: int = Field(default=5, ge=1)
    """Smallest count of patients or events that tables show, other than 0; 1 shows
    all, for data that are public."""
    minimum_at_risk: int = Field(default=10, ge=1)
    """Curves end where fewer patients are at risk."""


class Simulation(Section):
    """The invented cohort of two centres."""

    seed: int = Field(default=20250101, ge=0)
    """Seed of the random numbers."""
    scenario: Literal["null", "moderate"] = "moderate"
    """Effect of surgery: none, or hazard ratios of 0.70 for progression and 0.75 for
    death after it."""
