"""The section `validation.twins`: cohorts like the one at hand, of a known effect."""

from typing import Annotated, Literal

from pydantic import Field

from twoarm.config.scenarios import Scenarios
from twoarm.config.section import Section

Ratio = Annotated[float, Field(gt=0, le=20)]


class Twins(Section):
    """Cohorts drawn from the patients at hand, to see what each design does on them."""

    replicates: int = Field(default=100, ge=0, le=10_000)
    """Cohorts drawn for each effect; 0: none."""
    effects: list[Ratio | Literal["estimated"]] = Field(
        default=[1.0, 0.7], min_length=1, max_length=5
    )
    """What treatment does in them: the ratio of the hazards from its day on (1:
    nothing, which tells how often a design finds what is not there), or `estimated`,
    the ratio that the cohort shows."""
    seed: int = Field(default=20250101, ge=0)
    """Seed of the random numbers; each cohort has its own, so that the batches do not
    matter."""
    batch: int = Field(default=25, ge=1)
    """Cohorts that one job draws and analyses."""


class Validation(Section):
    """What is tried where the truth is known."""

    twins: Twins = Twins()
    """Cohorts like the one at hand."""
    scenarios: Scenarios = Scenarios()
    """Cohorts of the simulation's scenarios."""
