"""What the audit refuses: a headline it calls biased, a regression on later values."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from twoarm.cohort.audit import SOUND, find_later
from twoarm.errors import InputError


def check_headline(audit: pl.DataFrame, headline: Mapping[str, Any] | None) -> None:
    """Refuse a headline that the audit calls biased, unless the study signs for it.

    Raises
    ------
    InputError
        Names the verdict, and what to do.
    """
    if headline is None or headline["exception"]:
        return
    rows = audit.filter(design=headline["design"], endpoint=headline["endpoint"])
    verdict = rows["verdict"][0]
    if not verdict.startswith("biased"):
        return
    sound = audit.filter(endpoint=headline["endpoint"], verdict=SOUND)["design"]
    others = ", ".join(sound.unique(maintain_order=True)) or "none"
    raise InputError(
        f"The headline, design {headline['design']} for endpoint "
        f"{headline['endpoint']}, is {verdict} ({rows['reason'][0]}); nothing was "
        "released.\nName another design under headline.design (sound for this "
        f"endpoint: {others}), or give headline.exception with a reason and who signs."
    )


def check_regression(
    patients: pl.DataFrame, arms: pl.DataFrame, covariates: Sequence[str]
) -> None:
    """Refuse a regression with covariates measured after time zero.

    Raises
    ------
    InputError
        Names the covariates, and how many patients.
    """
    members = arms.filter(design="unadjusted")
    later = find_later(patients, members, covariates)
    if later:
        told = ", ".join(f"{name} (n = {count})" for name, count in later.items())
        raise InputError(
            "analysis.cox or analysis.subgroups: measured after time zero: "
            f"{told}; an effect of treatment is no covariate. Take it out."
        )
