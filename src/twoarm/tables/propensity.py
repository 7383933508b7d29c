"""Tables that the propensity stage writes."""

from twoarm.tables.contract import Table, dy

IMPUTATION = "Completed data set, from 1; 0 where nothing was imputed."


class Scores(Table):
    """One row a patient and score: the estimated probability of treatment."""

    imputation = dy.Int64(primary_key=True, min=0, description=IMPUTATION)
    score = dy.String(
        primary_key=True,
        description="Design that the score is of; `unadjusted` for the one they share.",
    )
    patient_id = dy.String(primary_key=True, description="Pseudonymous patient.")
    treated = dy.Bool(description="Belongs to the treated arm.")
    propensity_score = dy.Float64(
        min_exclusive=0, max_exclusive=1, description="Probability of treatment."
    )
    logit = dy.Float64(description="Log odds of treatment.")
    preference_score = dy.Float64(
        min=0,
        max=1,
        description="Probability of treatment if the arms had the same share; "
        "its log odds are those of the score less those of the treated share.",
    )


class Coefficients(Table):
    """One row a term of a propensity model."""

    imputation = dy.Int64(primary_key=True, min=0, description=IMPUTATION)
    score = dy.String(primary_key=True, description="Score, as in Scores.")
    term = dy.String(primary_key=True, description="Term of the model.")
    estimate = dy.Float64(description="Log odds ratio.")
    std_error = dy.Float64(
        nullable=True, min=0, description="Standard error of the estimate."
    )


class Sets(Table):
    """One row a member of a matched set.

    Under replacement a patient may be in several.
    """

    set_id = dy.String(primary_key=True, description="Number of the set.")
    patient_id = dy.String(primary_key=True, description="Pseudonymous patient.")
    treated = dy.Bool(primary_key=True, description="Member as a treated patient.")
    weight = dy.Float64(
        min_exclusive=0, description="Weight of the patient over all their sets."
    )
    entry_days = dy.Float64(
        nullable=True,
        min=0,
        description="Days from time zero to the match, where the clock of both starts; "
        "null where it is the design's.",
    )
    exit_days = dy.Float64(
        nullable=True,
        min_exclusive=0,
        description="Days from time zero to where follow-up ends at the latest; null "
        "for no such end.",
    )


class Weights(Table):
    """One row a patient of a design that is not matched."""

    design = dy.String(primary_key=True, description="Design of the study.")
    patient_id = dy.String(primary_key=True, description="Pseudonymous patient.")
    weight = dy.Float64(min_exclusive=0, description="Weight in the design.")
    altered = dy.Bool(description="Set to a bound of truncation.")


class Clones(Table):
    """One row a stretch of days in which a clone has one weight."""

    design = dy.String(primary_key=True, description="Design of the study.")
    patient_id = dy.String(primary_key=True, description="Pseudonymous patient.")
    treated = dy.Bool(primary_key=True, description="Clone of the treated arm.")
    entry_days = dy.Float64(
        primary_key=True, min=0, description="Days from time zero to its beginning."
    )
    exit_days = dy.Float64(
        nullable=True,
        min_exclusive=0,
        description="Days from time zero to its end; null for no such end.",
    )
    weight = dy.Float64(
        min_exclusive=0, description="Inverse of the chance to be still followed."
    )


class Trials(Table):
    """One row a patient, nested trial, and stretch of days of one weight."""

    design = dy.String(primary_key=True, description="Design of the study.")
    patient_id = dy.String(primary_key=True, description="Pseudonymous patient.")
    treated = dy.Bool(primary_key=True, description="Treated in the trial's window.")
    origin_days = dy.Float64(
        primary_key=True,
        min=0,
        description="Days from time zero to the end of the trial's window, where its "
        "clock reads 0.",
    )
    entry_days = dy.Float64(
        primary_key=True, min=0, description="Days from time zero to its beginning."
    )
    exit_days = dy.Float64(
        nullable=True,
        min_exclusive=0,
        description="Days from time zero to its end; null for no such end.",
    )
    weight = dy.Float64(min_exclusive=0, description="Weight in the trial.")


class Designs(Table):
    """One row a patient and design.

    A patient who is treated later may be in a design twice: as a control, and as
    treated; a cloned one has a row each stretch of days of one weight, and one in
    nested trials a row each trial and stretch. The times are days from time zero.
    """

    imputation = dy.Int64(primary_key=True, min=0, description=IMPUTATION)
    design = dy.String(primary_key=True, description="Design of the study.")
    patient_id = dy.String(primary_key=True, description="Pseudonymous patient.")
    treated = dy.Bool(primary_key=True, description="Belongs to the treated arm.")
    propensity_score = dy.Float64(
        nullable=True,
        min_exclusive=0,
        max_exclusive=1,
        description="Probability of treatment; null where the design has no score.",
    )
    weight = dy.Float64(min_exclusive=0, description="Weight in the design.")
    set_id = dy.String(
        nullable=True,
        description="Number of the matched set, of clones and in trials their patient; "
        "null without sets, and for who is in several.",
    )
    origin_days = dy.Float64(
        primary_key=True, description="Where the clock of the design reads 0."
    )
    entry_days = dy.Float64(
        primary_key=True, description="From when the patient is at risk in the arm."
    )
    exit_days = dy.Float64(
        nullable=True,
        description="Until when at the latest; null for no such end.",
    )


class Balance(Table):
    """One row a covariate level and design."""

    design = dy.String(description="Design of the study.")
    covariate = dy.String(description="Covariate.")
    level = dy.String(
        nullable=True, description="Level; empty for a continuous covariate."
    )
    mean_treated = dy.Float64(description="Weighted mean or share, treated arm.")
    mean_control = dy.Float64(description="Weighted mean or share, control arm.")
    smd = dy.Float64(
        nullable=True,
        description="Standardised mean difference; denominator of the unadjusted "
        "sample: the SD of the treated under ATT, of the controls under ATC, else "
        "sqrt((v1 + v0) / 2). Over imputations the mean.",
    )
    variance_ratio = dy.Float64(
        nullable=True, description="Treated over control; continuous only."
    )
    ks = dy.Float64(
        min=0, max=1, description="Greatest distance of the distribution functions."
    )
    ecdf_mean = dy.Float64(
        min=0,
        max=1,
        description="Mean distance of the distribution functions over the values.",
    )
    smd_max = dy.Float64(
        nullable=True,
        min=0,
        description="Greatest absolute standardised mean difference over imputations.",
    )
    n_treated = dy.Int64(
        nullable=True, min=0, description="Treated patients at the level, unweighted."
    )
    n_control = dy.Int64(
        nullable=True, min=0, description="Control patients at the level, unweighted."
    )

    @classmethod
    def key(cls) -> list[str]:
        """Name the columns of a row: one level in one design."""
        return ["design", "covariate", "level"]


class Interactions(Table):
    """One row a design and a square or product of covariates."""

    design = dy.String(primary_key=True, description="Design of the study.")
    term = dy.String(
        primary_key=True, description="Square or product, as `age^2`, `age:grade=3`."
    )
    smd = dy.Float64(
        nullable=True, description="Standardised mean difference, as in Balance."
    )
    smd_max = dy.Float64(
        nullable=True,
        min=0,
        description="Greatest absolute standardised mean difference over imputations.",
    )


class Prognosis(Table):
    """One row a design and endpoint: balance of the prognostic score."""

    design = dy.String(primary_key=True, description="Design of the study.")
    endpoint = dy.String(primary_key=True, description="Endpoint.")
    smd = dy.Float64(
        nullable=True,
        description="Standardised mean difference; null where there is no score.",
    )
    smd_max = dy.Float64(
        nullable=True,
        min=0,
        description="Greatest absolute standardised mean difference over imputations.",
    )
    why = dy.String(description="Why there is no score; empty if there is one.")


class Carried(Table):
    """One row a cloned design and covariate over time: how old its values are.

    Of each interval in which a patient could be treated, since the measurement that was
    carried on to it; values of time zero are of day 0.
    """

    design = dy.String(primary_key=True, description="Design of the study.")
    covariate = dy.String(primary_key=True, description="Covariate.")
    n_intervals = dy.Int64(
        nullable=True, min=0, description="Patients times intervals of the model."
    )
    median_days = dy.Float64(nullable=True, min=0, description="Median age in days.")
    largest_days = dy.Float64(nullable=True, min=0, description="Largest age in days.")
    stale_days = dy.Float64(
        nullable=True, description="Age from which on the study calls a value old."
    )
    n_stale = dy.Int64(
        nullable=True,
        min=0,
        description="Intervals whose value is older; null if no age is given.",
    )


class Windows(Table):
    """One row a sequential design: the windows laid out, and the trials they make.

    A window in which nobody is treated, or which leaves no control, makes no trial.
    """

    design = dy.String(primary_key=True, description="Design of the study.")
    n_windows = dy.Int64(min=0, description="Windows of days laid out.")
    n_trials = dy.Int64(min=0, description="Windows that make a trial of both arms.")
    n_patients = dy.Int64(
        nullable=True, min=0, description="Patients in one trial at least."
    )
    n_treated = dy.Int64(nullable=True, min=0, description="Treated patients in one.")
    n_entries = dy.Int64(
        nullable=True, min=0, description="Entries of patients into trials."
    )
