"""Tables that the survival stage writes."""

from twoarm.tables.contract import Table, dy

MEASURES = (
    "hazard_ratio",
    "rmst_difference",
    "rmst",
    "rmst_ratio",
    "survival",
    "n_risk_weighted",
    "survival_difference",
    "median",
    "median_follow_up",
    "subdistribution_hazard_ratio",
    "cumulative_incidence",
    "cumulative_incidence_difference",
    "gray",
    "logrank",
    "proportional_hazards",
    "wald",
    "e_value",
    "cure_fraction",
    "cure_fraction_difference",
    "cure_plateau",
    "cure_fraction_shared",
    "cure_odds_ratio",
)


class Curves(Table):
    """One row an arm and time of a survival curve, from time 0.

    Of an endpoint that a competing event may forestall the estimate is 1 less the
    cumulative incidence, and who had the competing event counts as censored.

    Where `release.minimum_mark` is above 1, the release has whole months instead of the
    times: `n_event` counts since the row before, `n_censor` since the last that tells
    it, and `n_risk` is who was at risk after the row before; null where not told.
    """

    endpoint = dy.String(primary_key=True, description="Endpoint.")
    design = dy.String(primary_key=True, description="Design of the study.")
    arm = dy.String(primary_key=True, description="Arm.")
    months = dy.Float64(
        primary_key=True, min=0, description="Months of 30.4375 days since time zero."
    )
    n_risk = dy.Int64(min=0, description="Patients at risk just before, unweighted.")
    n_event = dy.Int64(min=0, description="Patients with the event, unweighted.")
    n_censor = dy.Int64(min=0, description="Patients censored, unweighted.")
    estimate = dy.Float64(min=0, max=1, description="Probability of no event yet.")
    conf_low = dy.Float64(
        nullable=True,
        min=0,
        max=1,
        description="Lower limit; null where the estimate is 1 or 0.",
    )
    conf_high = dy.Float64(
        nullable=True,
        min=0,
        max=1,
        description="Upper limit; null where the estimate is 1 or 0.",
    )


class Effects(Table):
    """One row an estimate."""

    endpoint = dy.String(description="Endpoint.")
    design = dy.String(description="Design of the study.")
    measure = dy.String(
        description="What is estimated.",
        check=lambda measure: measure.is_in(MEASURES),
    )
    term = dy.String(
        description="`treated` for the contrast of the arms, an arm's name for a "
        "figure of one arm, else a covariate level, or `global` for a test of all "
        "terms. Other answers to the contrast are told by what differs, after an "
        "underscore: `treated_adjusted` (with covariates), `_bootstrap` (its limits), "
        "`_stratified`, `_clustered`, `_paired`, `_profile` and `_firth` (likelihood "
        "limits; penalty, also after `_adjusted`), `_doubly_robust`, `_maxcombo`, "
        "`_fleming_harrington_<rho>_<gamma>`, and of tests of proportional hazards "
        "`_rank`, `_identity` and `_log` (scale of time). After a colon stands when it "
        "holds: `treated: 0-12 months`, `treated: after 12 months`, `treated: then` "
        "(at `months`), `treated: per doubling of time`. `univariable: age` is a "
        "covariate alone, `subgroup: ecog=1` the contrast in a level, "
        "`interaction: ecog`, `overall: ecog` and `linearity: age` are tests, `without "
        "centre: a` the contrast in the others, `refitted without centre: a` in a "
        "design made anew of them; `treated_limit` is the limit nearest to 1, "
        "`resumed` therapy after surgery.",
    )
    months = dy.Float64(
        nullable=True, description="Horizon in months, where there is one."
    )
    estimate = dy.Float64(nullable=True, description="Null where not estimable.")
    std_error = dy.Float64(
        nullable=True,
        min=0,
        description="Of the estimate; of its logarithm for a ratio.",
    )
    conf_low = dy.Float64(nullable=True, description="Lower 95 % limit.")
    conf_high = dy.Float64(nullable=True, description="Upper 95 % limit.")
    p_value = dy.Float64(nullable=True, min=0, max=1, description="Two-sided.")
    n_treated = dy.Int64(min=0, description="Patients of the treated arm.")
    n_control = dy.Int64(min=0, description="Patients of the control arm.")
    events_treated = dy.Int64(min=0, description="Events of the treated arm.")
    events_control = dy.Int64(min=0, description="Events of the control arm.")
    method = dy.String(description="How it was estimated, or why it could not be.")

    @classmethod
    def key(cls) -> list[str]:
        """Name the columns of an estimate; the horizon is null where there is none."""
        return ["endpoint", "design", "measure", "term", "months"]


class Differences(Table):
    """One row an endpoint, design, measure and month: how far the arms are apart.

    Treated less control, of survival and of the mean up to then, or of the cumulative
    incidence where an event competes; and who is left. A design of which patients
    change arms has no row.
    """

    endpoint = dy.String(primary_key=True, description="Endpoint.")
    design = dy.String(primary_key=True, description="Design of the study.")
    measure = dy.String(
        primary_key=True,
        description="What differs, as in Effects.",
        check=lambda measure: measure.is_in(
            [each for each in MEASURES if each.endswith("_difference")]
        ),
    )
    months = dy.Float64(
        primary_key=True, min=0, description="Months of 30.4375 days since time zero."
    )
    estimate = dy.Float64(
        nullable=True,
        description="Difference, of means in months; null where not estimable.",
    )
    std_error = dy.Float64(nullable=True, min=0, description="Of the difference.")
    conf_low = dy.Float64(nullable=True, description="Lower pointwise limit.")
    conf_high = dy.Float64(nullable=True, description="Upper pointwise limit.")
    n_risk_treated = dy.Int64(
        nullable=True, min=0, description="Treated at risk then, unweighted."
    )
    n_risk_control = dy.Int64(
        nullable=True, min=0, description="Controls at risk then, unweighted."
    )
    weight_treated = dy.Float64(
        nullable=True,
        min=0,
        description="Sum of the weights of these treated; null without weights.",
    )
    weight_control = dy.Float64(
        nullable=True,
        min=0,
        description="Sum of the weights of these controls; null without weights.",
    )


class Resamples(Table):
    """One row a resample and number of a design: what the bootstrap draws.

    Batches of resamples are drawn apart; resample 0 is the patients themselves.
    """

    imputation = dy.Int64(
        primary_key=True, min=0, description="Place of the completed data set, from 0."
    )
    design = dy.String(primary_key=True, description="Design of the study.")
    replicate = dy.Int64(primary_key=True, min=0, description="Number, from 1.")
    place = dy.Int64(
        primary_key=True,
        min=0,
        description="0: log hazard ratio; then the difference of survival at each "
        "horizon; last that of restricted means, in months.",
    )
    estimate = dy.Float64(
        nullable=True, description="Null where it failed, or beyond the follow-up."
    )
    reason = dy.String(nullable=True, description="Why a resample has no estimate.")
    n_treated = dy.Int64(nullable=True, min=0, description="Treated; of resample 0.")
    n_control = dy.Int64(nullable=True, min=0, description="Controls; of resample 0.")
    events_treated = dy.Int64(
        nullable=True, min=0, description="Events of the treated; of resample 0."
    )
    events_control = dy.Int64(
        nullable=True, min=0, description="Events of the controls; of resample 0."
    )


class Truncations(Table):
    """One row an endpoint, cloned design and limit to its weights: its estimate."""

    endpoint = dy.String(description="Endpoint.")
    design = dy.String(description="Design of the study.")
    truncate = dy.String(
        description="Percentiles to which weights are moved, or none, or `as given` "
        "for the design's own limits.",
    )
    cap = dy.Float64(nullable=True, description="Largest weight; null for none.")
    hazard_ratio = dy.Float64(
        nullable=True, min=0, description="Treated over control; null if not estimable."
    )
    rmst_difference = dy.Float64(
        nullable=True,
        description="Treated less control, in months, up to `analysis.rmst_months`.",
    )
    effective_n_treated = dy.Float64(
        nullable=True,
        min=0,
        description="Treated clones after the grace period, by Kish.",
    )
    effective_n_control = dy.Float64(
        nullable=True,
        min=0,
        description="Control clones after the grace period, by Kish.",
    )
    largest_weight = dy.Float64(
        nullable=True, min=0, description="Largest weight of either arm."
    )

    @classmethod
    def key(cls) -> list[str]:
        """Name the columns of a row; the cap is null where there is none."""
        return ["endpoint", "design", "truncate", "cap"]


class Proportionality(Table):
    """One row a term and month: the hazard ratio then, drawn through the residuals.

    Of each design whose support is told (`analysis.supporting_designs`), of the arms
    alone and of the regression with covariates. A term that is not told has one row
    without a month.
    """

    endpoint = dy.String(description="Endpoint.")
    design = dy.String(description="Design of the study.")
    term = dy.String(
        description="`treated`, `treated_adjusted` (with covariates), or a covariate "
        "level of that regression."
    )
    months = dy.Float64(
        nullable=True, min=0, description="Months of 30.4375 days since time zero."
    )
    estimate = dy.Float64(nullable=True, min=0, description="Hazard ratio then.")
    std_error = dy.Float64(
        nullable=True, min=0, description="Of the logarithm of the ratio."
    )
    conf_low = dy.Float64(nullable=True, min=0, description="Lower pointwise limit.")
    conf_high = dy.Float64(nullable=True, min=0, description="Upper pointwise limit.")
    n_risk_treated = dy.Int64(
        nullable=True, min=0, description="Treated at risk then, fewest imputed."
    )
    n_risk_control = dy.Int64(
        nullable=True, min=0, description="Controls at risk then, fewest imputed."
    )
    events_treated = dy.Int64(
        nullable=True, min=0, description="Events of the treated arm."
    )
    events_control = dy.Int64(
        nullable=True, min=0, description="Events of the control arm."
    )
    method = dy.String(description="How it was drawn, or why it could not be.")

    @classmethod
    def key(cls) -> list[str]:
        """Name the columns of a row; the month is null where there is none."""
        return ["endpoint", "design", "term", "months"]
