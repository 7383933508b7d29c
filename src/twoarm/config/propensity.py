"""The sections `propensity` and `imputation`."""

from typing import Literal

from pydantic import Field

from twoarm.config.section import Section


class Balance(Section):
    """When the arms of a design count as balanced."""

    smd: float = Field(default=0.1, gt=0, lt=1)
    """Greatest absolute standardised mean difference."""
    variance_ratio: tuple[float, float] = (0.5, 2.0)
    """Bounds of the ratio of variances of continuous covariates. Rubin 2001,
    doi:10.1023/A:1020363010465."""


class Propensity(Section):
    """The model of the probability of treatment."""

    covariates: list[str] = []
    """Terms of the model; all covariates, each as it is, if left out. A term is a
    covariate, `age^2`, `spline(age, 4)` (restricted cubic, 3 to 7 knots), or an
    interaction `age:sex`; `age*sex` stands for `age`, `sex` and `age:sex`."""
    method: Literal["logistic", "firth", "ridge", "boosting"] = "logistic"
    """Maximum likelihood; Firth's penalty or a ridge, which stay finite where
    covariates separate the arms; or gradient boosting, always cross-fitted."""
    penalty: float = Field(default=1.0, gt=0)
    """Of `ridge`: half of it times the sum of squares of the coefficients, of columns
    with standard deviation 1, is taken from the log-likelihood."""
    folds: int | None = Field(default=None, ge=2, le=20)
    """Cross-fitting: each patient's score comes from a model fitted without their fold;
    none if left out, five for `boosting`."""
    within: str | None = None
    """Categorical covariate in each level of which the model is fitted by itself, such
    as the centre."""
    seed: int = Field(default=20250101, ge=0)
    """Seed of the folds."""
    balance: Balance = Balance()
    """When the arms of a design count as balanced."""


class Imputation(Section):
    """Multiple imputation of covariates by chained equations."""

    n: int = Field(default=0, ge=0, le=200)
    """Completed data sets; 0: patients with a covariate that is not known are set
    aside. At least 20, or the percentage of incomplete patients, is usual."""
    iterations: int = Field(default=10, ge=1, le=200)
    """Cycles through the incomplete covariates."""
    donors: int = Field(default=5, ge=1, le=50)
    """Patients with the nearest prediction, one of whom lends an observed value."""
    seed: int = Field(default=20250101, ge=0)
    """Seed of the draws."""
