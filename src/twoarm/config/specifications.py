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
