"""Tables of single courses, ready to be drawn: no identifier, no date."""

from twoarm.tables.contract import Table, dy


class Responses(Table):
    """One row a bar: the best change of the target lesions, deepest last.

    A bar is one patient, or the mean of neighbours where `release.minimum_mark` is
    above 1; such a bar has no marks.
    """

    arm = dy.String(primary_key=True, description="Arm.")
    rank = dy.Int64(
        primary_key=True,
        min=1,
        description="Order of the bar: 1 is the largest change.",
    )
    change_percent = dy.Float64(
        min=-100, description="Best change of the sum of target lesions, in percent."
    )
    response = dy.String(
        description="RECIST 1.1 class of the change.",
        check=lambda response: response.is_in(["CR", "PR", "SD", "PD"]),
    )
    new_lesion = dy.Bool(description="A new lesion was seen by then.")
    operated = dy.Bool(description="The patient was operated on afterwards.")
    n_patients = dy.Int64(min=1, description="Patients that the bar stands for.")


class Changes(Table):
    """One row a patient and visit: the change of the target lesions since baseline."""

    arm = dy.String(primary_key=True, description="Arm.")
    rank = dy.Int64(
        primary_key=True, min=1, description="Patient, as ranked in Responses."
    )
    months = dy.Float64(
        primary_key=True, min=0, description="Months since first dose; 0 for baseline."
    )
    change_percent = dy.Float64(
        min=-100, description="Change of the sum of target lesions, in percent."
    )
    new_lesion = dy.Bool(description="A new lesion was seen at the visit.")


class Quartiles(Table):
    """One row an arm and month: the change of the target lesions of its patients."""

    arm = dy.String(primary_key=True, description="Arm.")
    months = dy.Float64(
        primary_key=True, min=0, description="Months since first dose; 0 for baseline."
    )
    change_percent = dy.Float64(
        min=-100, description="Median of the lines of the patients, in whole percent."
    )
    low_percent = dy.Float64(min=-100, description="Lower quartile of them.")
    high_percent = dy.Float64(min=-100, description="Upper quartile of them.")
    n_patients = dy.Int64(min=1, description="Patients of the arm who have a line.")


STATES = {
    "death": "Dead",
    "progression": "Alive after progression",
    "surgery": "Operated, free of progression",
    "treatment": "On treatment",
    "none": "Off treatment",
    "end": "End of follow-up",
}
"""States of a patient from the lowest of a chart, with words: the first that holds."""


class States(Table):
    """One row an arm, month and state: how many of the arm's patients are in it."""

    arm = dy.String(primary_key=True, description="Arm.")
    months = dy.Float64(primary_key=True, min=0, description="Months since first dose.")
    state = dy.String(
        primary_key=True,
        description="State; the first that holds.",
        check=lambda state: state.is_in(list(STATES)),
    )
    share = dy.Float64(
        min=0,
        max=1,
        description="Share of the arm's patients; what lies below a state and in it is "
        "rounded down.",
    )
    n_patients = dy.Int64(min=1, description="Patients of the arm.")


class Courses(Table):
    """One row a bar or mark of a patient's lane."""

    arm = dy.String(primary_key=True, description="Arm.")
    lane = dy.Int64(
        primary_key=True, min=1, description="Lane: 1 is the longest follow-up."
    )
    what = dy.String(
        primary_key=True,
        description="Bar (follow_up, treatment) or mark.",
        check=lambda what: what.is_in(
            [
                "follow_up",
                "treatment",
                "criteria_met",
                "surgery",
                "progression",
                "death",
                "ongoing",
            ]
        ),
    )
    start_months = dy.Float64(
        primary_key=True, min=0, description="Months from first dose to its start."
    )
    end_months = dy.Float64(
        min=0, description="Months from first dose to its end; the start for a mark."
    )
