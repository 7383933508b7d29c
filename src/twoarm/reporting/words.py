"""Numbers and findings in words, by journal rules."""

from collections.abc import Mapping
from typing import Any

import polars as pl


def p_in_words(p_value: float | None) -> str:
    """Write a p value: never 0.000.

    >>> p_in_words(0.0312), p_in_words(0.00001), p_in_words(None)
    ('0.031', '< 0.001', '–')
    """
    if p_value is None:
        return "–"
    return "< 0.001" if p_value < 0.001 else f"{p_value:.3f}"


def estimate_in_words(row: Mapping[str, Any], digits: int = 2) -> str:
    """Write an estimate with its limits; a limit that is not reached as NR.

    >>> estimate_in_words({"estimate": 0.3295, "conf_low": 0.243, "conf_high": None})
    '0.33 (0.24–NR)'
    """
    if row["estimate"] is None:
        return "not reached" if row.get("method") == "not reached" else "–"
    shown = f"{row['estimate']:.{digits}f}"
    limits = [row["conf_low"], row["conf_high"]]
    if limits == [None, None]:
        return shown
    low, high = ("NR" if each is None else f"{each:.{digits}f}" for each in limits)
    return f"{shown} ({low}–{high})"


def count_in_words(count: int | None, minimum_count: int) -> str:
    """Write a count; a hidden one as less than the smallest shown.

    >>> count_in_words(1353, 5), count_in_words(None, 5)
    ('1,353', '< 5')
    """
    return f"< {minimum_count}" if count is None else f"{count:,}"


def immortal_time_in_words(
    audit: pl.DataFrame, labels: Mapping[str, str], minimum_count: int
) -> list[str]:
    """Say what the audit found about time between time zero and treatment.

    Parameters
    ----------
    audit
        As the contract Audit, small counts hidden.
    labels
        `treated` and `control`: names of the arms.

    Returns
    -------
    list of str
        Sentences; the first says the verdict.
    """
    arm = labels["treated"]
    treated = audit.filter(arm=arm)
    verdict = treated["verdict"][0]
    if verdict == "unknown":
        return [
            "Immortal time could not be checked: the source gives no time of "
            "treatment. If the treatment came after time zero, every estimate below "
            "may be biased in its favour."
        ]
    if verdict == "sound":
        return ["The arms are told apart by what was known at time zero."]
    first = treated.row(0, named=True)
    waiting = count_in_words(first["n_waiting"], minimum_count)
    return [
        "This contrast is biased: it gives the treated immortal time. Patients count "
        f"as “{arm}” because of something that happened after time zero. Until then "
        "they could not have the event and still be counted there; patients who had it "
        f"first are counted under “{labels['control']}”.",
        f"{waiting} patients waited, half of them longer than "
        f"{first['median_wait_months']:.1f} months. "
        + " ".join(_share(row, minimum_count) for row in treated.iter_rows(named=True)),
        "Matching and weighting on what was known at time zero do not remove this "
        "bias. The estimates below describe it; they are not the effect of treatment.",
    ]


def _share(row: Mapping[str, Any], minimum_count: int) -> str:
    share = 100 * row["immortal_months"] / row["person_months"]
    early = count_in_words(row["n_event_control_waiting"], minimum_count)
    return (
        f"Endpoint {row['endpoint']}: {row['immortal_months']:,.0f} of "
        f"{row['person_months']:,.0f} patient-months of the arm ({share:.1f} %) were "
        f"immortal; in a span as long as the median wait {early} patients of the other "
        "arm had the event."
    )
