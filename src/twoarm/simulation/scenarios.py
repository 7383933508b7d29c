"""The scenarios of the invented cohort: what each one changes, as a table."""

from collections.abc import Mapping
from dataclasses import dataclass, field

# ASSUME: all constants of this module are invented, as those of `simulation.model`.


@dataclass(frozen=True)
class Scenario:
    """What surgery does, and what stands between the patients and its analysis.

    Left out, a value is that of the moderate scenario.
    """

    progression: float = 0.70
    """Hazard ratio of progression from the operation on."""
    death: float = 0.75
    """Hazard ratio of death after progression in the operated."""
    intercept: float = 1.75
    """Log odds of intended surgery where all covariates are 0."""
    surgery_scale: float = 1.0
    """Times the covariates' log odds ratios of surgery, but calendar time's."""
    surgery_year: float = 1.40
    """Log odds ratio of intended surgery a year."""
    prognosis_scale: float = 1.0
    """Times the covariates' log hazard ratios, but calendar time's."""
    progression_scale: float = 0.068
    """Cumulative hazard of progression in the first month."""
    progression_shape: float = 0.86
    """Weibull shape of progression."""
    after_rate: float = 0.037
    """Deaths a month after progression."""
    after_prognosis: float = 1.0
    """Times the prognostic score in the hazard of death after progression."""
    cured_operated: float = 0.0
    """Share of the operated who never progress."""
    cured_others: float = 0.0
    """Share of the others who never progress."""
    early_death: float = 0.0
    """Share of the operated who die of it within 90 days."""
    hidden_surgery: float = 0.0
    """Log odds ratio of surgery of a covariate that nobody measured."""
    hidden_prognosis: float = 0.0
    """Its log hazard ratio."""
    loss_rate: float = 0.003
    """Patients lost a month."""
    loss_prognosis: float = 0.0
    """Times the prognostic score in the hazard of loss."""
    late: float = 0.0
    """Share of the operations that come three months later."""
    missing: float = 0.0
    """Share of AFP responses that are missing; more in centre b and without surgery."""
    scan_months: Mapping[str, float] = field(default_factory=dict)
    """Centre to the months between scans, at which alone progression is seen; none:
    it is seen when it happens."""

    @property
    def hides(self) -> bool:
        """Whether a covariate that nobody measured is drawn."""
        return bool(self.hidden_surgery or self.hidden_prognosis)


SCENARIOS = {
    "null": Scenario(progression=1.0, death=1.0),
    "moderate": Scenario(),
    "strong": Scenario(
        progression=0.632,
        death=0.562,
        intercept=1.295,
        surgery_scale=0.55,
        surgery_year=1.34,
        prognosis_scale=0.756,
        progression_scale=0.0757,
        progression_shape=0.858,
        after_rate=0.0453,
        after_prognosis=0.7,
    ),
    "cure": Scenario(
        progression=0.85,
        cured_operated=0.30,
        cured_others=0.08,
        progression_scale=0.078,
    ),
    "early_harm": Scenario(early_death=0.06),
    "unmeasured": Scenario(hidden_surgery=0.6, hidden_prognosis=-0.35),
    "informative_loss": Scenario(loss_rate=0.012, loss_prognosis=0.8),
    "late": Scenario(late=0.12),
    "missing": Scenario(missing=0.3),
    "poor_overlap": Scenario(surgery_scale=1.6, surgery_year=2.24),
    "scans": Scenario(scan_months={"a": 2.0, "b": 4.0}),
}
