"""Checks of what the section `analysis` asks of the contrasts."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from twoarm.config.design_checks import name_checks

if TYPE_CHECKING:
    from twoarm.config.study import Study

Fault = tuple[str, str]


def contrast_checks(study: "Study") -> Iterator[Fault]:
    """Yield what is asked of covariates that are not there, or not asked in order."""
    asked = study.analysis
    yield from _levels(study, "analysis.strata", asked.strata)
    yield from _levels(study, "analysis.cluster", [asked.cluster] * bool(asked.cluster))
    if "stratified" in asked.tests and not asked.strata:
        yield "analysis.tests", "stratified needs analysis.strata"
    if sorted(set(asked.periods_months)) != asked.periods_months:
        yield "analysis.periods_months", "must rise, each month once"
    for key in ("tests", "transforms"):
        if len(set(getattr(asked, key))) < len(getattr(asked, key)):
            yield f"analysis.{key}", "names one twice"
    if asked.limits != "log-log" and study.imputation.n:
        yield "analysis.limits", "must be log-log, the scale on which curves are pooled"


def _levels(study: "Study", path: str, names: list[Any]) -> Iterator[Fault]:
    """Yield the names that are no covariate with levels."""
    yield from name_checks(study, path, names)
    for name in names:
        known = study.covariates.get(name)
        if known is not None and known.kind == "continuous":
            yield path, f"{name} is continuous; name one with levels"
