"""A report on paper: what is folded is opened, wide tables lie on their side."""

from collections.abc import Iterable, Iterator, Sequence
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
NUMBER, SENTENCE = 17, 30
"""Letters of a line of a number with its limits, and of one of a sentence."""
BOLD = 1.25
"""How much wider a bold letter is, with room to spare."""

Flat: TypeAlias = Heading | Paragraph | Box | Items | Grid | Picture


@dataclass(frozen=True)
class Sheet:
    """Blocks on pages that stand upright, or lie on their side."""

    lying: bool
    blocks: Sequence[Flat]


def open_blocks(blocks: Iterable[Block]) -> Iterator[Flat]:
    """Open what is folded, and part the pairs.

    >>> [block.kind for block in open_blocks([Fold("More", [Paragraph("So.")])])]
    ['heading', 'paragraph']
    """
    for block in blocks:
        if isinstance(block, Fold):
            yield Heading(block.summary, 3)
            yield from open_blocks(block.blocks)
        elif isinstance(block, Pair):
            yield from block.pictures
        else:
            yield block


def sheets_of(blocks: Iterable[Block]) -> list[Sheet]:
    """Lay out blocks on sheets; a heading stays with what follows it.

    Parameters
    ----------
    blocks
        As those of a report.
    """
    sheets: list[tuple[bool, list[Flat]]] = []
    heads: list[Flat] = []
    for block in open_blocks(blocks):
        if isinstance(block, Heading):
            heads.append(block)
            continue
        lying = isinstance(block, Grid) and len(block.heads) > WIDE
        if not sheets or sheets[-1][0] != lying:
            sheets.append((lying, []))
        sheets[-1][1].extend([*heads, block])
        heads = []
    if heads:
        sheets.append((False, heads))
    return [Sheet(lying, laid) for lying, laid in sheets]


def shares_of(grid: Grid) -> list[float]:
    """Share the width of a table among its columns, by what stands in them.

    A number with its limits stays on one line, sentences are broken.

    Returns
    -------
    list of float
        A share a column, of sum 1.
    """
    asked = []
    for place, (head, look) in enumerate(zip(grid.heads, grid.looks, strict=True)):
        cells = [row[place] for row in grid.rows]
        words = [len(word) for cell in cells for word in cell.split()]
        heads = [BOLD * len(word) for word in head.split()]
        longest = max(map(len, cells), default=0)
        most = SENTENCE if look == "words" else NUMBER
        asked.append(max([4, min(longest, most), *words, *heads]) + 1)
    return [each / sum(asked) for each in asked]
