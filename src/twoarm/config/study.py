"""The study file as a whole."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Annotated, Any

from pydantic import Field, ValidationError

from twoarm.config.checks import cross_checks, source_checks
from twoarm.config.cohort import TIME_ZERO, WITHHELD, Cohort, Covariate, Treatment
from twoarm.config.designs import Design
from twoarm.config.endpoint import Endpoint
from twoarm.config.faults import StudyError, describe, resolve
from twoarm.config.mending import follows, mend, source_kind
from twoarm.config.output import Analysis, Figures, Headline, Release, Simulation
from twoarm.config.propensity import Imputation, Propensity
from twoarm.config.section import Name, Section
from twoarm.config.source import ExportsSource, Source
from twoarm.config.specifications import specify_designs
from twoarm.config.trial import Trial
from twoarm.config.twins import Validation
from twoarm.fieldmaps import code_texts
from twoarm.formula import names_of


class Study(Section):
    """A comparison of two arms: where patients come from, who, what, and how."""

    study: Name
    """Short name; results go to `results/<study>/`."""
    title: str = Field(min_length=1)
    """Title of the report."""
    question: str | None = None
    """The question in a sentence, for the report."""
    trial: Trial | None = None
    """The randomised trial that the study stands in for."""
    source: Source
    """Where the patients come from."""
    simulation: Simulation | None = None
    """The invented cohort, for a study whose source names no folder."""
    patient_id: str | None = None
    """Column that identifies the patient (sources `table` and `visits`)."""
    treatment: Treatment
    """Which patients belong to which arm."""
    covariates: dict[Name, Covariate] = Field(min_length=1)
    """Name to covariate."""
    endpoints: dict[Name, Endpoint] = Field(min_length=1)
    """Name to endpoint."""
    cohort: Cohort = Cohort()
    """Who is in."""
    imputation: Imputation = Imputation()
    """Multiple imputation of covariates that are not known."""
    propensity: Propensity = Propensity()
    """The propensity score."""
    designs: dict[Name, Design] = {}
    """Name to design; `unadjusted` is always one more."""
    analysis: Analysis = Analysis()
    """What is estimated."""
    headline: Headline | None = None
    """The estimate that the report leads with; none if left out."""
    validation: Validation = Validation()
    """What is tried where the truth is known."""
    figures: Figures = Figures()
    """How figures look."""
    release: Release = Release()
    """What may leave the hospital."""
    pathvars: Annotated[dict[str, str], Field(max_length=2)] = {}
    """Folders `results` and `logs` of the study, if not the usual ones."""


def read_study(config: Mapping[str, Any], name: str = "The study file") -> Study:
    """Make a study of a config, or say everything that is wrong with it.

    What is at fault is put aside and the rest is checked again, so that a misspelt key
    does not hide a covariate that does not exist.

    Raises
    ------
    StudyError
        Names every fault at once, by the path of its key.
    """
    rest = deepcopy(dict(config))
    faults: list[tuple[str, str]] = []
    while True:
        try:
            study = Study.model_validate(rest)
            break
        except ValidationError as error:
            told = {fault[0] for fault in faults}
            faults += [new for new in describe(error, Study) if new[0] not in told]
            paths = {tuple(resolve(each["loc"], Study)[0]) for each in error.errors()}
            if not mend(rest, paths):
                raise StudyError(name, faults) from None
    found = [*cross_checks(study)]
    if source_kind(dict(config)):
        found += source_checks(study)
    known = {fault[0] for fault in faults}
    faults += [fault for fault in found if not follows(fault, known)]
    if faults:
        raise StudyError(name, faults)
    return study


def complete(study: Study) -> dict[str, Any]:
    """Write the study out with every default, as plain values."""
    filled: dict[str, Any] = study.model_dump(mode="json", exclude={"pathvars"})
    covariates = [k for k, each in study.covariates.items() if not each.structural]
    filled["propensity"]["covariates"] = study.propensity.covariates or covariates
    for key, covariate in filled["covariates"].items():
        covariate["column"] = covariate["column"] or key
        covariate["label"] = covariate["label"] or key
    for key, endpoint in filled["endpoints"].items():
        endpoint["label"] = endpoint["label"] or key.upper()
        if endpoint["negative_control"]:
            endpoint["label"] += " (negative control)"
    for key, design in filled["designs"].items():
        design["label"] = design["label"] or key.capitalize()
        terms = design["covariates"] or filled["propensity"]["covariates"]
        named = {name for term in terms for name in names_of(term)}
        added = [name for name in design.get("varying", ()) if name not in named]
        design["covariates"] = [*terms, *added]
    filled["designs"] |= specify_designs(filled)
    release = filled["release"]
    release["minimum_mark"] = release["minimum_mark"] or release["minimum_count"]
    exports = isinstance(study.source, ExportsSource)
    if study.cohort.withhold is None:
        filled["cohort"]["withhold"] = list(WITHHELD) if exports else []
    zero = TIME_ZERO[study.source.kind]
    filled["cohort"]["time_zero"] = study.cohort.time_zero or zero[0]
    for condition in filled["cohort"]["eligibility"]:
        codes = condition["one_of"]
        condition["one_of"] = codes and [
            text for code in codes for text in code_texts(code)
        ]
    if isinstance(study.source, ExportsSource) and study.source.folder is None:
        filled["simulation"] = (study.simulation or Simulation()).model_dump()
    return filled
