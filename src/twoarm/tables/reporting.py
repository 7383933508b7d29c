"""Tables that the reporting stage writes."""

from twoarm.tables.contract import OpenTable, Table, dy


class Protocol(Table):
    """One row a component of the target trial, and what stands in for it."""

    place = dy.Int64(primary_key=True, min=1, description="Order of the component.")
    component = dy.String(description="Component of the protocol.")
    target_trial = dy.String(
        nullable=True, description="What the trial would do; empty if not told."
    )
    emulation = dy.String(description="What this study did.")


def _number(what: str) -> dy.Float64:
    return dy.Float64(nullable=True, description=what)


class Answers(OpenTable):
    """One row an endpoint and design: what it finds, what it asks, if it is sound.

    The study adds, of each horizon of `analysis.horizons_months`, the difference of
    survival and its limits, `survival_difference_<months>`, `..._low` and `..._high`.
    Every number is that of the table Effects.
    """

    endpoint = dy.String(primary_key=True, description="Endpoint.")
    place = dy.Int64(primary_key=True, min=1, description="Order of the designs.")
    kind = dy.String(description="Kind of the design, `twoarm.kinds`.")
    design = dy.String(description="Design of the study.")
    hazard_ratio = _number("Hazard ratio, treated over control.")
    hazard_ratio_low = _number("Its lower limit.")
    hazard_ratio_high = _number("Its upper limit.")
    rmst_months = _number("Horizon of the restricted means.")
    rmst_difference = _number("Difference of the restricted means, in months.")
    rmst_difference_low = _number("Its lower limit.")
    rmst_difference_high = _number("Its upper limit.")
    n_treated = dy.Int64(nullable=True, min=0, description="Treated in the design.")
    n_control = dy.Int64(nullable=True, min=0, description="Controls in the design.")
    verdict = dy.String(description="That of the audit for this endpoint.")
    reason = dy.String(description="What the verdict rests on, in words.")
    sound_for = dy.String(
        nullable=True, description="Endpoints for which the audit calls it sound."
    )
    estimand = dy.String(
        nullable=True, description="Whom the answer holds for; empty for nobody."
    )
    clock = dy.String(description="Where its clock starts, in words.")
    headline = dy.Bool(description="True for what the study leads with.")
