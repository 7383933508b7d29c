"""Tables of the propensity stage that tell for whom a design answers."""

from twoarm.tables.contract import Table, dy


class Diagnostics(Table):
    """One row a design: its size, its overlap, and whether its arms are balanced.

    Over imputations, counts and shares are means.
    """

    design = dy.String(primary_key=True, description="Design of the study.")
    n_treated = dy.Int64(min=0, description="Treated patients in the design.")
    n_control = dy.Int64(min=0, description="Control patients in the design.")
    n_treated_out = dy.Int64(min=0, description="Treated patients left out of it.")
    n_control_out = dy.Int64(min=0, description="Control patients left out of it.")
    n_truncated = dy.Int64(min=0, description="Weights set to a bound of truncation.")
    ess_treated = dy.Float64(
        min=0, description="Effective size of the treated arm, (sum w)^2 / sum w^2."
    )
    ess_control = dy.Float64(
        min=0, description="Effective size of the control arm, (sum w)^2 / sum w^2."
    )
    weight_max = dy.Float64(
        min=0, description="Greatest weight, as a multiple of its arm's mean."
    )
    weight_share = dy.Float64(
        min=0, max=1, description="Greatest share of an arm's weight in one patient."
    )
    c_statistic = dy.Float64(
        nullable=True,
        min=0,
        max=1,
        description="Of the design's score among all patients.",
    )
    overlap = dy.Float64(
        nullable=True,
        min=0,
        max=1,
        description="Overlapping coefficient of the arms' scores among all patients.",
    )
    share_unsupported = dy.Float64(
        nullable=True,
        min=0,
        max=1,
        description="Share of the treated without a control within 0.2 standard "
        "deviations of the logit.",
    )
    n_levels = dy.Int64(min=0, description="Covariate levels compared.")
    n_over = dy.Int64(min=0, description="Of them beyond the threshold of balance.")
    smd_max = dy.Float64(
        nullable=True, min=0, description="Greatest absolute SMD, over imputations too."
    )
    smd_covariate = dy.String(nullable=True, description="The covariate that has it.")
    ks_max = dy.Float64(
        nullable=True,
        min=0,
        max=1,
        description="Greatest distance of the distribution functions of a continuous "
        "covariate.",
    )
    ecdf_max = dy.Float64(
        nullable=True,
        min=0,
        max=1,
        description="Greatest mean distance of the distribution functions of a "
        "continuous covariate.",
    )
    n_ratios_over = dy.Int64(
        min=0, description="Variance ratios outside the config's bounds."
    )
    interaction_max = dy.Float64(
        nullable=True, min=0, description="Greatest absolute SMD of squares, products."
    )
    interaction_term = dy.String(nullable=True, description="The term that has it.")
    prognosis_max = dy.Float64(
        nullable=True,
        min=0,
        description="Greatest absolute SMD of a prognostic score, over the endpoints.",
    )
    verdict = dy.String(description="balanced, or not balanced and why.")


class Dropped(Table):
    """One row a design, arm and covariate level: who was left out against the rest."""

    design = dy.String(description="Design of the study.")
    arm = dy.String(description="treated or control.")
    covariate = dy.String(description="Covariate.")
    level = dy.String(
        nullable=True, description="Level; empty for a continuous covariate."
    )
    mean_kept = dy.Float64(description="Mean or share of those in the design.")
    mean_dropped = dy.Float64(description="Mean or share of those left out.")
    smd = dy.Float64(
        nullable=True,
        description="Kept less left out, in standard deviations of the whole arm.",
    )
    n_kept = dy.Int64(min=0, description="Patients of the arm in the design.")
    n_dropped = dy.Int64(min=0, description="Patients of the arm left out.")

    @classmethod
    def key(cls) -> list[str]:
        """Name the columns of a row: a level in an arm of a design."""
        return ["design", "arm", "covariate", "level"]
