"""The arms of a design stacked, as a regression takes them."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from twoarm.survival.curves import Arm

TREATED = "treated"


class Stack(NamedTuple):
    """Both arms of a design, the treated first; None stays None."""

    time: np.ndarray
    event: np.ndarray
    treated: np.ndarray
    weight: np.ndarray | None
    cluster: np.ndarray | None
    entry: np.ndarray | None

    def how(self) -> dict[str, np.ndarray | None]:
        """Return what a Cox regression takes beside times, events and covariates."""
        return {name: getattr(self, name) for name in ("weight", "cluster", "entry")}


def stack_arms(arms: Mapping[str, Arm]) -> Stack:
    """Stack the arms of a design."""
    both = (arms[TREATED], arms["control"])
    parts = {
        name: None if pair[0] is None else np.concatenate(pair)
        for name in ("time", "event", "weight", "cluster", "entry")
        for pair in [[getattr(arm, name) for arm in both]]
    }
    treated = np.repeat([1.0, 0.0], [len(arm.time) for arm in both])
    return Stack(**parts, treated=treated)  # type: ignore[arg-type]
