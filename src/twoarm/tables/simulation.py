"""Tables that simulation writes."""

from twoarm.tables.contract import Table, dy


class Truth(Table):
    """One row a patient who met the criteria: covariates, and times without censoring.

    Months count from time zero, the day the criteria were met, unless said otherwise.
    """

    patient_id = dy.String(
        primary_key=True, description="Centre and record number, as `a:00123456`."
    )
    centre = dy.String(description="Centre.")
    treated = dy.Bool(description="Operated before the follow-up ended.")
    intended = dy.Bool(description="The board chose surgery.")
    age_years = dy.Float64(min=20, max=82, description="Age at time zero.")
    ecog = dy.Int64(min=0, max=1, description="Performance status.")
    albi = dy.Float64(description="Albumin-bilirubin score.")
    afp_response = dy.Bool(description="AFP fell by half or more.")
    portal_invasion = dy.Bool(description="Portal vein invasion, Cheng II or above.")
    many_lesions = dy.Bool(description="More than three lesions.")
    extrahepatic_spread = dy.Bool(description="Spread outside the liver.")
    depth_percent = dy.Float64(
        min=-100,
        max=15,
        description="Change of the target lesions since the first dose, in percent.",
    )
    start_months = dy.Float64(min=0, description="First dose, from 2019-01-01.")
    months_to_criteria = dy.Float64(min=0, description="From first dose to time zero.")
    surgery_score = dy.Float64(description="Log odds of intended surgery.")
    prognostic_score = dy.Float64(description="Log hazard ratio without surgery.")
    wait_months = dy.Float64(
        nullable=True, min=0, description="Surgery, even if after censoring; else null."
    )
    progression_months = dy.Float64(
        nullable=True, min=0, description="Progression; null if death came first."
    )
    death_months = dy.Float64(min=0, description="Death.")
    censor_months = dy.Float64(min=0, description="End of the follow-up.")


class AnswerKey(Table):
    """One row a cell of the invented exports, and a row a second record of a person.

    Cells that hold nothing, and those of identifiers, are left out.
    """

    file = dy.String(description="File, behind its centre.")
    sheet = dy.String(nullable=True, description="Sheet of a workbook.")
    row = dy.Int64(min=1, description="Row, as a spreadsheet counts.")
    column = dy.String(description="Column.")
    field = dy.String(description="Table and field of the dictionary.")
    kind = dy.String(description="Kind of fault; `clean` if there is none.")
    raw = dy.String(nullable=True, description="What stands there.")
    truth = dy.String(
        nullable=True,
        description="What is to be made of it; null: it must not be used.",
    )


class Scores(Table):
    """One row a kind of fault in the invented exports: what became of its cells."""

    kind = dy.String(primary_key=True, description="Kind of fault, or `clean`.")
    n = dy.Int64(min=0, description="Cells of the kind that were read.")
    n_right = dy.Int64(
        min=0, description="Of these: given their value, or not used where none counts."
    )
    n_silent = dy.Int64(
        min=0, description="Of these: used with another value, and no flag."
    )
    recall = dy.Float64(
        nullable=True, min=0, max=1, description="`n_right` as a share of `n`."
    )
    precision = dy.Float64(
        nullable=True,
        min=0,
        max=1,
        description="Of the cells that were flagged or withheld as this kind is, the "
        "share that are at fault; null where nothing marks the kind.",
    )
