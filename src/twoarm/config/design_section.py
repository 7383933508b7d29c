"""What every design of the section `designs` has."""

from typing import Annotated

from pydantic import Field

from twoarm.config.section import Section

Percentile = Annotated[float, Field(ge=0, le=100)]
Share = Annotated[float, Field(gt=0, lt=1)]


class DesignSection(Section):
    """What every design has."""

    label: str | None = None
    """Label in figures and tables; its name, capitalised, if left out."""
    covariates: list[str] | None = None
    """Terms of the score of this design; those of `propensity.covariates` if left out.
    """
    landmark_days: float | None = Field(default=None, gt=0)
    """Day after time zero at which the arms are told apart: in are those followed
    beyond it, free of every endpoint; treated are those treated by then; the clock
    starts there. Anderson 1983, doi:10.1200/JCO.1983.1.11.710."""
