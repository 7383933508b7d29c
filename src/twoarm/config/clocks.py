"""The clock of each design, and what it adjusts for."""

from collections.abc import Mapping
from typing import Any

from twoarm.config.designs import CRUDE, UNADJUSTED
from twoarm.formula import names_of

TRIALS = ("interval_days", "last_days", "follow")


def clocks_of(designs: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Name the clock of each design, `unadjusted` first."""
    usual = {"landmark_days": None, "censor_crossovers": False, "grace_days": None}
    clocks: dict[str, dict[str, Any]] = {UNADJUSTED: {"clock": "ever", **usual}}
    for name, design in designs.items():
        clock = design.get("origin") or "ever"
        if design["method"] in ("time_dependent", "risk_set", "cloning", "sequential"):
            clock = design["method"]
        elif design["landmark_days"]:
            clock = "landmark"
        own = {key: design[key] for key in usual if key in design}
        clocks[name] = {"clock": clock, **usual, **own}
        if clock == "sequential":
            clocks[name]["trials"] = {key: design[key] for key in TRIALS}
    return clocks


def covariates_of(design: Mapping[str, Any]) -> list[str]:
    """Name the covariates that a design adjusts for."""
    if design["method"] in CRUDE:
        return []
    lists = [design.get(key, []) for key in ("exact", "match_on", "mahalanobis_of")]
    terms = [name for term in design["covariates"] for name in names_of(term)]
    return list(dict.fromkeys([*terms, *(name for each in lists for name in each)]))
