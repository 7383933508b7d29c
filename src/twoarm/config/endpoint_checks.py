"""Checks of the rules by which endpoints of exports are declared."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from twoarm.config.endpoint import Endpoint

if TYPE_CHECKING:
    from twoarm.config.study import Study

Check = tuple[object, str, str]
RULED = ("start", "events", "competing", "progression", "mrecist_mm", "missed_visits")
"""Keys of an endpoint that are for exports alone, with `censor` as it always was."""
TUMOUR = {"progression", "recurrence"}


def ruled_checks(path: str, endpoint: Endpoint) -> Iterator[Check]:
    """Check that an endpoint of a file's own columns is declared by no rule."""
    usual = Endpoint()
    for key in RULED:
        given = getattr(endpoint, key) != getattr(usual, key)
        yield given, f"{path}.{key}", "is for source.kind exports"


def endpoint_checks(study: "Study") -> Iterator[tuple[str, str]]:
    """Yield the faults of the endpoints: path of the key, and what."""
    for name, endpoint in study.endpoints.items():
        path = f"endpoints.{name}"
        checks = [*_events(path, endpoint), *_scans(path, endpoint)]
        yield from ((where, what) for broken, where, what in checks if broken)
    if all(each.start != "time_zero" for each in study.endpoints.values()):
        yield "endpoints", "none starts at time_zero; the arms need one that does"


def cure_checks(study: "Study") -> Iterator[tuple[str, str]]:
    """Check that a cure is asked of endpoints with two arms and nothing before it."""
    path = "analysis.cure.endpoints"
    for name in dict.fromkeys(study.analysis.cure.endpoints):
        endpoint = study.endpoints.get(name)
        if endpoint is None:
            yield path, f"no endpoint {name}; there are {', '.join(study.endpoints)}"
        elif endpoint.start != "time_zero":
            yield path, f"{name} does not start at time_zero, so it has no two arms"
        elif endpoint.competing:
            yield path, f"{name} has competing events: who has one is not cured"
    if len(set(study.analysis.cure.endpoints)) < len(study.analysis.cure.endpoints):
        yield path, "an endpoint stands twice"


def _events(path: str, endpoint: Endpoint) -> Iterator[Check]:
    """Check that each event can happen after the start, and is named once."""
    operated = endpoint.start == "surgery"
    for key in ("events", "competing"):
        named = getattr(endpoint, key)
        for event in dict.fromkeys(named):
            yield named.count(event) > 1, f"{path}.{key}", f"{event} stands twice"
        early = "recurrence" in named and not operated
        yield early, f"{path}.{key}", "recurrence needs start: surgery"
        for event, instead in (
            ("progression", "after surgery it is recurrence"),
            ("not_r0", "surgery is the start; it is no event after it"),
        ):
            yield operated and event in named, f"{path}.{key}", f"{event}: {instead}"
    for event in dict.fromkeys(endpoint.competing):
        both = event in endpoint.events
        yield both, f"{path}.competing", f"{event} stands in events too"


def _scans(path: str, endpoint: Endpoint) -> Iterator[Check]:
    """Check that rules of scans stand where scans tell the event."""
    seen = TUMOUR & {*endpoint.events, *endpoint.competing}
    unseen = "scans tell none of its events"
    yield (
        endpoint.events and not seen and endpoint.censor == "last_adequate_scan",
        f"{path}.censor",
        f"{unseen}; use last_contact",
    )
    yield endpoint.missed_visits and not seen, f"{path}.missed_visits", unseen
    other = endpoint.progression != "charted"
    yield other and not seen, f"{path}.progression", unseen
    unused = endpoint.mrecist_mm != 0 and endpoint.progression != "mrecist"
    yield unused, f"{path}.mrecist_mm", "is for progression: mrecist"
