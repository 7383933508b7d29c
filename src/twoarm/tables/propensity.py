"""Tables that the propensity stage writes."""

from twoarm.tables.contract import Table, dy


class Scores(Table):
    """One row a patient: the estimated probability of treatment."""

    patient_id = dy.String(primary_key=True, description="Pseudonymous patient.")
    treated = dy.Bool(description="Belongs to the treated arm.")
    propensity_score = dy.Float64(
        min_exclusive=0, max_exclusive=1, description="Probability of treatment."
    )
    logit = dy.Float64(description="Log odds of treatment.")


class Coefficients(Table):
    """One row a term of the propensity model."""

    term = dy.String(primary_key=True, description="Term of the model.")
    estimate = dy.Float64(description="Log odds ratio.")
    std_error = dy.Float64(min=0, description="Standard error of the estimate.")


class Designs(Table):
    """One row a patient and design."""

    design = dy.String(primary_key=True, description="Design of the study.")
    patient_id = dy.String(primary_key=True, description="Pseudonymous patient.")
    treated = dy.Bool(description="Belongs to the treated arm.")
    propensity_score = dy.Float64(
        min_exclusive=0, max_exclusive=1, description="Probability of treatment."
    )
    weight = dy.Float64(min_exclusive=0, description="Weight in the design.")
    set_id = dy.String(
        nullable=True,
        description="Matched set: its treated patient; null without sets.",
    )


class Pairs(Table):
    """One row a match: a control in the set of a treated patient."""

    set_id = dy.String(primary_key=True, description="The set's treated patient.")
    patient_id = dy.String(primary_key=True, description="The matched control.")
    distance = dy.Float64(min=0, description="Distance on the logit.")


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
        "sample: the treated arm's SD under ATT, else sqrt((v1 + v0) / 2).",
    )
    variance_ratio = dy.Float64(
        nullable=True, description="Treated over control; continuous only."
    )
    ks = dy.Float64(
        min=0, max=1, description="Greatest distance of the distribution functions."
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
