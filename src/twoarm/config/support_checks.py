"""Checks of what supports the main estimates, against the rest of the study."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from twoarm.config.design_checks import name_checks
from twoarm.config.designs import CRUDE, UNADJUSTED
from twoarm.config.faults import nearest
from twoarm.errors import InputError
from twoarm.formula import names_of

if TYPE_CHECKING:
    from twoarm.config.study import Study

Fault = tuple[str, str]
TERMLESS = (*CRUDE, "coarsened")
"""Methods whose covariates are no terms of a model."""


def support_checks(study: "Study") -> Iterator[Fault]:
    """Yield the faults of subgroups, splines, adjuvant therapy and specifications."""
    analysis = study.analysis
    yield from _subgroups(study)
    splines = "analysis.cox.splines"
    yield from name_checks(study, splines, list(analysis.cox.splines))
    for name in analysis.cox.splines:
        if name in study.covariates and study.covariates[name].kind != "continuous":
            yield f"{splines}.{name}", f"{name} has levels: no spline"
    if analysis.adjuvant:
        path = "analysis.adjuvant"
        yield from name_checks(
            study, f"{path}.covariates", analysis.adjuvant.covariates
        )
        if study.source.kind != "exports":
            yield path, "is for source.kind exports"
    known = [UNADJUSTED, *study.designs]
    for name in analysis.supporting_designs or []:
        if name not in known:
            what = f"there is no design {name}{nearest(name, known)}"
            yield "analysis.supporting_designs", what
    yield from _specifications(study)
    yield from _negative_controls(study)


def _subgroups(study: "Study") -> Iterator[Fault]:
    path, seen = "analysis.subgroups", set()
    for place, subgroup in enumerate(study.analysis.subgroups):
        name, where = subgroup.covariate, f"{path}.{place}"
        if name in seen:
            yield f"{where}.covariate", f"{name} stands twice"
        seen.add(name)
        if name not in study.covariates:
            hint = nearest(name, list(study.covariates))
            yield (
                f"{where}.covariate",
                f"{name} is not among the covariates{hint}",
            )
            continue
        continuous = study.covariates[name].kind == "continuous"
        if continuous and not subgroup.cuts:
            yield f"{where}.cuts", f"are missing: {name} is continuous"
        if subgroup.cuts and not continuous:
            yield f"{where}.cuts", f"{name} has levels; leave the cuts out"


def _specifications(study: "Study") -> Iterator[Fault]:
    path, chosen = "analysis.specifications", study.analysis.specifications
    able = [k for k, each in study.designs.items() if each.method not in TERMLESS]
    for name in chosen.designs or []:
        if name not in able:
            yield f"{path}.designs", f"{name} is no design with terms of a score"
    for name, terms in chosen.covariate_sets.items():
        where = f"{path}.covariate_sets.{name}"
        for term in terms:
            try:
                yield from name_checks(study, where, names_of(term))
            except InputError as error:
                yield where, str(error)
        for design in chosen.designs or able:
            if f"{design}_{name}" in study.designs:
                yield where, f"design {design}_{name} is there already"


def _negative_controls(study: "Study") -> Iterator[Fault]:
    named = [k for k, each in study.endpoints.items() if each.negative_control]
    if len(named) == len(study.endpoints):
        yield "endpoints", "all are negative controls: nothing is left to compare"
    if study.headline and study.headline.endpoint in named:
        yield "headline.endpoint", "is a negative control: no effect is expected"
