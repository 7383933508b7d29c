"""Tables that the reporting stage writes."""

from twoarm.tables.contract import Table, dy


class Protocol(Table):
    """One row a component of the target trial, and what stands in for it."""

    place = dy.Int64(primary_key=True, min=1, description="Order of the component.")
    component = dy.String(description="Component of the protocol.")
    target_trial = dy.String(
        nullable=True, description="What the trial would do; empty if not told."
    )
    emulation = dy.String(description="What this study did.")
