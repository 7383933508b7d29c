"""Nested trials in words."""

from collections.abc import Mapping
from typing import Any


def tell_sequential(design: Mapping[str, Any]) -> str:
    """Say how a sequential design was made."""
    width = design["interval_days"]
    each = f"window of {width:g} days" if width else "day with a treatment"
    last = f" up to day {design['last_days']:g}" if design["last_days"] else ""
    later = {
        "as_assigned": "A control who is treated later is followed on: the contrast is "
        "treatment now against not yet",
        "per_protocol": "A control leaves at a later treatment within these, and those "
        "who stay weigh the inverse of their chance to",
    }[design["follow"]]
    how = {
        "two_part": "on the covariates{} and the hazard of two parts, whether by the "
        "last trial and when",
        "pooled": "on the trial's day, the covariates{} and their products",
    }[design["model"]]
    over_time = ", ".join(design["varying"])
    limits = design["truncate"] and [f"{each:g}" for each in design["truncate"]]
    return (
        f"{design['label']} ({design['estimand']}): nested trials (Gran 2010, "
        "doi:10.1002/sim.4048; Keogh 2023, doi:10.1002/sim.9718), one at the end of "
        f"each {each}{last}, of those followed beyond it free of every endpoint and "
        "untreated before it; treated in it against not yet treated, the clock of "
        "both from there. Patients are weighted by a pooled logistic regression of "
        "treatment over all trials "
        + how.format(f" ({over_time} as last known before it)" if over_time else "")
        + (f", ridge penalty {design['penalty']:g}" if design["penalty"] else "")
        + (", stabilised" if design["stabilised"] else "")
        + (f", truncated at percentiles {' and '.join(limits)}" if limits else "")
        + f". {later}. Sizes count patients, each once an arm."
    )
