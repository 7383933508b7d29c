"""Table 1, which the propensity stage writes."""

from twoarm.tables.contract import Table, dy


def _count(meaning: str) -> dy.Int64:
    return dy.Int64(nullable=True, min=0, description=meaning)


def _number(meaning: str) -> dy.Float64:
    return dy.Float64(nullable=True, description=meaning)


def _positive(meaning: str) -> dy.Float64:
    return dy.Float64(nullable=True, min=0, description=meaning)


def _share(meaning: str) -> dy.Float64:
    return dy.Float64(nullable=True, min=0, max=1, description=meaning)


class Description(Table):
    """One row a design and covariate level: Table 1, before and after each design.

    Over imputations every number is the mean of those of the completed data sets,
    counts made whole. A cell is empty where it does not apply: shares of a continuous
    covariate, means of a level.
    """

    row = dy.Int64(
        primary_key=True,
        min=1,
        description="Place in the table: designs and covariates in the order of the "
        "study, levels in their own.",
    )
    design = dy.String(description="Design of the study.")
    covariate = dy.String(description="Covariate.")
    level = dy.String(
        nullable=True, description="Level; empty for a continuous covariate."
    )
    n_missing_treated = _count(
        "Treated patients of the design whose value was missing before imputation."
    )
    n_missing_control = _count(
        "Control patients of the design whose value was missing before imputation."
    )
    n_treated = _count(
        "Treated patients at the level, or with a value of a continuous covariate; "
        "unweighted."
    )
    n_control = _count(
        "Control patients at the level, or with a value of a continuous covariate; "
        "unweighted."
    )
    weighted_treated = _positive(
        "Weighted number of treated patients at the level; the weights of the arm are "
        "scaled to sum to its patients."
    )
    weighted_control = _positive(
        "Weighted number of control patients at the level; the weights of the arm are "
        "scaled to sum to its patients."
    )
    share_treated = _share("Weighted share of the level, treated arm.")
    share_control = _share("Weighted share of the level, control arm.")
    mean_treated = _number("Weighted mean, treated arm.")
    mean_control = _number("Weighted mean, control arm.")
    sd_treated = _positive(
        "Weighted standard deviation, treated arm, as in Balance: divisor "
        "1 - sum(w^2) for weights that sum to 1."
    )
    sd_control = _positive("Weighted standard deviation, control arm.")
    median_treated = _number(
        "Weighted median, treated arm: the least value that half of the weight does "
        "not exceed; at just half the midpoint to the next value."
    )
    median_control = _number("Weighted median, control arm.")
    lower_quartile_treated = _number(
        "Weighted first quartile, treated arm, by the median's definition."
    )
    lower_quartile_control = _number("Weighted first quartile, control arm.")
    upper_quartile_treated = _number("Weighted third quartile, treated arm.")
    upper_quartile_control = _number("Weighted third quartile, control arm.")
    smd = _number(
        "Standardised mean difference, that of Balance; empty where it has none: the "
        "first of two levels, a covariate with structural gaps."
    )
