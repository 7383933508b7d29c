"""Tables that the validation stage writes."""

from twoarm.tables.contract import Table, dy

LOGS = "A hazard ratio is on the log scale."
MCSE = "Its Monte Carlo error."


class Replicates(Table):
    """One row a contrast of an invented cohort: what a design of the study found."""

    scenario = dy.String(description="How the cohort was made.")
    n_patients = dy.Int64(min=1, description="Patients of the cohort.")
    replicate = dy.Int64(min=0, description="Number of the cohort; 0 if none was made.")
    endpoint = dy.String(description="Endpoint.")
    design = dy.String(description="Design of the study.")
    measure = dy.String(description="What is estimated, as in Effects.")
    term = dy.String(description="Contrast, as in Effects.")
    months = dy.Float64(nullable=True, description="Horizon, where there is one.")
    estimate = dy.Float64(nullable=True, description="Null where it failed.")
    std_error = dy.Float64(
        nullable=True, min=0, description="Of a hazard ratio that of its logarithm."
    )
    conf_low = dy.Float64(nullable=True, description="Lower limit.")
    conf_high = dy.Float64(nullable=True, description="Upper limit.")
    p_value = dy.Float64(nullable=True, min=0, max=1, description="Two-sided.")
    reason = dy.String(nullable=True, description="Why it failed; null if it did not.")

    @classmethod
    def key(cls) -> list[str]:
        """Name the columns of a contrast; the horizon is null where there is none."""
        return [
            *("scenario", "n_patients", "replicate", "endpoint", "design"),
            *("measure", "term", "months"),
        ]


class Truths(Table):
    """One row a true contrast: what a design would find if nothing stood in its way."""

    scenario = dy.String(description="How the cohorts were made.")
    design = dy.String(
        nullable=True, description="Design that asks for it; null for all."
    )
    endpoint = dy.String(description="Endpoint.")
    measure = dy.String(description="What is estimated, as in Effects.")
    term = dy.String(description="Contrast, as in Effects.")
    months = dy.Float64(nullable=True, description="Horizon, where there is one.")
    truth = dy.Float64(description=f"True value. {LOGS}")
    std_error = dy.Float64(min=0, description=MCSE)

    @classmethod
    def key(cls) -> list[str]:
        """Name the columns of a truth; the horizon is null where there is none."""
        return ["scenario", "design", "endpoint", "measure", "term", "months"]


class Performance(Table):
    """One row a contrast: how near a design comes to the truth, over many cohorts.

    Nothing in it is of a patient. A hazard ratio is on the log scale.
    """

    scenario = dy.String(description="How the cohorts were made.")
    n_patients = dy.Int64(min=1, description="Patients of each cohort.")
    endpoint = dy.String(description="Endpoint.")
    design = dy.String(description="Design of the study.")
    measure = dy.String(description="What is estimated, as in Effects.")
    term = dy.String(description="Contrast, as in Effects.")
    months = dy.Float64(nullable=True, description="Horizon, where there is one.")
    truth = dy.Float64(nullable=True, description=f"True value. {LOGS}")
    n_replicates = dy.Int64(min=0, description="Cohorts with an estimate.")
    n_failed = dy.Int64(min=0, description="Cohorts without.")
    mean = dy.Float64(nullable=True, description=f"Mean of the estimates. {LOGS}")
    bias = dy.Float64(nullable=True, description="Mean less truth.")
    bias_mcse = dy.Float64(nullable=True, min=0, description=MCSE)
    empirical_error = dy.Float64(
        nullable=True, min=0, description="Standard deviation of the estimates."
    )
    empirical_error_mcse = dy.Float64(nullable=True, min=0, description=MCSE)
    model_error = dy.Float64(
        nullable=True, min=0, description="Root mean square of the standard errors."
    )
    model_error_mcse = dy.Float64(nullable=True, min=0, description=MCSE)
    coverage = dy.Float64(
        nullable=True, min=0, max=1, description="Share of limits that hold the truth."
    )
    coverage_mcse = dy.Float64(nullable=True, min=0, description=MCSE)
    rejection = dy.Float64(
        nullable=True,
        min=0,
        max=1,
        description="Share of limits without the value of no effect; of tests, that "
        "reject.",
    )
    rejection_mcse = dy.Float64(nullable=True, min=0, description=MCSE)
    reason = dy.String(
        nullable=True,
        description="Why cohorts failed, the commonest; null if none did.",
    )

    @classmethod
    def key(cls) -> list[str]:
        """Name the columns of a contrast; the horizon is null where there is none."""
        return [
            *("scenario", "n_patients", "endpoint", "design"),
            *("measure", "term", "months"),
        ]
