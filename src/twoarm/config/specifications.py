"""Designs made anew with other covariate sets."""

from collections.abc import Mapping
from typing import Any

from twoarm.config.designs import CRUDE, UNADJUSTED
from twoarm.config.support_checks import TERMLESS


def specify_designs(study: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Make each chosen design anew with each covariate set.

    Parameters
    ----------
    study
        The config with the defaults of its designs.

    Returns
    -------
    dict
        `<design>_<set>` to its section.
    """
    designs, chosen = study["designs"], study["analysis"]["specifications"]
    able = [name for name, each in designs.items() if each["method"] not in TERMLESS]
    return {
        f"{name}_{key}": {
            **designs[name],
            "label": f"{designs[name]['label']}, {key}",
            "covariates": list(terms),
        }
        for name in chosen["designs"] or able
        for key, terms in chosen["covariate_sets"].items()
    }


def describe_specifications(study: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Name the method and the covariate set of each design, `unadjusted` first."""
    designs, shared = study["designs"], study["propensity"]["covariates"]
    sets = study["analysis"]["specifications"]["covariate_sets"]
    found = {UNADJUSTED: {"method": "Unadjusted", "covariates": "None"}}
    for name, each in designs.items():
        ends = [key for key in sets if name.endswith(f"_{key}")]
        made = [k for k in ends if name.removesuffix(f"_{k}") in designs]
        base = name.removesuffix(f"_{made[0]}") if made else name
        label = designs[base]["label"]
        own = "All of the study" if each["covariates"] == shared else "A selection"
        words = made[0].replace("_", " ").capitalize() if made else own
        crude = each["method"] in CRUDE
        found[name] = {"method": label, "covariates": "None" if crude else words}
    return found


def explained_of(study: Mapping[str, Any]) -> list[str]:
    """Name the covariates of regressions and subgroups: none may follow treatment."""
    analysis = study["analysis"]
    named = [*analysis["cox"]["covariates"], *analysis["cox"]["splines"]]
    named += [each["covariate"] for each in analysis["subgroups"]]
    return list(dict.fromkeys(named))


def supporting_of(study: Mapping[str, Any]) -> list[str]:
    """Name the designs of which subgroups, tipping points and influence are told."""
    chosen = study["analysis"]["supporting_designs"]
    headline = study["headline"] or {"design": UNADJUSTED}
    return list(dict.fromkeys(chosen or [UNADJUSTED, headline["design"]]))
