"""Tables of the cohort stage that tell who met the criteria for surgery, and when."""

from twoarm.tables.contract import OpenTable, Table, dy


class Criteria(OpenTable):
    """One row an assessment: which items of which version of the criteria are met.

    The study adds a column `<version>:<item>` an item; it is null if not known.
    """

    patient_id = dy.String(primary_key=True, description="Pseudonymous patient.")
    exam_date = dy.Date(primary_key=True, description="Day of the assessment.")


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
