"""Hide small counts in the table of adverse events."""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from twoarm.tables.care import AdverseEvents

WIDER = {"any": (), "severe": ("any",), "immune": ("any",), "fatal": ("severe", "any")}
"""Kind of event to the kinds that hold all of it."""
COUNTED = ("n_known", "n_event", "n_patients", "rate", "conf_low", "conf_high")
AT_RISK = ("n_at_risk", "person_months")
Key = tuple[int, str]
Row = dict[str, Any]


def suppress_adverse_events(
    events: pl.DataFrame, *, minimum_count: int
) -> pl.DataFrame:
    """Blank counts of events that few patients had, or all but few of those observed.

    So too where few patients, or events, are of the wider kind or of all terms and not
    of this one, and where few events are left of all, of the severe or of the others
    when those of the terms shown are taken away. A rate goes with its events, as it
    times the months is their number. Of few patients observed all goes, and their
    number where few of the arm are observed in another period and not in this one. A
    term, which is as the hospital wrote it, is named if enough had it in a period of an
    arm.

    Parameters
    ----------
    events
        As the contract AdverseEvents.
    minimum_count
        Smallest count to show; 1 shows all as it is.
    """
    if minimum_count == 1:
        return events
    most = dict(events.group_by("arm").agg(pl.col("n_at_risk").max()).iter_rows())
    shown: list[Row] = []
    for part in events.partition_by("arm", "period", maintain_order=True):
        rows = part.to_dicts()
        shown += _suppress(rows, most[rows[0]["arm"]], minimum_count)
    told = {row["position"] for row in shown if row["n_event"]}
    kept = [row for row in shown if row["position"] in {0, *told}]
    return AdverseEvents.of(kept)


def _suppress(rows: list[Row], most: int | None, fewest: int) -> Iterator[Row]:
    """Blank the counts of one period of an arm."""
    at_risk = rows[0]["n_at_risk"]
    if _few(at_risk, fewest):
        for row in rows:
            yield {**row, **dict.fromkeys((*AT_RISK, *COUNTED))}
        return
    found = {(row["position"], row["kind"]): row for row in rows}
    hidden = _find_hidden(found, at_risk, fewest)
    unlike = _few(_less(most, at_risk), fewest)
    for key, row in found.items():
        whole = (key[0], "any")
        telling = hidden & {key, whole} or _few(
            _less(found[whole]["n_event"], row["n_known"]), fewest
        )
        yield {
            **row,
            **(dict.fromkeys(COUNTED) if key in hidden else {}),
            **({"n_known": None} if telling else {}),
            **({"n_at_risk": None} if unlike else {}),
        }


def _find_hidden(
    found: Mapping[Key, Row], at_risk: int | None, fewest: int
) -> set[Key]:
    """Find the rows of which a count is small, or would tell a small one."""
    hidden: set[Key] = set()
    for key, row in found.items():
        had = row["n_patients"]
        small = _few(had, fewest) or _few(_less(at_risk, had), fewest)
        apart = [
            _less(found[wider][name], row[name])
            for wider in _wider(key)
            if wider in found and wider not in hidden
            for name in ("n_event", "n_patients")
        ]
        if small or any(_few(each, fewest) for each in apart):
            hidden.add(key)
    for kind in ("any", "severe"):
        told = _told(found, hidden, kind)
        hidden |= _find_rarest(told, fewest)
    every, grave = (_told(found, hidden, kind) for kind in ("any", "severe"))
    # Events of lower grades add up over the terms, too.
    lower = {place: n - grave[place] for place, n in every.items() if place in grave}
    return hidden | _find_rarest(lower, fewest)


def _told(found: Mapping[Key, Row], hidden: set[Key], kind: str) -> dict[int, int]:
    """Return the events of a kind that are told, by the place of the term."""
    return {
        place: row["n_event"]
        for (place, other), row in found.items()
        if other == kind and (place, kind) not in hidden and row["n_event"] is not None
    }


def _find_rarest(counts: Mapping[int, int], fewest: int) -> set[Key]:
    """Find the terms to hide, the rarest first, that the rest of all is not few."""
    terms = {place: n for place, n in counts.items() if place and n}
    more: set[Key] = set()
    while _few(counts.get(0, 0) - sum(terms.values()), fewest):
        rarest = min(terms, key=terms.__getitem__)
        more |= {(rarest, "any"), (rarest, "severe")}
        del terms[rarest]
    return more


def _wider(key: Key) -> Iterator[Key]:
    """Yield the rows that hold all events of a row."""
    position, kind = key
    for wider in (kind, *WIDER[kind]):
        for place in {position, 0}:
            if (place, wider) != key:
                yield place, wider


def _less(whole: int | None, part: int | None) -> int | None:
    return None if whole is None or part is None else whole - part


def _few(count: int | None, fewest: int) -> bool:
    return count is not None and 0 < count < fewest
