"""The sections `analysis`, `figures` and `release`."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from twoarm.config.scenarios import ScenarioName
from twoarm.config.section import Section
from twoarm.config.support import Regression, Supporting

Colour = Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}$")]
Months = Annotated[float, Field(gt=0, le=600)]


class Bootstrap(Section):
    """A bootstrap of patients that refits score, match or weights, and effect."""

    replicates: int = Field(default=0, ge=0, le=100_000)
    """Resamples; 0: no bootstrap."""
    seed: int = Field(default=20250101, ge=0)
    """Seed of the resamples."""
    batch: int = Field(default=250, ge=1)
    """Resamples that one job draws; no number depends on it."""


Test = Literal[
    "stratified",
    "maxcombo",
    "fleming_harrington_0_1",
    "fleming_harrington_1_0",
    "fleming_harrington_1_1",
]
Scale = Literal["km", "rank", "identity", "log"]


class Cure(Section):
    """Mixture cure models, and whether the follow-up carries them."""

    endpoints: list[str] = []
    """Endpoints of which a share may be cured; none: no such model is fitted. Each must
    start at time zero and have nothing that competes."""


class Analysis(Supporting):
    """What is estimated from the designs."""

    horizons_months: list[Months] | None = None
    """Months at which survival is reported; those of 12, 36 and 60 that lie within
    the follow-up of both arms if left out."""
    rmst_months: Months | None = None
    """Horizon of the restricted mean survival time in months; the last of
    `horizons_months` if left out."""
    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    """Level of the two-sided limits, a proportion."""
    limits: Literal["log-log", "log", "plain"] = "log-log"
    """Scale on which the limits of a survival curve are normal; with imputation
    `log-log`, on which curves are pooled."""
    minimum_at_risk: int = Field(default=10, ge=1)
    """An estimate at a horizon that fewer are at risk at is said to rest on few."""
    tests: list[Test] = []
    """Rank tests beside the log-rank test: stratified by `strata`; weighted in time by
    S(t-)^rho (1 - S(t-))^gamma, as `fleming_harrington_rho_gamma`; MaxCombo, the
    greatest of four such tests. Choose before the curves are seen."""
    strata: list[str] = []
    """Categorical or binary covariates whose combinations stratify a hazard ratio, and
    the test `stratified`."""
    cluster: str | None = None
    """Categorical covariate, such as the centre, by which the robust variance of one
    more hazard ratio is clustered."""
    periods_months: list[Months] = []
    """Months at which the hazard ratio may change: one for each period between."""
    varying: bool = False
    """Hazard ratio as a line in log time, and what that gives at the horizons."""
    transforms: list[Scale] = ["km"]
    """Scales of time on which the hazards are tested for being proportional: `km` is
    1 - S(t-), always tested."""
    few_events: int = Field(default=10, ge=0)
    """With fewer events of both arms together, or an arm without any, the hazard ratio
    is also estimated with Firth's penalty."""
    profile: bool = False
    """Hazard ratio with profile likelihood limits."""
    bootstrap: Bootstrap = Bootstrap()
    """Limits that count the estimation of the design in."""
    cox: Regression = Regression()
    """Cox regression with covariates, beside the one with treatment alone; where the
    design weighs patients, its covariates make the estimates doubly robust."""
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
    language: Literal["en", "zh"] = "en"
    """Language of the words in figures: English or Simplified Chinese; the page of the
    report shows them in both. Labels are the study's own, in any language; letters of
    GB 2312 are drawn."""
    formats: list[Literal["svg", "pdf", "png"]] = ["svg", "pdf", "png"]
    """Files of each figure; the report shows the `svg`, so it is always among them."""

    @field_validator("formats")
    @classmethod
    def _once_each(cls, formats: list[str]) -> list[str]:
        if "svg" not in formats or len(set(formats)) < len(formats):
            raise ValueError("name each format once, svg among them")
        return formats


class Release(Section):
    """What may leave the hospital."""

    minimum_count: int = Field(default=5, ge=1)
    """Smallest count of patients or events that tables show, other than 0; 1 shows
    all, for data that are public."""
    minimum_at_risk: int = Field(default=10, ge=1)
    """Curves end where fewer patients are at risk."""
    minimum_mark: int | None = Field(default=None, ge=1)
    """Fewest patients, or events, that one mark of a figure stands for: a step of a
    curve, a bar, a line; `minimum_count` if left out. 1 draws each patient, as journals
    print: who sees the figure can then count what tables hide."""


class Simulation(Section):
    """The invented cohort of five centres."""

    seed: int = Field(default=20250101, ge=0)
    """Seed of the random numbers."""
    scenario: ScenarioName = "moderate"
    """What surgery does: nothing (`null`), or hazard ratios of 0.70 for progression and
    0.75 for death after it; the others differ from `moderate` as docs/truth.md tells.
    `missing` and `scans` change only what `validation.scenarios` draws."""
