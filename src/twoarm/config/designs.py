"""The section `designs`."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from twoarm.config.design_section import DesignSection, Percentile, Share
from twoarm.config.trials import Sequential

UNADJUSTED = "unadjusted"
"""Design that every study has: all patients, each with weight 1."""


class _Matching(DesignSection):
    caliper_sd: float | None = Field(default=0.2, gt=0)
    """Greatest distance of a match, in standard deviations of the logit over all
    patients; null for no limit. Austin 2011, doi:10.1002/pst.433, recommends 0.2."""
    caliper: float | None = Field(default=None, gt=0)
    """Greatest distance of a match on the scale of the distance itself, instead of
    `caliper_sd`."""
    caliper_scale: Literal["all", "pooled"] = "all"
    """Standard deviation meant by `caliper_sd`: over all patients, or pooled over the
    arms as sqrt((s1^2 + s0^2) / 2)."""
    exact: list[str] = []
    """Categorical covariates in which a match must agree."""

    @model_validator(mode="before")
    @classmethod
    def _one_caliper(cls, given: Any) -> Any:
        if isinstance(given, dict) and given.get("caliper") is not None:
            if given.get("caliper_sd") is not None:
                raise ValueError("give either caliper_sd or caliper")
            return {**given, "caliper_sd": None}
        return given


class Crude(DesignSection):
    """The arms as they are: nobody is matched or weighted."""

    method: Literal["crude"]
    """No adjustment; `unadjusted` on a clock of its own."""
    estimand: None = None
    """Holds for nobody in particular."""
    origin: Literal["first_dose", "treatment"] | None = None
    """Where the clock starts instead of time zero: the first dose (source `exports`),
    as is often published, which gives both arms immortal time; or of the treated the
    treatment, and of those never treated time zero, which leaves immortal time out and
    the treated selected by having lived to it. Duchesneau 2022,
    doi:10.1158/1055-9965.EPI-22-0495."""


class TimeDependent(DesignSection):
    """Treatment as a covariate that changes: untreated until treated.

    Each patient counts among the untreated until the treatment and among the treated
    from then on. Mantel and Byar 1974, doi:10.1080/01621459.1974.10480131.
    """

    method: Literal["time_dependent"]
    """Cox regression with a time-dependent treatment."""
    estimand: None = None
    """Holds for nobody in particular."""
    landmark_days: None = None
    """Not for this method."""


class Nearest(_Matching):
    """Greedy nearest-neighbour matching."""

    method: Literal["nearest"]
    """Nearest-neighbour matching."""
    estimand: Literal["ATT", "ATC"] = "ATT"
    """Whom the answer holds for: the treated, who are then matched with controls; or
    the controls, who are then matched with treated."""
    distance: Literal["logit", "score", "mahalanobis"] = "logit"
    """What must be near: the logit of the score, the score, or `mahalanobis_of` within
    the caliper of the logit."""
    mahalanobis_of: list[str] = []
    """Covariates of the Mahalanobis distance; all of the score's if left out."""
    ratio: int = Field(default=1, ge=1, le=20)
    """Counterparts of each patient who is matched."""
    replace: bool = False
    """Whether a counterpart may be matched more than once."""
    order: Literal["largest", "smallest", "closest", "farthest", "data", "random"] = (
        "largest"
    )
    """Who chooses first: the largest logit, the smallest, the closest pair, the patient
    with the farthest counterpart, by `patient_id`, or at random."""
    seed: int = Field(default=20250101, ge=0)
    """Seed of the order `random`."""


class Optimal(_Matching):
    """Optimal matching: as many matches as can be, at the least total distance."""

    method: Literal["optimal"]
    """Optimal matching without replacement."""
    estimand: Literal["ATT"] = "ATT"
    """Whom the answer holds for: the treated."""
    ratio: int = Field(default=1, ge=1, le=20)
    """Controls of each treated patient, at most."""


class Full(_Matching):
    """Optimal full matching: sets of one treated or one control and all near them."""

    method: Literal["full"]
    """Full matching."""
    estimand: Literal["ATT", "ATC", "ATE"] = "ATT"
    """Whom the answer holds for: the treated, the controls, or all in a set."""
    min_controls: float | None = Field(default=None, gt=0)
    """Fewest controls a treated patient of a set; 0.5 is one with two treated; no bound
    if left out."""
    max_controls: float | None = Field(default=None, gt=0)
    """Most controls a treated patient of a set; no bound if left out."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        low, high = self.min_controls, self.max_controls
        if low and high and high < low:
            raise ValueError("max_controls lies below min_controls")
        return self


class Coarsened(DesignSection):
    """Coarsened exact matching: sets that agree in all covariates, cut into bins."""

    method: Literal["coarsened"]
    """Coarsened exact matching."""
    estimand: Literal["ATT", "ATC", "ATE"] = "ATT"
    """Whom the answer holds for: the treated, the controls, or all in a set."""
    match_on: list[str] = []
    """Covariates to agree in; all of the score's if left out."""
    bins: dict[str, int | list[float]] = {}
    """Of a continuous covariate the number of bins of equal width, or the values at
    which it is cut; by Sturges' rule if left out."""


class RiskSet(_Matching):
    """Each treated patient with those still at risk and untreated at that time.

    The clock of both starts at the match.
    """

    method: Literal["risk_set"]
    """Risk-set matching on a treatment that comes after time zero."""
    landmark_days: None = None
    """Not for this method."""
    estimand: Literal["ATT"] = "ATT"
    """Whom the answer holds for: the treated."""
    ratio: int = Field(default=1, ge=1, le=20)
    """Controls of each treated patient, at most."""
    censor_crossovers: bool = False
    """Whether a control's follow-up ends at their own later treatment. The audit calls
    that biased: those who go on to treatment are the healthier ones. Left out, the
    design answers for treatment now against not yet."""


class Weighting(DesignSection):
    """Weighting by the propensity score."""

    method: Literal["weighting"]
    """Weighting."""
    estimand: Literal["ATE", "ATT", "ATC", "ATO", "ATM"] = "ATE"
    """Whom the answer holds for: all patients, the treated, the controls, the overlap,
    or those a pair match would keep."""
    stabilised: bool = False
    """Whether a reweighted arm is scaled to weigh about as much as it has patients."""
    trim: (
        Literal["crump", "common"]
        | dict[Literal["score", "preference"], tuple[Share, Share]]
        | None
    ) = None
    """Who is left out: scores outside the optimal range of Crump 2009; outside the
    range that both arms have; or outside given bounds of the score or the preference
    score, such as `{score: [0.1, 0.9]}`."""
    truncate: tuple[Percentile, Percentile] | None = None
    """Percentiles of all weights beyond which a weight is set to them, such as
    `[1, 99]`."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.stabilised and self.estimand in ("ATO", "ATM"):
            raise ValueError(f"stabilised changes nothing under {self.estimand}")
        bounds = [*self.trim.values()] if isinstance(self.trim, dict) else []
        if self.truncate:
            bounds.append(self.truncate)
        if any(low >= high for low, high in bounds):
            raise ValueError("the second bound must lie above the first")
        if isinstance(self.trim, dict) and len(self.trim) != 1:
            raise ValueError("trim takes bounds of score or of preference")
        return self


class Entropy(DesignSection):
    """Entropy balancing: the weights nearest to even ones that balance the terms."""

    method: Literal["entropy"]
    """Entropy balancing."""
    estimand: Literal["ATT", "ATC", "ATE"] = "ATT"
    """Whom the answer holds for: the treated, the controls, or all patients."""
    moments: Literal[1, 2] = 1
    """1 balances means; 2 the variances of continuous covariates too."""


class CovariateBalancing(DesignSection):
    """A logistic score chosen so that its weights balance the terms' means."""

    method: Literal["covariate_balancing"]
    """Covariate-balancing propensity score, just identified."""
    estimand: Literal["ATT", "ATC", "ATE"] = "ATE"
    """Whom the answer holds for: the treated, the controls, or all patients."""


class Cloning(DesignSection):
    """Clone, censor and weight: each patient in both arms until the course departs.

    Hernan 2018, doi:10.1136/bmj.k182.
    """

    method: Literal["cloning"]
    """Treated within a grace period against not, per protocol."""
    estimand: Literal["ATE"] = "ATE"
    """Whom the answer holds for: all patients."""
    landmark_days: None = None
    """Not for this method."""
    grace_days: float = Field(gt=0)
    """Grace period: the treated strategy is to be treated within it."""
    model: Literal["two_part", "pooled", "cox"] = "two_part"
    """Model of treatment: whether within the grace period and when, apart; a pooled
    logistic regression over intervals; or a Cox regression."""
    varying: list[str] = []
    """Covariates that the model takes as last known before each interval, not as at
    time zero (sources `visits` and `exports`). The treated strategy is then to be
    treated on a day drawn from those of all treatments within the grace period."""
    same_day: bool = False
    """Whether what is measured on the day of a treatment was known before it. If not,
    it does not count: it may be of after the treatment."""
    stale_days: float | None = Field(default=None, gt=0)
    """Age from which on a value that is carried on is counted as old, in the table
    `carried`; no value is left out."""
    interval_days: float | None = Field(default=7, gt=0)
    """Length of the intervals of the model; null for the days of treatment."""
    penalty: float = Field(default=0.0, ge=0)
    """Ridge penalty of the model, as `propensity.penalty`; 0 for none."""
    stabilised: bool = False
    """Whether weights are multiplied by the same chances without covariates."""
    truncate: tuple[Percentile, Percentile] | None = None
    """Percentiles, among those at risk together, to which weights beyond are set."""
    cap: float | None = Field(default=None, ge=1)
    """Greatest weight."""

    @model_validator(mode="after")
    def _something_varies(self) -> Self:
        if not self.varying and (self.same_day or self.stale_days):
            raise ValueError("same_day and stale_days are for varying")
        return self


Design = Annotated[
    Crude
    | TimeDependent
    | Cloning
    | Sequential
    | Nearest
    | Optimal
    | Full
    | Coarsened
    | RiskSet
    | Weighting
    | Entropy
    | CovariateBalancing,
    Field(discriminator="method"),
]
MATCHING = ("nearest", "optimal", "full", "coarsened", "risk_set")
"""Methods that make matched sets."""
CRUDE = ("crude", "time_dependent")
"""Methods that leave each patient the weight 1; all others make weights."""
UNSCORED = (*CRUDE, "cloning", "sequential")
"""Methods that need no propensity score of their own."""
