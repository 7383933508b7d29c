"""The kinds of designs, in the order in which a comparison of them is told."""

from collections.abc import Mapping
from typing import Any

KINDS = {
    "naive": "Naive: ever treated",
    "excluding": "Excluding immortal time",
    "matched": "Matched, ever treated",
    "weighted": "Weighted, ever treated",
    "time_dependent": "Time-dependent treatment",
    "landmark": "Landmarks",
    "risk_set": "Risk-set match",
    "sequential": "Sequential trials",
    "cloning": "Clone-censor-weight",
    "first_dose": "Clock from the first dose",
}
"""Name to heading."""
OF_MATCHING = ("nearest", "optimal", "full", "coarsened")
OF_ORIGIN = {"first_dose": "first_dose", "treatment": "excluding"}


def kinds_of(designs: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Tell the kind of each design, `unadjusted` first.

    A landmark is one whatever is done to its arms.

    >>> kinds_of({"late": {"method": "crude", "landmark_days": 90, "origin": None}})
    {'unadjusted': 'naive', 'late': 'landmark'}
    """
    return {
        "unadjusted": "naive",
        **{name: _kind_of(design) for name, design in designs.items()},
    }


def _kind_of(design: Mapping[str, Any]) -> str:
    method = design["method"]
    if method in KINDS:
        return str(method)
    if design.get("landmark_days"):
        return "landmark"
    if design.get("origin"):
        return OF_ORIGIN[design["origin"]]
    return "matched" if method in OF_MATCHING else "weighted"


def in_order(kinds: Mapping[str, str]) -> list[str]:
    """List the designs kind by kind, within one as the study has them.

    >>> in_order({"a": "cloning", "b": "naive", "c": "cloning"})
    ['b', 'a', 'c']
    """
    return [name for kind in KINDS for name in kinds if kinds[name] == kind]
