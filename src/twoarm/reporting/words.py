"""Findings in words."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from twoarm.words import count_in_words


def immortal_time_in_words(
    audit: pl.DataFrame,
    labels: Mapping[str, str],
    endpoints: Mapping[str, str],
    minimum_count: int,
) -> list[str]:
    """Say what the audit found about time between time zero and treatment.

    Parameters
    ----------
    audit
        As the contract Audit, small counts hidden.
    labels
        `treated` and `control`: names of the arms.
    endpoints
        Name to label.

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
        + " ".join(
            _share(row, endpoints[row["endpoint"]], minimum_count)
            for row in treated.iter_rows(named=True)
        ),
        "Matching and weighting on what was known at time zero do not remove this "
        "bias. The estimates below describe it; they are not the effect of treatment.",
    ]


def _share(row: Mapping[str, Any], label: str, minimum_count: int) -> str:
    share = 100 * row["immortal_months"] / row["person_months"]
    early = count_in_words(row["n_event_control_waiting"], minimum_count)
    return (
        f"{label}: {row['immortal_months']:,.0f} of "
        f"{row['person_months']:,.0f} patient-months of the arm ({share:.1f} %) were "
        f"immortal; in a span as long as the median wait {early} patients of the other "
        "arm had the event."
    )


def restarted_of(designs: Mapping[str, Any]) -> list[str]:
    """Name the designs whose clock starts at the treatment."""
    return [name for name, each in designs.items() if each["method"] == "risk_set"]


def restarted_in_words(labels: Sequence[str]) -> list[str]:
    """Say which designs the audit's verdict does not concern."""
    if not labels:
        return []
    one = len(labels) == 1
    return [
        f"{list_in_words(labels)} {'starts' if one else 'start'} the clock of both "
        f"arms at the treatment, and {'gives' if one else 'give'} no immortal time. "
        "What changed between time zero and then is not in the match."
    ]


def list_in_words(words: Sequence[str]) -> str:
    """Join words with commas and a last "and".

    >>> list_in_words(["A", "B", "C"]), list_in_words(["A"]), list_in_words([])
    ('A, B and C', 'A', '')
    """
    head = ", ".join(words[:-1])
    return f"{head} and {words[-1]}" if head else "".join(words)
