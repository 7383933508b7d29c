"""A report on paper: what is folded is opened, wide tables lie on their side."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from twoarm.reporting.blocks import (
    Block,
    Box,
    Fold,
    Grid,
    Heading,
    Items,
    Pair,
    Paragraph,
    Picture,
)

WIDE = 8
"""Columns of the widest table that stands upright."""
ROOM = {False: 120, True: 180}
"""Letters in a line of a table that stands upright, and of one on its side."""
SMALL = {False: 135, True: 200}
"""The same in the smaller type of a print."""
NUMBER, LINE, SENTENCE = 17, 32, 60
"""Letters of a number with its limits, and of a short and a long line of a sentence."""
CHINESE, SHORT = "\u2e80", 8
"""The first of the wide letters, and the width of four of them."""
FEW = 24
"""Letters in a line of a sentence where numbers need the room."""
TIGHT = 1.1
"""How far a table may be too full: numbers and their marks are narrow letters."""
BOLD = 1.25
"""How much wider a bold letter is, with room to spare."""

Flat: TypeAlias = Heading | Paragraph | Box | Items | Grid | Picture | Pair


@dataclass(frozen=True)
class Sheet:
    """Blocks on pages that stand upright, or lie on their side."""

    lying: bool
    blocks: Sequence[Flat]


def open_blocks(blocks: Iterable[Block]) -> Iterator[Flat]:
    """Open what is folded.

    >>> [block.kind for block in open_blocks([Fold("More", [Paragraph("So.")])])]
    ['heading', 'paragraph']
    """
    for block in blocks:
        if isinstance(block, Fold):
            yield Heading(block.summary, 3)
            yield from open_blocks(block.blocks)
        else:
            yield block


def sheets_of(blocks: Iterable[Block], *, pairs_lie: bool = False) -> list[Sheet]:
    """Lay out blocks on sheets; a heading stays with what follows it.

    Parameters
    ----------
    blocks
        As those of a report.
    pairs_lie
        Whether large figures that may stand side by side lie on their side, where two
        have room as a journal prints them.
    """
    sheets: list[tuple[bool, list[Flat]]] = []
    heads: list[Flat] = []
    for block in open_blocks(blocks):
        if isinstance(block, Heading):
            heads.append(block)
            continue
        lying = isinstance(block, Grid) and len(block.heads) > WIDE
        lying = lying or (pairs_lie and isinstance(block, Pair) and block.large)
        if not sheets or sheets[-1][0] != lying:
            sheets.append((lying, []))
        sheets[-1][1].extend([*heads, block])
        heads = []
    if heads:
        sheets.append((False, heads))
    return [Sheet(lying, laid) for lying, laid in sheets]


def widths_of(grid: Grid, room: Mapping[bool, int] = ROOM) -> list[float]:
    """Say how wide the columns of a table should be, by what stands in them.

    As wide as the longest cell where the page has room for it; else so wide that a
    number with its limits stays on one line; else that no word is broken. What is left
    is shared.

    Parameters
    ----------
    grid
        The table.
    room
        Letters in a line of one that stands upright, or lies on its side.

    Returns
    -------
    list of float
        Letters a column.
    """
    widths: list[tuple[float, float, float]] = []
    for place, (head, look) in enumerate(zip(grid.heads, grid.looks, strict=True)):
        cells = [row[place] for row in grid.rows]
        parts = [_least(word) for cell in cells for word in cell.split()]
        heads = [BOLD * _least(word) for word in head.split()]
        longest = max(map(_letters, cells), default=0)
        asked = [4, *parts, *heads]
        line = LINE if look == "words" else NUMBER
        ends = (0, min(longest, line), min(longest, SENTENCE))
        words, usual, most = (float(max([*asked, each]) + 2) for each in ends)
        widths.append((words, usual, most))
    wide = float(room[len(grid.heads) > WIDE])
    enough = sum(usual for _, usual, _ in widths) <= wide * TIGHT
    # Where letters are made narrower, so is the margin: one letter more keeps it.
    tight = [(low + 1, max(low + 1, min(usual, FEW))) for low, usual, _ in widths]
    spans = [(usual, most) for _, usual, most in widths] if enough else tight
    wide *= 1.0 if enough else TIGHT
    spare, wanted = wide - sum(low for low, _ in spans), sum(b - a for a, b in spans)
    share = min(1.0, max(0.0, spare / wanted)) if wanted else 0.0
    return [low + share * (high - low) for low, high in spans]


def _letters(words: str) -> int:
    """Count letters, a Chinese one as two.

    >>> _letters("95 % 手术")
    9
    """
    return len(words) + sum(each >= CHINESE for each in words)


def _least(word: str) -> int:
    """Count the letters that a line must hold; Chinese may be broken anywhere."""
    return min(_letters(word), SHORT) if max(word) >= CHINESE else len(word)
