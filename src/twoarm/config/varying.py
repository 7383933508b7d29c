"""Covariates that change over time."""

from collections.abc import Mapping
from typing import Any

from twoarm.dictionary import REPEATED


def repeated_of(config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Name the covariates that may be measured again, each with its section.

    Parameters
    ----------
    config
        The study, complete.
    """
    exports = config["source"]["kind"] == "exports"
    return {
        name: each
        for name, each in config["covariates"].items()
        if not each["structural"] and (not exports or each["column"] in REPEATED)
    }


def varying_of(designs: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Name the covariates that some design takes as they change, sorted."""
    return sorted(
        {name for each in designs.values() for name in each.get("varying", ())}
    )
