"""How fragile the hazard ratio of one design is."""

from collections.abc import Mapping
from typing import Any

from twoarm.survival.curves import Arm
from twoarm.survival.omission import assess_influence
from twoarm.survival.tipping import tip_by_censoring, tip_by_confounder

Row = dict[str, Any]


def assess_fragility(
    ratio: Row, arms: Mapping[str, Arm], *, confidence: float
) -> tuple[list[Row], list[Row]]:
    """Ask what would tip a hazard ratio: a confounder, the censored, one patient.

    Where patients change arms, or are cloned, the censored cannot be followed on: their
    arm would not be known.

    Parameters
    ----------
    ratio
        A row of the contract Effects: the hazard ratio of the arms.
    arms
        The arms it is of.
    confidence
        Level of the two-sided limits.

    Returns
    -------
    tuple of list of dict
        Rows of the contracts Tipping and Influence, without `endpoint` and `design`.
    """
    if ratio["estimate"] is None:
        return [], []
    tips = [*tip_by_confounder(ratio)]
    if all(arm.entry is None for arm in arms.values()):
        better = "treated" if ratio["estimate"] < 1 else "control"
        tips += tip_by_censoring(arms, favours=better, confidence=confidence)
    moved = assess_influence(arms, confidence=confidence)
    return tips, [] if moved is None else [moved]
