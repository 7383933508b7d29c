"""Checks of the sections `propensity` and `designs` against the covariates."""

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from twoarm.config.designs import (
    Cloning,
    Coarsened,
    Crude,
    Nearest,
    RiskSet,
    TimeDependent,
)
from twoarm.config.faults import nearest
from twoarm.config.trials import Sequential
from twoarm.dictionary import REPEATED
from twoarm.errors import InputError
from twoarm.formula import names_of

if TYPE_CHECKING:
    from twoarm.config.study import Study

Fault = tuple[str, str]
OVER_TIME = RiskSet | TimeDependent | Cloning | Sequential


def design_checks(study: "Study") -> Iterator[Fault]:
    """Yield the faults of the score and of each design."""
    continuous = {
        k for k, each in study.covariates.items() if each.kind == "continuous"
    }
    levelled = set(study.covariates) - continuous
    if all(each.structural for each in study.covariates.values()):
        yield "covariates", "all are structural: nothing is left to compare the arms by"
    score = study.propensity
    yield from _terms(study, "propensity.covariates", score.covariates)
    if score.within is not None:
        yield from _kind(study, "propensity.within", [score.within], levelled)
    for name, design in study.designs.items():
        path = f"designs.{name}"
        yield from _terms(study, f"{path}.covariates", design.covariates or [])
        for key, kind in (
            ("exact", levelled),
            ("match_on", set(study.covariates)),
            ("mahalanobis_of", set(study.covariates)),
            ("bins", continuous),
        ):
            names = list(getattr(design, key, []))
            yield from _kind(study, f"{path}.{key}", names, kind)
        yield from _varying(study, f"{path}.varying", getattr(design, "varying", []))
        yield from _design(study, path, design)


def _design(study: "Study", path: str, design: Any) -> Iterator[Fault]:
    """Check what hangs on the kind of a design."""
    if isinstance(design, Nearest):
        yield from _nearest(study, path, design)
    elif isinstance(design, OVER_TIME) or design.landmark_days:
        yield from _over_time(study, path, design)
    elif isinstance(design, Crude):
        yield from _crude(study, path, design)
    elif isinstance(design, Coarsened):
        for name, cuts in design.bins.items():
            if isinstance(cuts, int) and not 1 <= cuts <= 1000:
                yield f"{path}.bins.{name}", "takes 1 to 1000 bins"
            if isinstance(cuts, list) and sorted(set(cuts)) != cuts:
                yield f"{path}.bins.{name}", "the cuts must rise"


def _nearest(study: "Study", path: str, design: Nearest) -> Iterator[Fault]:
    if design.mahalanobis_of and design.distance != "mahalanobis":
        yield f"{path}.mahalanobis_of", "is for distance: mahalanobis"
    if design.replace and study.analysis.bootstrap.replicates:
        what = "a bootstrap fails for matching with replacement; take one of them out"
        yield f"{path}.replace", what


def _over_time(study: "Study", path: str, design: Any) -> Iterator[Fault]:
    source, treatment = study.source.kind, study.treatment
    known = {
        "table": treatment.days is not None,
        "visits": treatment.when == "later",
        "exports": True,
    }
    if not known[source]:
        key = {"table": "treatment.days", "visits": "treatment.when: later"}[source]
        what = f"{design.method} needs" if not design.landmark_days else "needs"
        end = "landmark_days" if design.landmark_days else "method"
        if isinstance(design, Crude) and design.origin == "treatment":
            what, end = "treatment needs", "origin"
        yield f"{path}.{end}", f"{what} the time of treatment; give {key}"


def _varying(study: "Study", path: str, names: list[str]) -> Iterator[Fault]:
    """Check that the covariates of a list can be measured again."""
    yield from name_checks(study, path, names)
    if names and study.source.kind == "table":
        yield path, "a table has no later visits: nothing in it varies"
    for name in names:
        own = study.covariates.get(name)
        column = own and (own.column or name)
        if study.source.kind == "exports" and column and column not in REPEATED:
            told = ", ".join(REPEATED)
            yield path, f"{name} is not measured again; of exports are {told}"


def _crude(study: "Study", path: str, design: Crude) -> Iterator[Fault]:
    if design.origin is None:
        yield f"{path}.method", "is unadjusted without landmark_days or origin"
    elif design.origin == "treatment":
        yield from _over_time(study, path, design)
    elif study.source.kind != "exports":
        yield f"{path}.origin", "first_dose is for source.kind exports"


def _terms(study: "Study", path: str, terms: list[str]) -> Iterator[Fault]:
    for term in terms:
        try:
            yield from name_checks(study, path, names_of(term))
        except InputError as error:
            yield path, str(error)
    if len(set(terms)) < len(terms):
        yield path, "a covariate stands in it twice"


def name_checks(study: "Study", path: str, names: list[str]) -> Iterator[Fault]:
    """Yield the names in a list that no model may have, or that stand in it twice."""
    for name in names:
        if name not in study.covariates:
            hint = nearest(name, list(study.covariates))
            yield path, f"{name} is not among the covariates{hint}"
        elif study.covariates[name].structural:
            yield path, f"{name} is structural: who has no value cannot be in a model"
    if len(set(names)) < len(names):
        yield path, "a covariate stands in it twice"


def _kind(
    study: "Study", path: str, names: list[str], kind: Collection[str]
) -> Iterator[Fault]:
    yield from name_checks(study, path, names)
    for name in names:
        if name in study.covariates and name not in kind:
            told = study.covariates[name].kind
            yield path, f"{name} is {told}; it does not fit here"
