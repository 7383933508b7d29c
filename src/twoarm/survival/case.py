"""One design and endpoint, as the other answers to its contrast take it."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from twoarm.survival.stack import Stack

Row = dict[str, Any]


class Case(NamedTuple):
    """One design and endpoint, stacked, with the patient of each row."""

    both: Stack
    patients: pl.DataFrame
    asked: Mapping[str, Any]
    z: float

    @property
    def plain(self) -> bool:
        """Tell that there are neither weights nor sets."""
        return self.both.weight is None and self.both.cluster is None

    def codes(self, names: Sequence[str]) -> np.ndarray | None:
        """Give combinations of covariates their numbers; None for no covariates."""
        if not names:
            return None
        joined = self.patients.select(pl.struct(names).rank("dense"))
        return joined.to_series().to_numpy().astype(int)


def whom_of(both: Stack) -> str:
    """Say whose variance is robust, if any's."""
    if both.cluster is not None:
        kind = "matched set" if both.entry is None else "patient"
        return f", robust variance by {kind}"
    return "" if both.weight is None else ", robust variance"


def empty_ratio(term: str, method: str) -> Row:
    """Write a hazard ratio that is not estimated, and why."""
    return {"measure": "hazard_ratio", "term": term, "months": None, "method": method}
