"""What supports the main estimates: regressions, subgroups, fragility."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from twoarm.config.section import Name, Section

Days = Annotated[float, Field(gt=0)]


class Regression(Section):
    """A regression with covariates."""

    covariates: list[str] = []
    """Covariates of the model beside the treatment; none: no such model is fitted."""
    splines: dict[Name, Literal[3, 4, 5, 6, 7]] = {}
    """Continuous covariate to the knots of a restricted cubic spline, by which its
    log hazard is tested for being a straight line."""


class Subgroup(Section):
    """One covariate in whose levels the arms are compared, named beforehand."""

    covariate: str
    """Covariate."""
    cuts: list[float] = []
    """Values at which a continuous covariate is cut, rising: below the first, from the
    first to below the second, and so on."""

    @field_validator("cuts")
    @classmethod
    def _rise(cls, cuts: list[float]) -> list[float]:
        if sorted(set(cuts)) != cuts:
            raise ValueError("the cuts must rise")
        return cuts


class Adjuvant(Section):
    """Therapy resumed after surgery against not, from a landmark after surgery."""

    landmark_days: list[Days] = Field(min_length=1)
    """Days after surgery by which therapy counts as resumed, and from which the clock
    runs; who is operated and free of recurrence then is in."""
    covariates: list[str] = []
    """Covariates of a regression beside it; few events carry few."""


class Specifications(Section):
    """Designs made anew with other covariates, to see how far the answer moves."""

    covariate_sets: dict[Name, Annotated[list[str], Field(min_length=1)]] = {}
    """Name of a set to the terms of the score; `<design>_<set>` is one more design."""
    designs: list[str] | None = None
    """Designs that are made anew with each set; all those with terms of a score if
    left out."""


class Supporting(Section):
    """What is estimated beside the main estimates."""

    subgroups: list[Subgroup] = []
    """Subgroups, named before the results were seen; an interaction test each."""
    supporting_designs: list[str] | None = None
    """Designs of which subgroups, tipping points and the influence of single patients
    are told; that of the headline and `unadjusted` if left out."""
    adjuvant: Adjuvant | None = None
    """Therapy after surgery (source `exports`); not asked if left out."""
    specifications: Specifications = Specifications()
    """Further covariate sets."""
