"""Endpoints in words, from the rules that the study declares."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

STARTS = {
    "time_zero": "time zero",
    "first_dose": "the first dose",
    "surgery": "surgery",
}
EVENTS = {
    "death": "death of any cause",
    "progression": "progression or, after resection, recurrence",
    "recurrence": "recurrence",
    "not_r0": "resection that left tumour",
}
CRITERIA = {
    "charted": "as charted",
    "recist": "by RECIST 1.1 (Eisenhauer 2009, doi:10.1016/j.ejca.2008.10.026)",
    "mrecist": "by mRECIST (Lencioni and Llovet 2010, doi:10.1055/s-0030-1247132)",
}
CENSORED = {
    "last_contact": "the last contact",
    "last_imaging": "the last imaging",
    "last_adequate_scan": "the last adequate scan",
}


def endpoints_in_words(study: Mapping[str, Any]) -> list[str]:
    """Define each endpoint of exports; those of other sources are the source's own.

    Parameters
    ----------
    study
        The complete config.
    """
    if study["source"]["kind"] != "exports":
        return []
    told = [" ".join(_define(each)) for each in study["endpoints"].values()]
    return [" ".join([*told, "Resection is neither an event nor a censoring."])]


def _define(endpoint: Mapping[str, Any]) -> Iterator[str]:
    events = _list(endpoint["events"])
    sees = {"progression", "recurrence"} & {*endpoint["events"], *endpoint["competing"]}
    criterion = f" ({CRITERIA[endpoint['progression']]})" if sees else ""
    yield (
        f"{endpoint['label']} runs from {STARTS[endpoint['start']]} to {events}"
        f"{criterion}; who has none is censored at {CENSORED[endpoint['censor']]}."
    )
    if endpoint["competing"]:
        yield (
            f"Before it, {_list(endpoint['competing'])} ends the follow-up as "
            "a censoring: hazards are cause-specific, and one minus the curve "
            "overstates the risk of the event."
        )
    if schedule := endpoint["missed_visits"]:
        yield (
            "What was first seen after two or more missed scans, due every "
            f"{schedule['every_days']} days (late by {schedule['window_days']} at "
            "most), is censored at the last adequate scan before."
        )


def _list(events: Sequence[str]) -> str:
    """Name events in words, the first to happen."""
    return ", or ".join(EVENTS[event] for event in events) + (
        ", whichever is first" if len(events) > 1 else ""
    )
