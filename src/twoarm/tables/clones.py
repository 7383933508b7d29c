"""What is told of clones over time."""

from twoarm.tables.contract import Table, dy


def _weight(what: str) -> dy.Float64:
    return dy.Float64(nullable=True, min=0, description=f"{what} weight of them.")


class ClonesOverTime(Table):
    """One row an endpoint, cloned design, arm and day: who is left, and how weighted.

    Of the first completed data set. Counts are of clones, unweighted, up to the day and
    on it; weights are of those still at risk just after it.
    """

    endpoint = dy.String(primary_key=True, description="Endpoint.")
    design = dy.String(primary_key=True, description="Design of the study.")
    arm = dy.String(primary_key=True, description="Arm.")
    days = dy.Float64(primary_key=True, min=0, description="Days from time zero.")
    grace_days = dy.Float64(min=0, description="Grace period of the design.")
    n_at_risk = dy.Int64(nullable=True, min=0, description="Clones at risk after it.")
    n_censored = dy.Int64(
        nullable=True, min=0, description="Censored as they left their strategy."
    )
    n_event = dy.Int64(nullable=True, min=0, description="Events of the endpoint.")
    n_late = dy.Int64(
        nullable=True,
        min=0,
        description="Treated after the grace period and so still in this arm.",
    )
    n_barred = dy.Int64(
        nullable=True,
        min=0,
        description="Treated within the grace period after treatment was taken to be "
        "impossible, which is not seen.",
    )
    effective_n = dy.Float64(
        nullable=True, min=0, description="Number of those at risk by Kish."
    )
    largest_share = dy.Float64(
        nullable=True, min=0, max=1, description="Share of the weight in one clone."
    )
    largest_weight = _weight("Largest")
    weight_q05 = _weight("5th percentile of the")
    weight_q25 = _weight("25th percentile of the")
    weight_q50 = _weight("Median")
    weight_q75 = _weight("75th percentile of the")
    weight_q95 = _weight("95th percentile of the")
