"""The sections that say who is in, which arm, when the clock starts, what counts."""

from datetime import date
from difflib import get_close_matches
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from twoarm.config.section import Code, Name, Section, as_list
from twoarm.expressions import parse_expression
from twoarm.fieldmaps import code_text

Codes = Annotated[list[Code], BeforeValidator(as_list)]


class Labels(Section):
    """The arms as figures and tables name them."""

    treated: str = "Treated"
    """Name of the treated arm."""
    control: str = "Control"
    """Name of the control arm."""

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        if self.treated == self.control:
            raise ValueError("the two arms have one name")
        return self


class Treatment(Section):
    """Which patients belong to which arm."""

    column: str | None = None
    """Column that tells the arm (sources `table` and `visits`)."""
    event: Literal["surgery"] | None = None
    """Event that puts a patient in the treated arm (source `exports`)."""
    treated: Codes = []
    """Codes of the treated arm."""
    control: Codes = []
    """Codes of the control arm."""
    exclude: Codes = []
    """Codes of patients to leave out, by design."""
    when: Literal["baseline", "later"] = "baseline"
    """`later`: treated are those with a treated code at any visit after the index
    visit (source `visits`)."""
    days: str | None = None
    """Column with the days from time zero to treatment (source `table`), so that
    immortal time can be measured."""
    labels: Labels = Labels()
    """Names of the arms."""


class Covariate(Section):
    """One covariate, known at time zero."""

    kind: Literal["continuous", "binary", "categorical"]
    """How it is measured; a binary one has two levels."""
    column: str | None = None
    """Column that holds it; its own name if left out."""
    label: str | None = None
    """Label in figures and tables; its own name if left out."""
    unit: str | None = None
    """Unit of a continuous covariate, for display."""
    levels: list[Code] | None = Field(default=None, min_length=2)
    """Codes of a binary or categorical covariate in their order, the reference first;
    sorted if left out."""
    measured: str | None = None
    """Column with the days from time zero to the measurement (source `table`). What is
    measured after a design's clock started may be an effect: the audit calls a design
    that adjusts for it biased."""
    transform: Literal["log10", "log10_plus_1"] | None = None
    """Scale on which a continuous covariate is used."""
    structural: bool = False
    """Whether its gaps are no accident, as of pathology where there was no surgery: it
    is described but never imputed, sets no patient aside, and no score, design or
    regression may have it."""

    @model_validator(mode="after")
    def _fits_kind(self) -> Self:
        if self.kind == "continuous" and self.levels:
            raise ValueError("a continuous covariate has no levels")
        if self.kind != "continuous" and (self.unit or self.transform):
            raise ValueError(f"a {self.kind} covariate has no unit and no transform")
        if self.kind == "binary" and self.levels and len(self.levels) != 2:
            raise ValueError("a binary covariate has just two levels")
        texts = [code_text(level) for level in self.levels or ()]
        if len(set(texts)) < len(texts):
            raise ValueError("two levels are one: 1, 1.0 and 01 are the same code")
        return self


def _readable(text: str) -> str:
    parse_expression(text)
    return text


Where = Annotated[str, AfterValidator(_readable)]


class Question(Section):
    """A named expression, asked of one row."""

    name: Name
    """Name of the question."""
    reason: str
    """In words: what the item is, or why patients leave by the reason."""
    where: Where
    """Expression that is true or not; not known is not true."""


class Version(Section):
    """One version of the criteria for surgery."""

    label: str
    """Version in words, with its source."""
    items: list[Question] = Field(min_length=1)
    """What must be true at one assessment, all at once."""


BOARD = Version(
    label="As the board decided",
    items=[
        Question(
            name="resectable",
            reason="The board calls the tumour resectable",
            where="mdt_resectable",
        )
    ],
)


class Criteria(Section):
    """When a patient is eligible for surgery, as sets of rules (source `exports`)."""

    use: Name = "board"
    """Version by which the study goes."""
    versions: dict[Name, Version] = Field(default={"board": BOARD}, min_length=1)
    """Name to version; all of them are asked, so that they can be compared."""
    never: list[Question] = []
    """Reasons of those who never meet the criteria, in their order: the first whose
    expression is true of a patient's whole course. Nobody who meets them is asked."""


TIME_ZERO: dict[str, tuple[str, ...]] = {
    "exports": ("criteria_met", "first_dose"),
    "visits": ("first_visit", "first_qualifying"),
    "table": ("own",),
}
"""Kind of a source to when the clock may start; the first is usual."""


class Condition(Section):
    """One step of eligibility; patients who do not meet it leave."""

    name: Name
    """Name of the step."""
    reason: str
    """Why patients leave at the step, as the flow diagram prints it."""
    where: Where | None = None
    """Expression that is true of those who stay, such as `ecog <= 1 and albi < -1.39`;
    in place of a column and what it must be."""
    column: str | None = None
    """Column of the index row, for the keys below."""
    one_of: Codes | None = None
    """Codes that stay."""
    at_least: float | None = None
    """Smallest value that stays."""
    at_most: float | None = None
    """Largest value that stays."""

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        bounds = self.at_least is not None or self.at_most is not None
        forms = (self.where is not None, self.one_of is not None, bounds)
        if sum(forms) != 1:
            raise ValueError("give one of where, one_of, or at_least and at_most")
        if (self.column is None) != (self.where is not None):
            raise ValueError("give a column, unless where names it")
        low, high = self.at_least, self.at_most
        if low is not None and high is not None and high < low:
            raise ValueError("at_most lies below at_least")
        return self


RULES = {
    "patient_absent": "Patient not identified",
    "patient_repeated": "Patient repeated",
    "order_violation": "Dates out of order",
    "identifier_rounded": "Record number rounded by a spreadsheet",
    "digits_lost": "Digits lost to a spreadsheet",
    "index_visit_unusable": "First visit could not be used",
    "date_absent": "Date not known",
    "date_unreadable": "Date unreadable",
    "number_unreadable": "Number unreadable",
    "date_ambiguous": "Date ambiguous",
    "date_impossible": "Date impossible",
    "date_open": "Date open",
    "number_ambiguous": "Number ambiguous",
    "size_unreadable": "Size unreadable",
    "size_ambiguous": "Size ambiguous",
    "stage_unreadable": "Stage unreadable",
    "stage_ambiguous": "Stage ambiguous",
    "drug_unknown": "Drug unknown",
    "drug_ambiguous": "Drug ambiguous",
    "response_unreadable": "Response unreadable",
    "response_ambiguous": "Response ambiguous",
    "event_unnamed": "Event without a name",
    "flag_unreadable": "Neither yes nor no",
    "flag_ambiguous": "Yes or no ambiguous",
    "ecog_unreadable": "Performance status unreadable",
    "ecog_ambiguous": "Performance status ambiguous",
    "range_hard": "Value impossible",
    "unit_unknown": "Unit unknown",
    "unit_refused": "Unit never converted",
    "code_unknown": "Code unknown",
    "treatment_absent": "Treatment not known",
    "treatment_unknown": "Treatment neither an arm's nor excluded",
    "time_absent": "Follow-up not known",
    "time_not_positive": "No positive follow-up",
    "event_absent": "Event not known",
    "event_unknown": "Event code neither occurred nor censored",
    "covariate_absent": "Covariate not known",
    "covariate_later": "Covariate measured after time zero",
}
"""Faults of a row, by rule; a fault ends the run unless `quarantine` names its rule."""

WITHHELD = (
    "number_unreadable", "number_ambiguous", "date_unreadable", "date_ambiguous",
    "date_impossible", "date_open", "size_unreadable", "size_ambiguous",
    "stage_unreadable", "stage_ambiguous", "drug_unknown", "drug_ambiguous",
    "response_unreadable", "response_ambiguous", "event_unnamed", "flag_unreadable",
    "flag_ambiguous", "ecog_unreadable", "ecog_ambiguous", "range_hard", "unit_unknown",
    "unit_refused",
)  # fmt: skip
"""Rules whose cells a study of exports withholds one by one, if it says nothing."""


def _known_rule(rule: str) -> str:
    if rule not in RULES:
        nearest = get_close_matches(rule, RULES, n=1, cutoff=0)
        raise ValueError(f"no such rule; the nearest is {nearest[0]}")
    return rule


Rule = Annotated[
    str, AfterValidator(_known_rule), Field(json_schema_extra={"enum": [*RULES]})
]


class Cohort(Section):
    """Who is in, and what becomes of rows that cannot be used."""

    eligibility: list[Condition] = []
    """Steps in their order, asked of each patient's index row."""
    criteria: Criteria = Criteria()
    """When a patient is eligible for surgery (source `exports`)."""
    time_zero: (
        Literal["criteria_met", "first_dose", "first_visit", "first_qualifying", "own"]
        | None
    ) = None
    """When the clock starts, never by the surgery. Exports: `criteria_met`, or the
    `first_dose` of the same patients, for comparison only. Visits: `first_visit`, or
    `first_qualifying`, the first at which all steps of eligibility hold; times to the
    endpoints are those of that row. A table: the row's `own`. If left out, the first
    named."""
    enrolled_from: date | None = None
    """First day on which time zero may lie (sources `visits` and `exports`)."""
    enrolled_to: date | None = None
    """Last day on which time zero may lie (sources `visits` and `exports`)."""
    zero_days: float | None = Field(default=None, gt=0, le=1)
    """Days that a follow-up of 0 days counts, such as 0.5; a fault if left out."""
    quarantine: list[Rule] = ["covariate_absent"]
    """Rules whose broken rows are set aside with a reason; any other broken rule ends
    the run, but `covariate_later`, of which the audit tells."""

    withhold: list[Rule] | None = None
    """Rules whose cells are withheld one by one, while the rest of the row is used;
    where a row is nothing without the cell, such as the date of a sample, `quarantine`
    decides. If left out, what cannot be read of exports is withheld, and of no other
    source."""

    @model_validator(mode="after")
    def _end_after_start(self) -> Self:
        start, end = self.enrolled_from, self.enrolled_to
        if start and end and end < start:
            raise ValueError("enrolled_to lies before enrolled_from")
        return self
