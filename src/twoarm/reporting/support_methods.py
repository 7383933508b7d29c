"""The methods of what supports the results, in words."""

from collections.abc import Iterator, Mapping
from typing import Any

from twoarm.words import list_in_words


def support_methods(study: Mapping[str, Any]) -> Iterator[str]:
    """Describe subgroups, regressions, therapy after surgery, and fragility.

    Parameters
    ----------
    study
        The complete config.
    """
    analysis = study["analysis"]
    labels = {name: each["label"] for name, each in study["covariates"].items()}
    if analysis["subgroups"]:
        named = [labels[each["covariate"]] for each in analysis["subgroups"]]
        yield (
            f"Subgroups were named beforehand: {list_in_words(named)}. In each level "
            "the arms are compared with the weights, sets or clones of the whole "
            "design; the interaction is Wald's test with the design's variance. Levels "
            "with fewer than five events in an arm are not compared."
        )
    if analysis["cox"]["splines"]:
        named = [labels[name] for name in analysis["cox"]["splines"]]
        yield (
            f"Whether the log hazard is a straight line of {list_in_words(named)} is "
            "tested by a restricted cubic spline (Harrell 2015, "
            "doi:10.1007/978-3-319-19425-7)."
        )
    if analysis["adjuvant"]:
        days = [f"{day:g}" for day in analysis["adjuvant"]["landmark_days"]]
        yield (
            f"Therapy resumed after surgery is compared from day {list_in_words(days)} "
            "after surgery on, among those operated and free of recurrence then, by "
            "what was resumed by that day (Anderson 1983, "
            "doi:10.1200/JCO.1983.1.11.710)."
        )
    yield (
        "E-values are those of VanderWeele and Ding 2017 (doi:10.7326/M16-2607), after "
        "their transformation of the hazard ratio where more than 15 % have the event. "
        "An unmeasured binary confounder is adjusted for by Lin's rule (1998, "
        "doi:10.2307/2533848). The censored of the arm that fares better go on with a "
        "multiple of its hazard, in twenty completed follow-ups (Lipkovich 2016, "
        "doi:10.1002/pst.1738). Each centre, and each patient, is left out in turn."
    )
