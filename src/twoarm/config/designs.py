"""The sections `propensity` and `designs`."""

from typing import Annotated, Literal

from pydantic import Field

from twoarm.config.section import Section

UNADJUSTED = "unadjusted"
"""Design that every study has: all patients, each with weight 1."""


class Propensity(Section):
    """The model of the probability of treatment: logistic regression."""

    covariates: list[str] = []
    """Covariates of the model, each as it is; all covariates if left out."""


class Nearest(Section):
    """Greedy nearest-neighbour matching on the logit of the propensity score."""

    label: str | None = None
    """Label in figures and tables; its name, capitalised, if left out."""
    method: Literal["nearest"]
    """Nearest-neighbour matching."""
    estimand: Literal["ATT"] = "ATT"
    """Whom the answer holds for: the treated."""
    ratio: int = Field(default=1, ge=1, le=20)
    """Controls to match with each treated patient."""
    caliper_sd: float | None = Field(default=0.2, gt=0)
    """Greatest distance of a match, in standard deviations of the logit over all
    patients; null for no limit. Austin 2011, doi:10.1002/pst.433, recommends 0.2."""
    replace: bool = False
    """Whether a control may be matched more than once."""
    order: Literal["largest"] = "largest"
    """Who chooses first: the treated patient with the largest logit."""


class Weighting(Section):
    """Weighting by the propensity score."""

    label: str | None = None
    """Label in figures and tables; its name, capitalised, if left out."""
    method: Literal["weighting"]
    """Weighting."""
    estimand: Literal["ATE", "ATT", "ATO"] = "ATE"
    """Whom the answer holds for: all patients, the treated, or the overlap."""


Design = Annotated[Nearest | Weighting, Field(discriminator="method")]
