"""The header of a sheet: where it is, what it names, and what stands above it."""

from collections.abc import Sequence
from typing import NamedTuple

from twoarm.errors import UnreadableError

LOOKED_AT = 50
"""Rows at the top among which a header is looked for."""

Cells = Sequence[str | None]


class Layout(NamedTuple):
    """Which rows of a sheet are no data.

    `header`: rows that name the columns, detected if empty; of two the upper one names
    groups of columns. `units`: whether the row under the header holds units. `totals`:
    what the first filled cell of a row of totals begins with. `columns`: names that the
    header should have, to tell where it went.
    """

    header: tuple[int, ...] = ()
    units: bool = False
    totals: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()


PLAIN = Layout()


class Head(NamedTuple):
    """What stands above the data: the last row of it, names, units, rows left out."""

    rows: tuple[int, ...]
    last: int
    names: list[str]
    units: dict[str, str]
    left_out: tuple[tuple[int, str], ...]


def read_head(rows: Sequence[Cells], layout: Layout) -> Head:
    """Read what stands above the data; raise an UnreadableError if no header does."""
    places = layout.header or _find_header(rows)
    if not places:
        raise UnreadableError("is empty")
    if max(places) > len(rows):
        raise UnreadableError(
            f"has no row {max(places)} among its first {LOOKED_AT}, which the config "
            "calls its header; correct header"
        )
    names = name_columns(_join([rows[place - 1] for place in places]))
    last = max(places)
    units: dict[str, str] = {}
    left_out = [
        (at, "title")
        for at in range(1, last)
        if at not in places and not blank(rows[at - 1])
    ]
    _check_moved(rows, names, last, layout.columns)
    if layout.units:
        under = rows[last] if last < len(rows) else ()
        units = {
            name: unit.strip()
            for name, unit in zip(names, under, strict=False)
            if unit and unit.strip()
        }
        if not units:
            raise UnreadableError(
                f"has no units in row {last + 1}, under its header; leave out units"
            )
        last += 1
        left_out.append((last, "unit"))
    return Head(tuple(places), last, names, units, tuple(left_out))


def _find_header(rows: Sequence[Cells]) -> tuple[int, ...]:
    """Find the row that names the columns; titles above it are passed over."""
    filled = [
        (at, [cell.strip() for cell in row if cell and cell.strip()])
        for at, row in enumerate(rows, start=1)
        if not blank(row)
    ]
    if not filled:
        return ()
    width = max(len(texts) for _, texts in filled)
    first, texts = filled[0]
    # ASSUME: a title fills at most a third of the columns of a sheet, of which there
    # are four or more; a header fills most, with texts that differ and are no numbers.
    if width >= 4 and 3 * len(texts) <= width:
        for at, texts in filled[1:]:
            distinct = len(set(texts)) == len(texts)
            if 2 * len(texts) > width and distinct and not any(map(_number, texts)):
                return (at,)
    return (first,)


def _number(text: str) -> bool:
    return text.lstrip("+-<>≤≥")[:1].isdigit()


def _join(rows: Sequence[Cells]) -> list[str | None]:
    """Join the rows of a header; a group's name goes to each column under it.

    >>> _join([["id", "AFP", None], [None, "before", "after"]])
    ['id', 'AFP before', 'AFP after']
    """
    width = max(map(len, rows))
    padded = [[*row, *[None] * (width - len(row))] for row in rows]
    names = [(cell or "").strip() for cell in padded[-1]]
    for row in reversed(padded[:-1]):
        group, joined = "", []
        for cell, below in zip(row, names, strict=True):
            own = (cell or "").strip()
            # A name over nothing, or itself, is of one column: no group goes on.
            alone = below in ("", own)
            group = ("" if alone else own) if own or alone else group
            upper = own or group
            joined.append(" ".join(dict.fromkeys(x for x in (upper, below) if x)))
        names = joined
    return [name or None for name in names]


def _check_moved(
    rows: Sequence[Cells], names: Sequence[str], last: int, asked: Sequence[str]
) -> None:
    """Tell where the header went, if another row has more of its names."""
    wanted = set(asked)
    here = len(wanted & set(names))
    if here == len(wanted):
        return
    found = {
        at: len(wanted & {(cell or "").strip() for cell in row})
        for at, row in enumerate(rows, start=1)
    }
    best = max(found, key=lambda at: found[at])
    if found[best] > here and best != last:
        raise UnreadableError(
            f"has the columns of the codebook in row {best}, not in row {last}, which "
            f"was taken for its header; say header: {best}"
        )


def name_columns(header: Cells) -> list[str]:
    """Name the columns by the header; one without a name is named by its place."""
    names = [
        (name or "").strip() or f"(column {place})"
        for place, name in enumerate(header, start=1)
    ]
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise UnreadableError(f"has two columns with one name: {', '.join(repeated)}")
    if "source_row" in names:
        raise UnreadableError("has a column source_row; rename it")
    return names


def blank(row: Cells) -> bool:
    """Tell whether a row holds nothing."""
    return not any(cell and cell.strip() for cell in row)
