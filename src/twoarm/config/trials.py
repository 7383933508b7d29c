"""Nested trials in the section `designs`."""

from typing import Literal, Self

from pydantic import Field, model_validator

from twoarm.config.design_section import DesignSection, Percentile


class Sequential(DesignSection):
    """Nested trials: at the end of each window the treated in it, and the not yet.

    Gran 2010, doi:10.1002/sim.4048.
    """

    method: Literal["sequential"]
    """Nested sequential trials, weighted; risk-set weighting without `interval_days`.
    """
    estimand: Literal["ATE", "ATT", "ATO"] = "ATT"
    """Whom the answer holds for: all in the trials, the treated, or the overlap. Where
    windows are short, ATE rests on the few treated who were least likely to be."""
    model: Literal["two_part", "pooled"] = "two_part"
    """Model of treatment: whether by the last trial and when, apart, for where some
    would never be treated; or a pooled logistic regression with time."""
    landmark_days: None = None
    """Not for this method."""
    interval_days: float | None = Field(default=7, gt=0)
    """Length of the windows, at the end of each of which a trial starts; null for the
    days of treatment."""
    last_days: float | None = Field(default=None, gt=0)
    """End of the last window; null for the last treatment."""
    follow: Literal["as_assigned", "per_protocol"] = "as_assigned"
    """What becomes of a control who is treated later: followed on, so that the answer
    is for treatment now against not yet; or censored at the treatment if it comes by
    `last_days`, the others weighing the inverse of their chance to be untreated."""
    varying: list[str] = []
    """Covariates that the model takes as last known before each window, not as at time
    zero (sources `visits` and `exports`)."""
    penalty: float = Field(default=0.0, ge=0)
    """Ridge penalty of the model, as `propensity.penalty`; 0 for none."""
    stabilised: bool = False
    """Whether a reweighted arm is scaled to weigh about as much as it has patients, by
    the share of the treated over all trials."""
    truncate: tuple[Percentile, Percentile] | None = None
    """Percentiles of all weights beyond which a weight is set to them."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.stabilised and self.estimand == "ATO":
            raise ValueError("stabilised changes nothing under ATO")
        if self.truncate and self.truncate[0] >= self.truncate[1]:
            raise ValueError("the second bound must lie above the first")
        if (self.interval_days or 0) > (self.last_days or float("inf")):
            raise ValueError("interval_days is longer than last_days: no window fits")
        return self
