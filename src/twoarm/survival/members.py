"""Part of the patients of a design, row by row of its arms."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from twoarm.survival.curves import Arm, count_arm


def restrict_arms(arms: Mapping[str, Arm], keep: pl.Series) -> dict[str, Arm]:
    """Keep the rows of some patients: all their intervals, and both their clones.

    Parameters
    ----------
    arms
        As `twoarm.survival.curves.arms_of` returns them.
    keep
        Identifiers of those to keep.
    """
    named = keep.implode()
    return {
        name: take_rows(arm, arm.patient_id.is_in(named).to_numpy())  # type: ignore[union-attr]
        for name, arm in arms.items()
    }


def take_rows(arm: Arm, rows: np.ndarray) -> Arm:
    """Take rows of an arm by a mask."""
    arrays: dict[str, Any] = {
        name: None if (values := getattr(arm, name)) is None else values[rows]
        for name in ("time", "event", "weight", "cluster", "entry")
    }
    patient_id = None if arm.patient_id is None else arm.patient_id.filter(rows)
    return arm._replace(**arrays, patient_id=patient_id)


def join_members(
    arms: Mapping[str, Arm], patients: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Name the patient of each row of the stacked arms, with what is known of them."""
    both = [pl.DataFrame({"patient_id": arm.patient_id}) for arm in arms.values()]
    named = pl.concat(both)
    if patients is None:
        return named
    return named.join(patients, on="patient_id", maintain_order="left")


def counts_of(arms: Mapping[str, Arm]) -> dict[str, int]:
    """Count the patients and events of each arm, as the contract Effects names them."""
    return {
        f"{what}_{name}": number
        for name, arm in arms.items()
        for what, number in zip(("n", "events"), count_arm(arm), strict=True)
    }
