"""The methods of a study in words, from what its config made run."""

from collections.abc import Iterator, Mapping
from typing import Any

TIME_ZERO = {
    "table": "Time zero is that of the source's own times.",
    "visits": "Time zero is a patient's first visit.",
    "exports": "Time zero is the first assessment at which the criteria for surgery "
    "were met; it is never derived from the date of surgery.",
}


def methods_in_words(study: Mapping[str, Any]) -> list[str]:
    """Describe the analysis, a paragraph a step.

    Parameters
    ----------
    study
        The complete config.
    """
    names = {name: each["label"] for name, each in study["covariates"].items()}
    chosen = ", ".join(names[name] for name in study["propensity"]["covariates"])
    confidence = 100 * study["analysis"]["confidence"]
    return [
        TIME_ZERO[study["source"]["kind"]] + " A month has 30.4375 days.",
        "The propensity score is a logistic regression of the arm on "
        f"{chosen} (Rosenbaum and Rubin 1983, doi:10.1093/biomet/70.1.41).",
        *_designs(study["designs"]),
        "Curves are Kaplan-Meier's, with log-log limits "
        f"of {confidence:g} %; weighted curves have the variance of the infinitesimal "
        "jackknife. Hazard ratios are Cox's, ties by Efron; weighted designs have the "
        "robust variance (Lin and Wei 1989, doi:10.1080/01621459.1989.10478874), "
        "matched ones clustered by matched set. The restricted mean is the area under "
        "the curve (Royston and Parmar 2013, doi:10.1186/1471-2288-13-152). Follow-up "
        "is reverse Kaplan-Meier.",
        "Patients with a covariate that is not known are left out and counted in the "
        "flow; nothing is imputed.",
    ]


def _designs(designs: Mapping[str, Any]) -> Iterator[str]:
    for design in designs.values():
        label, estimand = design["label"], design["estimand"]
        if design["method"] == "nearest":
            caliper = design["caliper_sd"]
            within = (
                f"within {caliper:g} standard deviations of the logit"
                if caliper
                else "without a caliper"
            )
            again = "with" if design["replace"] else "without"
            yield (
                f"{label} ({estimand}): greedy nearest-neighbour matching of "
                f"{design['ratio']} controls on the logit, {again} replacement, "
                f"{within}, the largest logit first (Austin 2011, doi:10.1002/pst.433)."
            )
        else:
            yield (
                f"{label} ({estimand}): weighting by the propensity score (Li, Morgan "
                "and Zaslavsky 2018, doi:10.1080/01621459.2016.1260466)."
            )
