"""The section `validation.scenarios`: cohorts of the simulation's scenarios."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from twoarm.config.faults import nearest
from twoarm.config.section import Section

if TYPE_CHECKING:
    from twoarm.config.study import Study

DRAWN = (
    "afp_response",
    "age_years",
    "albi",
    "calendar_year",
    "centre",
    "depth_percent",
    "ecog",
    "extrahepatic_spread",
    "many_lesions",
    "months_to_criteria",
    "portal_invasion",
)
"""Columns that the simulation draws at time zero."""
ENDPOINTS = ("os", "pfs")
PROPORTIONAL = "ph_"
"""How the names of scenarios of proportional hazards begin."""
OVER_TIME = ("time_dependent", "risk_set", "cloning", "sequential")
"""Methods for a treatment that comes after time zero."""

ScenarioName = Literal[
    "null",
    "moderate",
    "strong",
    "cure",
    "early_harm",
    "unmeasured",
    "informative_loss",
    "late",
    "missing",
    "poor_overlap",
    "scans",
]
ProportionalName = Literal[
    "ph_null", "ph_half", "ph_null_confounded", "ph_half_confounded"
]
Size = Annotated[int, Field(ge=20, le=100_000)]
Count = Annotated[int, Field(ge=1, le=10_000)]


class Scenarios(Section):
    """Cohorts of the simulation's scenarios, of which the truth is known.

    The study's designs are tried on them; needs source.kind exports.
    """

    cohorts: dict[Size, Count] = {}
    """Patients of a cohort to how many such cohorts are drawn of each scenario; left
    out: none."""
    names: list[ScenarioName | ProportionalName] = Field(
        default=["null", "moderate"], min_length=1
    )
    """The scenarios. Those named `ph_` have proportional hazards, treatment at time
    zero and the one endpoint `os`."""
    variants: bool = False
    """Whether all is tried that `analysis` asks for: other hazard ratios, tests and
    limits, doubly robust estimates, and the curves of the arms."""
    seed: int = Field(default=20250101, ge=0)
    """Seed of the random numbers; each cohort has its own, so that the batches do not
    matter."""
    batch: int = Field(default=10, ge=1)
    """Cohorts that one job draws and analyses."""
    bootstrap: list[str] = []
    """Designs whose limits are by bootstrap too, with the resamples of
    `analysis.bootstrap`."""
    bootstrap_sizes: list[Size] = []
    """Sizes of `cohorts` of which they are so; all if left out."""
    truth_size: int = Field(default=200_000, ge=1000)
    """Patients by whom the truth is found."""


def scenario_checks(study: "Study") -> Iterator[tuple[str, str]]:
    """Yield what keeps a study's designs from being tried on the scenarios."""
    path, settings = "validation.scenarios", study.validation.scenarios
    for name in settings.bootstrap:
        design = study.designs.get(name)
        if design is None:
            hint = nearest(name, list(study.designs))
            yield f"{path}.bootstrap", f"there is no design {name}{hint}"
        elif design.method in ("crude", "time_dependent", "risk_set"):
            yield f"{path}.bootstrap", f"{name} has no bootstrap"
    if settings.bootstrap and not study.analysis.bootstrap.replicates:
        yield f"{path}.bootstrap", "needs analysis.bootstrap.replicates"
    for size in settings.bootstrap_sizes:
        if size not in settings.cohorts:
            yield f"{path}.bootstrap_sizes", f"no cohorts have {size} patients"
    if settings.cohorts:
        yield from ((f"{path}.cohorts", what) for what in _not_drawn(study))


def _not_drawn(study: "Study") -> Iterator[str]:
    """Yield what of a study the simulation has not."""
    if study.source.kind != "exports":
        yield "is for source.kind exports"
    for name, covariate in study.covariates.items():
        if (covariate.column or name) not in DRAWN:
            yield f"no scenario draws covariates.{name}"
    from_zero = [k for k, each in study.endpoints.items() if each.start == "time_zero"]
    for name in from_zero:
        if name not in ENDPOINTS:
            yield f"no scenario draws endpoints.{name}"
    for scenario in study.validation.scenarios.names:
        if scenario.startswith(PROPORTIONAL):
            yield from _not_proportional(study, scenario, from_zero)


def _not_proportional(
    study: "Study", scenario: str, endpoints: list[str]
) -> Iterator[str]:
    """Yield what of a study a scenario of proportional hazards has not."""
    if "pfs" in endpoints:
        yield f"{scenario} draws no endpoints.pfs"
    for name, design in study.designs.items():
        later = getattr(design, "origin", None) or design.landmark_days
        if later or design.method in OVER_TIME:
            yield f"{scenario} treats at time zero, designs.{name} counts from later"
