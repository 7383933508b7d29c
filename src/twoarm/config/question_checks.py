"""Checks of what a study asks of its patients, and of when the clock starts."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from twoarm.config.cohort import TIME_ZERO, Condition, Criteria, Question
from twoarm.config.faults import nearest
from twoarm.expressions import find_fault, kinds_of
from twoarm.questions import ASSESSMENT, AT_TIME_ZERO, COURSE

if TYPE_CHECKING:
    from twoarm.config.study import Study

Fault = tuple[str, str]

UNKNOWN_AT_FIRST_DOSE = (
    "afp_response",
    "afp_response_75",
    "depth_percent",
    "response",
    "best_response",
    "months_to_criteria",
)
"""Covariates that measure what happened between the first dose and the criteria."""


def question_checks(study: "Study") -> Iterator[Fault]:
    """Yield the faults of the steps, of the criteria and of time zero."""
    yield from _time_zero(study)
    if study.source.kind == "exports":
        yield from _criteria(study)
        for place, step in enumerate(study.cohort.eligibility):
            yield from _step(f"cohort.eligibility.{place}", step)
        return
    if study.cohort.criteria != Criteria():
        yield "cohort.criteria", "is for source.kind exports"
    for place, step in enumerate(study.cohort.eligibility):
        if step.where is not None and kinds_of(step.where) is None:
            path = f"cohort.eligibility.{place}.where"
            yield path, "asks nothing that columns of numbers or text could answer"


def _time_zero(study: "Study") -> Iterator[Fault]:
    path, chosen = "cohort.time_zero", study.cohort.time_zero
    known = TIME_ZERO[study.source.kind]
    if chosen is not None and chosen not in known:
        yield path, f"may be {', '.join(known)} for source.kind {study.source.kind}"
    if chosen == "first_qualifying" and not study.cohort.eligibility:
        yield path, "first_qualifying needs steps under cohort.eligibility"
    if chosen == "first_dose":
        for name, covariate in study.covariates.items():
            if (covariate.column or name) in UNKNOWN_AT_FIRST_DOSE:
                yield (
                    f"covariates.{name}",
                    "is not known at the first dose; take it out",
                )


def _criteria(study: "Study") -> Iterator[Fault]:
    path, criteria = "cohort.criteria", study.cohort.criteria
    if criteria.use not in criteria.versions:
        hint = nearest(criteria.use, list(criteria.versions))
        yield f"{path}.use", f"no version {criteria.use} under versions{hint}"
    for name, version in criteria.versions.items():
        yield from _questions(
            f"{path}.versions.{name}.items", version.items, ASSESSMENT
        )
    yield from _questions(f"{path}.never", criteria.never, COURSE)


def _questions(
    path: str, questions: Sequence[Question], columns: Mapping[str, str]
) -> Iterator[Fault]:
    names = [question.name for question in questions]
    for place, question in enumerate(questions):
        if question.name in names[:place]:
            yield f"{path}.{place}.name", "another one has this name"
        if fault := find_fault(question.where, columns):
            yield f"{path}.{place}.where", fault


def _step(path: str, step: Condition) -> Iterator[Fault]:
    """Check a step that is asked of candidates of exports."""
    if step.where is not None:
        if fault := find_fault(step.where, AT_TIME_ZERO):
            yield f"{path}.where", fault
    elif step.column not in AT_TIME_ZERO:
        hint = nearest(str(step.column), list(AT_TIME_ZERO))
        yield f"{path}.column", f"no column {step.column} to ask{hint}"
    elif step.one_of is None and AT_TIME_ZERO[step.column] != "number":
        yield f"{path}.column", f"{step.column} is no number: give one_of, or where"
