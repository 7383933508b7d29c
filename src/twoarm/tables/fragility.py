"""Tables that tell how fragile the answer is, and by what it was checked."""

from twoarm.tables.contract import Table, dy


class Tipping(Table):
    """One row an assumption under which a hazard ratio is estimated anew."""

    endpoint = dy.String(description="Endpoint.")
    design = dy.String(description="Design of the study.")
    kind = dy.String(
        description="confounder: a binary one that was not measured; censoring: who "
        "was censored goes on with a hazard times the strength.",
        check=lambda kind: kind.is_in(["confounder", "censoring"]),
    )
    prevalence_treated = dy.Float64(
        nullable=True, min=0, max=1, description="Share of the treated with it."
    )
    prevalence_control = dy.Float64(
        nullable=True, min=0, max=1, description="Share of the controls with it."
    )
    strength = dy.Float64(
        min=0, description="Hazard ratio of the confounder, or of the censored."
    )
    estimate = dy.Float64(min=0, description="Hazard ratio under the assumption.")
    conf_low = dy.Float64(nullable=True, min=0, description="Lower limit.")
    conf_high = dy.Float64(nullable=True, min=0, description="Upper limit.")
    needed_estimate = dy.Float64(
        nullable=True,
        min=1,
        description="Strength at which the estimate is 1; null where none is enough.",
    )
    needed_limit = dy.Float64(
        nullable=True,
        min=1,
        description="Strength at which the limits hold 1; null where none is enough.",
    )

    @classmethod
    def key(cls) -> list[str]:
        """Name the columns of an assumption."""
        prevalences = ["prevalence_treated", "prevalence_control"]
        return ["endpoint", "design", "kind", *prevalences, "strength"]


class Influence(Table):
    """One row a design and endpoint: how far one patient moves the hazard ratio."""

    endpoint = dy.String(primary_key=True, description="Endpoint.")
    design = dy.String(primary_key=True, description="Design of the study.")
    n_patients = dy.Int64(
        nullable=True, min=0, description="Patients, each left out once."
    )
    estimate = dy.Float64(min=0, description="Hazard ratio with all of them.")
    lowest = dy.Float64(min=0, description="Least hazard ratio without one.")
    highest = dy.Float64(min=0, description="Greatest hazard ratio without one.")
    n_tipping = dy.Int64(
        nullable=True,
        min=0,
        description="Patients without whom the limits hold 1 and did not, or the "
        "reverse, or without whom there is no ratio.",
    )
    method = dy.String(description="refitted, or dfbeta where patients are many.")


class Checks(Table):
    """One row a number that was come to by two routes; the worst where several were."""

    question = dy.String(
        primary_key=True, alias="check", description="What was held against what."
    )
    endpoint = dy.String(primary_key=True, description="Endpoint.")
    design = dy.String(primary_key=True, description="Design of the study.")
    n_compared = dy.Int64(min=0, description="Numbers compared.")
    expected = dy.Float64(
        nullable=True, description="By the second route; null where a count is hidden."
    )
    found = dy.Float64(
        nullable=True, description="As released; null where a count is hidden."
    )
    tolerance = dy.Float64(min=0, description="Greatest difference allowed.")
    passed = dy.Bool(description="The difference is within the tolerance.")


class Regressions(Table):
    """One row a term of a regression: its ratio alone, and beside the others."""

    endpoint = dy.String(primary_key=True, description="Endpoint.")
    design = dy.String(primary_key=True, description="Design of the study.")
    term = dy.String(primary_key=True, description="`treated`, or a covariate level.")
    alone = dy.Float64(nullable=True, description="Hazard ratio in a model of its own.")
    alone_low = dy.Float64(nullable=True, description="Lower limit.")
    alone_high = dy.Float64(nullable=True, description="Upper limit.")
    alone_p = dy.Float64(nullable=True, min=0, max=1, description="Two-sided.")
    together = dy.Float64(nullable=True, description="Hazard ratio beside the others.")
    together_low = dy.Float64(nullable=True, description="Lower limit.")
    together_high = dy.Float64(nullable=True, description="Upper limit.")
    together_p = dy.Float64(nullable=True, min=0, max=1, description="Two-sided.")
    method = dy.String(description="How the second was estimated, or why not.")
