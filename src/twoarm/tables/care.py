"""Tables of what was done to patients and how they bore it: response, surgery, harm."""

from collections.abc import Mapping

import polars as pl

from twoarm.tables.contract import Table, dy

COMPLETE, MAJOR, LESS = "complete", "major", "less"
"""Levels of the pathological response: no viable tumour, little of it, more."""
_RATES = {"objective": ("CR", "PR"), "controlled": ("CR", "PR", "SD")}
UNIONS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    **{
        f"{criterion}_{when}": _RATES
        for criterion in ("recist", "mrecist", "charted")
        for when in ("zero", "best")
    },
    "pathology": {"major_or_complete": (COMPLETE, MAJOR)},
    "clavien": {
        "any": ("I", "II", "IIIa", "IIIb", "IVa", "IVb", "V"),
        "severe": ("IIIa", "IIIb", "IVa", "IVb", "V"),
    },
    "death": {"by_90": ("by_30", "by_31_90")},
}
"""Item to the rows that join some of its levels, and which."""
PERIODS = (
    "before_zero",
    "zero_to_surgery",
    "after_surgery",
    "after_zero",
    "outside",
)
"""Periods of a course in their order; none holds what lies outside."""
KINDS = ("any", "severe", "immune", "fatal")
"""Which events are counted: all, of grade 3 or more, immune-related, of grade 5."""


def _count(meaning: str) -> dy.Int64:
    return dy.Int64(nullable=True, min=0, description=meaning)


def _number(meaning: str) -> dy.Float64:
    return dy.Float64(nullable=True, description=meaning)


def _share(meaning: str) -> dy.Float64:
    return dy.Float64(nullable=True, min=0, max=1, description=meaning)


class Findings(Table):
    """One row an arm and a level of an item, or a continuous item.

    The levels of an item are apart from each other, and its patients of whom it is
    known are at one of them; a union joins some. A cell is empty where it does not
    apply, or where `reason` says why. Nothing is imputed.
    """

    row = dy.Int64(primary_key=True, min=1, description="Place in the table.")
    arm = dy.String(primary_key=True, description="Arm.")
    item = dy.String(description="What is told.")
    level = dy.String(
        nullable=True, description="Level or union; empty for a continuous item."
    )
    n_patients = _count("Patients of the arm.")
    n_known = _count("Of them, those of whom the item is known.")
    n = _count("Patients at the level.")
    n_of = _count("Patients that the share is of.")
    share = _share("Their share.")
    conf_low = _share("Lower limit of Clopper and Pearson.")
    conf_high = _share("Upper limit of Clopper and Pearson.")
    median = _number("Median, by the definition of Table 1.")
    lower_quartile = _number("First quartile.")
    upper_quartile = _number("Third quartile.")
    reason = dy.String(nullable=True, description="Why there is no number.")

    @dy.rule()
    def few_of_many(cls) -> pl.Expr:
        """Count no more at a level than the share is of, and no more than there are."""
        n, of, known, patients = map(pl.col, ("n", "n_of", "n_known", "n_patients"))
        ordered = (n <= of) & (of <= patients) & (known <= patients)
        return ordered.fill_null(value=True)


class AdverseEvents(Table):
    """One row an arm, period, kind of event and term: how often, in how much time.

    The periods of an arm follow each other from the first dose to the end of the
    follow-up; a day on which one begins is of that one. Months are of 30.4375 days.
    """

    arm = dy.String(primary_key=True, description="Arm.")
    period = dy.Enum(
        list(PERIODS),
        primary_key=True,
        description="Part of the course; `outside` is before the first dose or after "
        "the end of the follow-up.",
    )
    position = dy.Int64(
        primary_key=True,
        min=0,
        description="0 for all terms, else the rank of the term: 1 is the most "
        "frequent.",
    )
    kind = dy.Enum(list(KINDS), primary_key=True, description="Which events.")
    term = dy.String(nullable=True, description="Term; empty for all of them.")
    n_at_risk = _count(
        "Patients observed in the period, of centres that report adverse events."
    )
    person_months = dy.Float64(
        nullable=True, min=0, description="Time for which they were observed in it."
    )
    n_known = _count("Events of the term in the period of which the kind is told.")
    n_event = _count("Of them, those of the kind.")
    n_patients = _count("Patients with at least one.")
    rate = dy.Float64(
        nullable=True, min=0, description="Events a hundred person-months."
    )
    conf_low = dy.Float64(nullable=True, min=0, description="Exact lower limit of it.")
    conf_high = dy.Float64(nullable=True, min=0, description="Exact upper limit of it.")
    reason = dy.String(nullable=True, description="Why there is no number.")

    @dy.rule()
    def patients_of_events(cls) -> pl.Expr:
        """Count no more patients than events, nor than are at risk."""
        n, events, at_risk = map(pl.col, ("n_patients", "n_event", "n_at_risk"))
        within = (n <= events) & ((n <= at_risk) | (pl.col("period") == "outside"))
        return within.fill_null(value=True)
