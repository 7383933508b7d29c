"""Records of a JSON file: an array, or one record a line."""

import json
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from twoarm.errors import UnreadableError
from twoarm.ingestion.cells import list_rows, parse_cells
from twoarm.ingestion.doors import read_blocks
from twoarm.ingestion.header import Layout
from twoarm.ingestion.reading import Reading, Rows, rows_of
from twoarm.ingestion.text import parse_encoding

Record = dict[str, Any]


def read_json(path: Path, reading: Reading) -> Iterator[Rows]:
    """Read records; `reading.records` is the way to those that lie in lists of others.

    A field within a field is a column named by its way, as `address.city`, and so is a
    field of inner records, beside which the outer ones' fields are repeated. Numbers
    keep the digits that they have. Rows are counted as a spreadsheet would: the first
    record is row 2.
    """
    pieces, found = parse_encoding(partial(read_blocks, path), reading.encoding)
    steps = reading.records.split(".") if reading.records else []
    outer, lists, records = 0, dict[str, None](), list[Record]()
    for record in _parse("".join(pieces())):
        before = len(records)
        records += _reach(record, steps, "", lists)
        outer += len(records) == before
    names = list(dict.fromkeys(name for record in records for name in record))
    if not names:
        where = f" at {reading.records}; correct records" if steps else ""
        raise UnreadableError(f"holds no records{where}")
    notes = [f"{outer} records hold none at {reading.records}"] if outer else []
    if lists:
        notes.append(f"lists left out: {', '.join(lists)}; name one as records")
    cells = ([record.get(name) for name in names] for record in records)
    grids = parse_cells(chain([names], cells), Layout(header=(1,)))
    return rows_of(grids, found, notes=notes)


def find_records(path: Path) -> list[str | None]:
    """Find the ways to records in a file, the outer ones' first.

    Returns
    -------
    list
        As `Reading.records` has them; None for the outer records, if these hold more
        than lists of others.
    """
    pieces, _ = parse_encoding(partial(read_blocks, path))
    ways = dict[str | None, None]()
    for record in _parse("".join(pieces())):
        if isinstance(record, dict):
            ways |= _find_ways(record, "", None)
    return sorted(ways, key=lambda way: (way or "").count(".") + bool(way))


def _find_ways(record: Record, way: str, own: str | None) -> dict[str | None, None]:
    """Find the ways to the records in one, and `own` to it, if it holds a value."""
    ways = dict[str | None, None]()
    for name, value in record.items():
        if isinstance(value, dict):
            ways |= _find_ways(value, f"{way}{name}.", own)
        elif isinstance(value, list):
            for inner in value:
                if isinstance(inner, dict):
                    ways |= _find_ways(inner, f"{way}{name}.", f"{way}{name}")
        else:
            ways[own] = None
    return ways


def _parse(text: str) -> list[Any]:
    if text.lstrip()[:1] == "[":
        return list(_load(text))
    lines = [(at, line) for at, line in enumerate(text.split("\n"), 1) if line.strip()]
    records, broken = [], []
    for at, line in lines:
        try:
            records.append(_load(line))
        except UnreadableError:
            broken.append(at)
    if broken and broken[0] == lines[0][0]:  # one record laid out over many lines
        return [_load(text)]
    if broken:
        told = list_rows(broken).replace("row", "line")
        raise UnreadableError(f"is no record of JSON in {told}; have it exported anew")
    return records


def _load(text: str) -> Any:
    try:
        return json.loads(
            text,
            parse_int=str,
            parse_float=str,
            parse_constant=lambda _: None,
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError as error:
        raise UnreadableError(
            f"is no JSON at line {error.lineno}: {error.msg}; it may be cut short"
        ) from None


def _object(pairs: Sequence[tuple[str, Any]]) -> Record:
    record = dict(pairs)
    if len(record) < len(pairs):
        names = [name for name, _ in pairs]
        twice = sorted({name for name in names if names.count(name) > 1})
        raise UnreadableError(f"has two fields with one name: {', '.join(twice)}")
    return record


def _reach(
    record: Any, steps: Sequence[str], way: str, lists: dict[str, None]
) -> Iterator[Record]:
    """Go down the steps; yield each record that they lead to, with its outer fields."""
    if not isinstance(record, dict):
        if steps or not way:
            raise UnreadableError("holds values where records should be")
        yield {way[:-1]: _text(record)}
        return
    step = steps[0] if steps else None
    own = dict[str, Any]()
    _flatten({k: v for k, v in record.items() if k != step}, way, own, lists)
    if step is None:
        yield own
        return
    held = record.get(step)
    for inner in held if isinstance(held, list) else [held]:
        if inner is not None:
            for found in _reach(inner, steps[1:], f"{way}{step}.", lists):
                yield {**own, **found}


def _flatten(record: Record, way: str, own: Record, lists: dict[str, None]) -> None:
    for name, value in record.items():
        if isinstance(value, dict):
            _flatten(value, f"{way}{name}.", own, lists)
        elif isinstance(value, list):
            lists[way + name] = None
        elif way + name in own:
            raise UnreadableError(f"has two fields with one name: {way}{name}")
        else:
            own[way + name] = _text(value)


def _text(value: Any) -> str | None:
    """Write a scalar; numbers are text already."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)
