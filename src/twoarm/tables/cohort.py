"""Tables that the cohort stage writes."""

from twoarm.tables.contract import OpenTable, Table, dy


class Candidates(OpenTable):
    """One row a patient who may enter, with time zero behind them.

    A patient may be repeated: that is a fault, which the selection tells.
    """

    patient_id = dy.String(description="Pseudonymous patient.")
    source_file = dy.String(description="File of the patient's index row.")
    source_row = dy.Int64(min=1, description="Row of the patient's index row.")
    treated = dy.Bool(nullable=True, description="Belongs to the treated arm.")
    index_date = dy.Date(nullable=True, description="Time zero; null if not known.")
    excluded = dy.Bool(
        description="Treatment is one that the study leaves out by name."
    )
    treatment_days = dy.Float64(
        nullable=True,
        description="Days from time zero to treatment; null if untreated or unknown.",
    )


class Patients(OpenTable):
    """One row an analysed patient.

    The study adds `<endpoint>_days` and `<endpoint>_event` of each endpoint, and its
    covariates.
    """

    patient_id = dy.String(primary_key=True, description="Pseudonymous patient.")
    treated = dy.Bool(description="Belongs to the treated arm.")
    treatment_days = dy.Float64(
        nullable=True,
        description="Days from time zero to treatment; null if untreated or unknown.",
    )


class Criteria(Table):
    """One row an item of a version of the criteria and an assessment: is it met."""

    patient_id = dy.String(primary_key=True, description="Pseudonymous patient.")
    exam_date = dy.Date(primary_key=True, description="Day of the assessment.")
    version = dy.String(primary_key=True, description="Version of the criteria.")
    item = dy.String(primary_key=True, description="Item of the version.")
    met = dy.Bool(nullable=True, description="It is true; null if not known.")


class Versions(Table):
    """One row an item of a version of the criteria: how many patients meet it."""

    version = dy.String(primary_key=True, description="Version of the criteria.")
    label = dy.String(description="Version in words.")
    used = dy.Bool(description="The study goes by this version.")
    position = dy.Int64(primary_key=True, min=1, description="Order of the item.")
    item = dy.String(description="Item of the version.")
    reason = dy.String(description="Item in words, for those who do not meet it.")
    n_ever = dy.Int64(min=0, description="Patients who meet the item at any time.")
    n_met = dy.Int64(
        min=0, description="Patients who meet all items of the version at one time."
    )


class Attrition(Table):
    """One row a step from those read to those analysed."""

    step = dy.Int64(primary_key=True, min=1, description="Order of the step.")
    reason = dy.String(description="Why patients left at this step.")
    n_before = dy.Int64(min=0, description="Patients before the step.")
    n_excluded = dy.Int64(min=0, description="Patients who left at the step.")
    n_after = dy.Int64(min=0, description="Patients after the step.")
    n_event_after = dy.Int64(
        nullable=True,
        min=0,
        description="Of them, who had the event of the study's first endpoint; null if "
        "not known. It stays inside.",
    )


class Quarantine(Table):
    """One row a row of the source that could not be used, and why."""

    source_file = dy.String(description="Name of the file.")
    source_row = dy.Int64(
        min=1, description="Row as a spreadsheet counts: the header is row 1."
    )
    column = dy.String(nullable=True, description="Column at fault.")
    rule = dy.String(description="Name of the rule that set the row aside.")
    reason = dy.String(description="The reason in words.")


class Audit(Table):
    """One row an arm and endpoint: person-time before treatment, and what it means."""

    endpoint = dy.String(primary_key=True, description="Endpoint.")
    arm = dy.String(primary_key=True, description="Arm.")
    n_patients = dy.Int64(min=0, description="Patients in the arm.")
    n_event = dy.Int64(min=0, description="Events in the arm.")
    n_waiting = dy.Int64(
        min=0, description="Patients whose treatment came after time zero."
    )
    person_months = dy.Float64(min=0, description="Follow-up of the arm, in months.")
    immortal_months = dy.Float64(
        min=0,
        description="Follow-up between time zero and treatment, in months: the arm "
        "could have no event in it.",
    )
    median_wait_months = dy.Float64(
        nullable=True, description="Median time to treatment of the arm, in months."
    )
    n_event_control_waiting = dy.Int64(
        min=0,
        description="Events of the other arm before the median wait: what patients "
        "still waiting for treatment were exposed to.",
    )
    verdict = dy.String(
        description="sound, biased: immortal time, or unknown.",
        check=lambda verdict: verdict.is_in(
            ["sound", "biased: immortal time", "unknown"]
        ),
    )


class Trace(Table):
    """One row an iteration and imputed covariate: what was drawn."""

    imputation = dy.Int64(min=1, description="Completed data set.")
    iteration = dy.Int64(min=1, description="Cycle through the covariates.")
    covariate = dy.String(description="Covariate.")
    level = dy.String(
        nullable=True, description="Level; empty for a continuous covariate."
    )
    mean = dy.Float64(description="Mean of the drawn values, or share of the level.")
    sd = dy.Float64(nullable=True, min=0, description="Their standard deviation.")

    @classmethod
    def key(cls) -> list[str]:
        """Name the columns of a row: a level at an iteration."""
        return ["imputation", "iteration", "covariate", "level"]
