"""The section `trial`: the randomised trial that the study stands in for."""

from pydantic import Field

from twoarm.config.section import Section


class Strategies(Section):
    """What the patients of the trial would be assigned to."""

    treated: str = Field(min_length=1)
    """Strategy of the treated arm, such as "hepatectomy, then any therapy"."""
    control: str = Field(min_length=1)
    """Strategy of the control arm, such as "no hepatectomy"."""
    grace_months: float | None = Field(default=None, gt=0, le=120)
    """Months from time zero within which the treated arm would have to start."""


class Trial(Section):
    """The target trial: what a randomised trial would do, for the protocol table.

    Hernan and Robins 2016, doi:10.1093/aje/kwv254.
    """

    eligibility: str = Field(min_length=1)
    """Whom the trial would enrol."""
    strategies: Strategies
    """What they would be assigned to."""
    assignment: str = "At random, known to patients and surgeons."
    """How they would be assigned."""
    time_zero: str = "The day of assignment, when all criteria of eligibility hold."
    """When follow-up would start."""
    follow_up: str = "Until the event, loss to follow-up, or the end of the study."
    """When it would end."""
    contrast: str = "Per protocol: the effect of keeping to the strategies."
    """Contrast that the trial would report."""
    estimand: str = (
        "Difference in restricted mean survival and in survival at the horizons; "
        "marginal hazard ratio."
    )
    """What would be estimated."""
