"""What the audit found, in words and as a table."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from twoarm.tables.cohort import VERDICTS
from twoarm.words import (
    count_in_words,
    estimate_in_words,
    list_in_words,
    p_in_words,
    verdicts_in_words,
)


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
    plain = audit.filter(design="unadjusted")
    treated = plain.filter(arm=labels["treated"])
    control = plain.filter(arm=labels["control"])
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
    wait = first["median_wait_months"]
    half = "" if wait is None else f", half of them longer than {wait:.1f} months"
    rows = zip(
        treated.iter_rows(named=True), control.iter_rows(named=True), strict=True
    )
    return [
        "The plain contrast is biased: it gives the treated immortal time. Patients "
        f"count as “{labels['treated']}” because of something that happened after time "
        "zero. Until then they could not have the event and still be counted there; "
        f"patients who had it first are counted under “{labels['control']}”.",
        f"{waiting} patients waited{half}. "
        + " ".join(
            _share(one, other, endpoints[one["endpoint"]], minimum_count)
            for one, other in rows
        ),
        "Matching and weighting on what was known at time zero do not remove this "
        "bias: such estimates describe it; they are not the effect of treatment.",
    ]


def _share(
    treated: Mapping[str, Any], control: Mapping[str, Any], label: str, fewest: int
) -> str:
    if treated["immortal_months"] is None:
        return f"{label}: for how long is not shown, as they are few."
    share = 100 * treated["immortal_months"] / treated["person_months"]
    early = count_in_words(control["n_event_waiting"], fewest)
    return (
        f"{label}: {treated['immortal_months']:,.0f} of "
        f"{treated['person_months']:,.0f} patient-months of the arm ({share:.1f} %) "
        "were immortal; as many untreated patients would have had "
        f"{treated['expected_events']:.1f} events in them. In a span as long as the "
        f"median wait {early} patients of the other arm had the event."
    )


def verdicts_of(
    audit: pl.DataFrame, designs: Mapping[str, str], endpoints: Mapping[str, str]
) -> list[str]:
    """Say of each verdict which designs it is passed on, and for which endpoints.

    Parameters
    ----------
    audit
        As the contract Audit.
    designs, endpoints
        Name to label.
    """
    rows = audit.unique(["design", "endpoint"], maintain_order=True)
    told = []
    for verdict in [each for each in VERDICTS if each in rows["verdict"]]:
        of_verdict = rows.filter(verdict=verdict)
        named = []
        for design, label in designs.items():
            found = of_verdict.filter(design=design)["endpoint"]
            if len(found) == len(endpoints):
                named.append(label)
            elif len(found):
                only = list_in_words([endpoints[each] for each in found])
                named.append(f"{label} (for {only})")
        words = verdict.replace(": ", " by ").capitalize()
        told.append(f"{words}: {list_in_words(named)}.")
    told.append(
        "Sound is a design whose arms count no time, event or fact that they could not "
        "have had when its clock started; differences between the arms may remain."
    )
    return told


def headline_of(
    headline: Mapping[str, Any] | None,
    effects: pl.DataFrame,
    designs: Mapping[str, str],
    endpoints: Mapping[str, str],
    arms: Mapping[str, str],
) -> list[str]:
    """Say the estimate that the study leads with, and what is held against it.

    Parameters
    ----------
    headline
        Section of the config; None if the study leads with none.
    effects
        As the contract Effects, small counts hidden.
    designs, endpoints, arms
        Name to label; of the arms `treated` and `control`.
    """
    if headline is None:
        return []
    chosen = {name: headline[name] for name in ("endpoint", "design")}
    rows = effects.filter(term="treated", **chosen)
    found = {row["measure"]: row for row in rows.iter_rows(named=True)}
    ratio, means = found["hazard_ratio"], found.get("rmst_difference")
    told = [
        f"{endpoints[chosen['endpoint']]}, {designs[chosen['design']]}: hazard ratio "
        f"{estimate_in_words(ratio)}, p {p_in_words(ratio['p_value'])}, "
        f"“{arms['treated']}” against “{arms['control']}”."
    ]
    if means is not None and means["estimate"] is not None:
        told.append(
            f"Over {means['months']:g} months the restricted means differ by "
            f"{estimate_in_words(means, 1)} months."
        )
    told.append("The study file named this estimate before it was seen.")
    against = verdicts_in_words(ratio["method"])
    if against:
        told.append(f"Held against it: {'; '.join(against)}.")
    if headline["exception"]:
        signed = headline["exception"]
        told.append(
            f"It leads all the same, as {signed['signed']} signed: {signed['reason']}"
        )
    return told


def audit_rows(
    audit: pl.DataFrame,
    designs: Mapping[str, str],
    endpoints: Mapping[str, str],
    minimum_count: int,
) -> list[dict[str, str]]:
    """Put the audit in words, a row a design, endpoint and arm."""
    rows = []
    for design, label in designs.items():
        for row in audit.filter(design=design).iter_rows(named=True):
            counts = ("n_patients", "n_waiting", "n_before", "n_crossover")
            rows.append(
                {
                    "design": label,
                    "endpoint": endpoints[row["endpoint"]],
                    "arm": row["arm"],
                    **{
                        each: count_in_words(row[each], minimum_count)
                        for each in counts
                    },
                    "months": f"{row['person_months']:,.0f}",
                    "immortal": _number(row["immortal_months"], 0),
                    "shared": _number(row["shared_months"], 0),
                    "expected": _number(row["expected_events"]),
                    "follow_up": _number(row["median_follow_up_months"]),
                    "year": "–"
                    if row["median_year"] is None
                    else f"{row['median_year']:.1f}",
                    "reason": row["reason"],
                    "verdict": row["verdict"],
                }
            )
    return rows


def _number(value: float | None, digits: int = 1) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"
