"""Numbers in words, by journal rules."""

from collections.abc import Mapping, Sequence
from typing import Any


def p_in_words(p_value: float | None) -> str:
    """Write a p value: never 0.000.

    >>> p_in_words(0.0312), p_in_words(0.00001), p_in_words(None)
    ('= 0.031', '< 0.001', '–')
    """
    if p_value is None:
        return "–"
    return "< 0.001" if p_value < 0.001 else f"= {p_value:.3f}"


def estimate_in_words(row: Mapping[str, Any], digits: int = 2) -> str:
    """Write an estimate with its limits; a limit that is not reached as NR.

    Negative numbers have a minus sign, and then "to" between the limits.

    >>> estimate_in_words({"estimate": 0.3295, "conf_low": 0.243, "conf_high": None})
    '0.33 (0.24–NR)'
    >>> estimate_in_words({"estimate": -3.1, "conf_low": -5.0, "conf_high": -1.2}, 1)
    '−3.1 (−5.0 to −1.2)'
    """
    if row["estimate"] is None:
        reached = str(row.get("method")).startswith("not reached")
        return "not reached" if reached else "–"
    shown, limits = (
        number_in_words(row["estimate"], digits),
        limits_in_words(row, digits),
    )
    return f"{shown} ({limits})" if limits else shown


def limits_in_words(row: Mapping[str, Any], digits: int = 2) -> str:
    """Write the limits of an estimate; nothing if it has none.

    >>> limits_in_words({"conf_low": 0.243, "conf_high": 1.0})
    '0.24–1.00'
    """
    limits = [row["conf_low"], row["conf_high"]]
    if limits == [None, None]:
        return ""
    low, high = (
        "NR" if each is None else number_in_words(each, digits) for each in limits
    )
    between = " to " if "−" in low + high else "–"
    return f"{low}{between}{high}"


def number_in_words(number: float, digits: int) -> str:
    """Write a number with its decimals, and a minus sign that is one.

    >>> number_in_words(-2.5678, 2), number_in_words(-0.001, 2), number_in_words(1e4, 0)
    ('−2.57', '0.00', '10000')
    """
    rounded = round(number, digits) + 0.0  # no minus sign before zero
    return f"{rounded:.{digits}f}".replace("-", "−")


def count_in_words(count: int | None, minimum_count: int) -> str:
    """Write a count; a hidden one as less than the smallest shown.

    >>> count_in_words(1353, 5), count_in_words(None, 5)
    ('1,353', '< 5')
    """
    return f"< {minimum_count}" if count is None else f"{count:,}"


def list_in_words(words: Sequence[str]) -> str:
    """Join words with commas and a last "and".

    >>> list_in_words(["A", "B", "C"]), list_in_words(["A"]), list_in_words([])
    ('A, B and C', 'A', '')
    """
    head = ", ".join(words[:-1])
    return f"{head} and {words[-1]}" if head else "".join(words)


def design_labels(designs: Mapping[str, Any]) -> dict[str, str]:
    """Name the designs as tables do, `unadjusted` first."""
    named = {
        name: design["label"]
        + (f" ({design['estimand']})" if design["estimand"] else "")
        for name, design in designs.items()
    }
    return {"unadjusted": "Unadjusted", **named}


def clock_words(clocks: Mapping[str, Any]) -> dict[str, str]:
    """Say of each design where its clock starts.

    >>> clock_words({"late": {"clock": "landmark", "landmark_days": 90}})
    {'late': 'day 90'}
    """
    starts = {
        "risk_set": "treatment",
        "sequential": "each trial's start",
        "first_dose": "first dose",
        "treatment": "treatment or time zero",
    }
    return {
        name: f"day {clock['landmark_days']:g}"
        if clock["clock"] == "landmark"
        else starts.get(clock["clock"], "time zero")
        for name, clock in clocks.items()
    }


def contrast_labels(designs: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """Name the contrasts of each design by design and term, also that with covariates.

    >>> contrast_labels({"iptw": "IPTW"})[("iptw", "treated_adjusted")]
    'IPTW, with covariates'
    """
    ends = {"treated": "", "treated_adjusted": ", with covariates"}
    return {
        (name, term): f"{label}{end}"
        for name, label in designs.items()
        for term, end in ends.items()
    }


def twin_in_words(scenario: str) -> str:
    """Say what treatment does in a twin, by the name of its effect.

    >>> twin_in_words("1"), twin_in_words("0.7"), twin_in_words("estimated")
    ('no effect', 'hazard ratio 0.7', 'effect as estimated')
    """
    if scenario == "estimated":
        return "effect as estimated"
    return "no effect" if scenario == "1" else f"hazard ratio {scenario}"


def verdicts_in_words(method: str) -> list[str]:
    """Write the verdicts that a method ends with, of bias and of balance.

    >>> verdicts_in_words("Cox; biased: immortal time; not balanced: age 0.23")
    ['Biased: immortal time', 'Not balanced (greatest difference 0.23 SD)']
    >>> verdicts_in_words("Cox; not balanced"), verdicts_in_words("Cox")
    (['Not balanced'], [])
    """
    told = []
    for part in method.split("; "):
        if part.startswith("biased"):
            told.append(part.capitalize())
        if part.startswith("not balanced"):
            apart = part.split()[-1]
            number = apart.replace(".", "", 1).isdigit()
            more = f" (greatest difference {apart} SD)" if number else ""
            told.append(f"Not balanced{more}")
    return told
