"""Checks across the sections of a study."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from twoarm.config.contrast_checks import contrast_checks
from twoarm.config.design_checks import design_checks, name_checks
from twoarm.config.designs import UNADJUSTED
from twoarm.config.endpoint_checks import cure_checks, endpoint_checks, ruled_checks
from twoarm.config.faults import nearest
from twoarm.config.question_checks import question_checks
from twoarm.config.scenarios import scenario_checks
from twoarm.config.support_checks import support_checks
from twoarm.dictionary import CANDIDATES
from twoarm.fieldmaps import code_text
from twoarm.questions import AT_TIME_ZERO

if TYPE_CHECKING:
    from twoarm.config.study import Study

Fault = tuple[str, str]
MISSING = "is missing"
ELSEWHERE = "is for source.kind table or visits"
RESERVED = {
    "arm",
    "early",
    "excluded",
    "index_date",
    "index_unusable",
    "patient_id",
    "source_file",
    "source_row",
    "treated",
    "treatment_days",
    "visit_date",
    "weight",
}


def cross_checks(study: "Study") -> Iterator[Fault]:
    """Yield the faults that no section sees alone: path of the key, and what."""
    yield from _names(study)
    yield from _steps(study)
    yield from _covariates(study)
    yield from _treatment(study)
    yield from _event_codes(study)
    yield from _horizons(study)
    yield from contrast_checks(study)
    yield from cure_checks(study)
    yield from _headline(study)
    yield from scenario_checks(study)
    yield from support_checks(study)


def source_checks(study: "Study") -> Iterator[Fault]:
    """Yield the faults that hang on the kind of the source."""
    yield from question_checks(study)
    if study.source.kind == "exports":
        yield from _exports(study)
    else:
        yield from _columns(study)
        yield from _outcomes(study)


def _names(study: "Study") -> Iterator[Fault]:
    if UNADJUSTED in study.designs:
        yield f"designs.{UNADJUSTED}", "is always a design; leave it out"
    ends = ("days", "event", "competing")
    made = {f"{name}_{end}" for name in study.endpoints for end in ends}
    made |= {f"eligible_{step.name}" for step in study.cohort.eligibility}
    made |= {f"{name}_measured" for name, c in study.covariates.items() if c.measured}
    if study.source.kind != "exports":
        made.add("centre")
    for name in study.covariates:
        if name in RESERVED | made:
            yield f"covariates.{name}", "the name is taken; choose one, and its column"
    files = [f"{end}_{each}" for end in study.endpoints for each in study.designs]
    kinds = ("designs", "subgroups", "regression")
    files += [f"{kind}_{end}" for kind in kinds for end in study.endpoints]
    if len(set(files)) < len(files):
        yield "designs", "with the endpoints' names, two figures would have one name"
    for key in study.pathvars:
        if key not in ("results", "logs"):
            yield f"pathvars.{key}", "no such key; there are results and logs"


def _steps(study: "Study") -> Iterator[Fault]:
    names = [step.name for step in study.cohort.eligibility]
    for place, name in enumerate(names):
        if name in names[:place]:
            yield f"cohort.eligibility.{place}.name", "another step has this name"


def _covariates(study: "Study") -> Iterator[Fault]:
    path = "analysis.cox.covariates"
    yield from name_checks(study, path, study.analysis.cox.covariates)
    yield from design_checks(study)


def _horizons(study: "Study") -> Iterator[Fault]:
    horizons = study.analysis.horizons_months
    if horizons is not None and sorted(set(horizons)) != horizons:
        yield "analysis.horizons_months", "must rise, each month once"


def _headline(study: "Study") -> Iterator[Fault]:
    if study.headline is None:
        return
    for key, known in (
        ("endpoint", list(study.endpoints)),
        ("design", [UNADJUSTED, *study.designs]),
    ):
        name = getattr(study.headline, key)
        if name not in known:
            yield f"headline.{key}", f"there is no {key} {name}{nearest(name, known)}"


def _treatment(study: "Study") -> Iterator[Fault]:
    seen: dict[str, str] = {}
    for arm in ("treated", "control", "exclude"):
        for code in getattr(study.treatment, arm):
            other = seen.setdefault(code_text(code), arm)
            if other != arm:
                yield f"treatment.{arm}", f"code {code!r} stands in {other} too"


def _event_codes(study: "Study") -> Iterator[Fault]:
    for name, endpoint in study.endpoints.items():
        if endpoint.event:
            occurred = {code_text(code) for code in endpoint.event.occurred}
            for code in endpoint.event.censored:
                if code_text(code) in occurred:
                    path = f"endpoints.{name}.event.censored"
                    yield path, f"code {code!r} stands in occurred too"


def _columns(study: "Study") -> Iterator[Fault]:
    """Check what the sources `table` and `visits` need and may not have."""
    treatment, cohort, table = study.treatment, study.cohort, study.source.kind
    later = treatment.when == "later"
    checks: list[tuple[object, str, str]] = [
        (study.patient_id is None, "patient_id", MISSING),
        (study.simulation, "simulation", "is for source.kind exports"),
        (treatment.event, "treatment.event", "is for source.kind exports"),
        (table == "table" and later, "treatment.when", "a table has no later visits"),
        (table == "visits" and treatment.days, "treatment.days", "visits have dates"),
    ]
    for key in ("enrolled_from", "enrolled_to"):
        dated = table == "table" and getattr(cohort, key)
        checks.append((dated, f"cohort.{key}", "a table has no dates"))
    for key in ("column", "treated", "control"):
        checks.append((not getattr(treatment, key), f"treatment.{key}", MISSING))
    for name, endpoint in study.endpoints.items():
        path = f"endpoints.{name}"
        checks += [
            (endpoint.time is None, f"{path}.time", MISSING),
            (endpoint.event is None, f"{path}.event", MISSING),
        ]
        checks += ruled_checks(path, endpoint)
    yield from ((path, what) for broken, path, what in checks if broken)


def _outcomes(study: "Study") -> Iterator[Fault]:
    """Refuse as a covariate what tells the arm or the outcome."""
    used = {study.patient_id: "patient_id", study.treatment.column: "treatment.column"}
    used[study.treatment.days] = "treatment.days"
    for name, endpoint in study.endpoints.items():
        used[endpoint.time] = f"endpoints.{name}.time"
        if endpoint.event:
            used[endpoint.event.column] = f"endpoints.{name}.event"
    for name, covariate in study.covariates.items():
        column = covariate.column or name
        if column in used:
            what = f"column {column} is {used[column]}; it is no covariate"
            yield f"covariates.{name}", what


def _exports(study: "Study") -> Iterator[Fault]:
    """Check what the source `exports` needs and may not have."""
    folder = study.source.kind == "exports" and study.source.folder
    checks: list[tuple[object, str, str]] = [
        (study.treatment.event is None, "treatment.event", MISSING),
        (study.simulation and folder, "simulation", "the source names a folder"),
    ]
    for key in ("column", "treated", "control", "exclude", "days"):
        given = getattr(study.treatment, key)
        checks.append((given, f"treatment.{key}", ELSEWHERE))
    for name, endpoint in study.endpoints.items():
        path = f"endpoints.{name}"
        checks += [
            (not endpoint.events, f"{path}.events", MISSING),
            (endpoint.time is not None, f"{path}.time", ELSEWHERE),
            (endpoint.event is not None, f"{path}.event", ELSEWHERE),
        ]
    for name, covariate in study.covariates.items():
        column = covariate.column or name
        what = f"no column {column} in the dictionary"
        hint = nearest(column, list(CANDIDATES))
        checks.append((column not in CANDIDATES, f"covariates.{name}", what + hint))
        number = covariate.kind == "continuous" and column in CANDIDATES
        levels = number and AT_TIME_ZERO[column] != "number"
        what = f"{column} has levels: kind categorical, or binary where it has two"
        checks.append((levels, f"covariates.{name}.kind", what))
    yield from endpoint_checks(study)
    yield from ((path, what) for broken, path, what in checks if broken)
