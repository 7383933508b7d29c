"""Delimited text cut into cells, as strictly as fast."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from twoarm.errors import UnreadableError
from twoarm.ingestion.ahead import Ahead
from twoarm.ingestion.cells import LONGEST, Grid, parse_cells
from twoarm.ingestion.header import PLAIN, Layout

FIRST, PIECE = 1 << 16, 1 << 23
"""Characters of a text that are cut at once: first, or behind odd quotes, and most."""
QUOTE, LINE_FEED, RETURN = ord('"'), ord("\n"), ord("\r")


def parse_text(
    text: Iterable[str], delimiter: str, layout: Layout = PLAIN
) -> Iterator[Grid]:
    """Cut a delimited text into columns of text, named by its header.

    Parameters
    ----------
    text
        The text in pieces of any length.
    delimiter
        One character.
    layout
        Which rows are no data.

    Raises
    ------
    UnreadableError
        If there is no row, a quote is not closed, two columns have one name, a row
        has not as many columns as the header, or a cell is endless.
    """
    return parse_cells(cut_text(text, delimiter, layout.totals), layout)


def cut_text(
    text: Iterable[str], delimiter: str, apart: Sequence[str] = ()
) -> Iterator[list[str] | pl.DataFrame]:
    r"""Cut a text into rows of cells: its first rows one by one, then frames of many.

    Pieces in which no quote opens a cell, or every one opens or closes one or is
    doubled within it, and every row has as many cells as most rows at the start, are
    cut by polars; all else by `csv`, strict and slow. Both give the same cells.

    Parameters
    ----------
    text
        The text in pieces of any length; lines end with `\n`, `\r\n` or `\r`, which
        may be mixed.
    delimiter
        One character.
    apart
        Texts; a piece that holds one is cut row by row.
    """
    ahead = Ahead(text)
    row, width, size = 0, 0, FIRST
    while not ahead.ends(0):
        piece = _take(ahead, delimiter, size=size)
        frame = _cut_fast(piece, delimiter, width, apart) if piece and width else None
        if piece and frame is not None:
            ahead.skip(piece.length)
            row += frame.height
            size = min(2 * size, PIECE)
            yield frame
            continue
        widths: Counter[int] = Counter()
        slow = _Strict(ahead, delimiter, row)
        size = size if piece else FIRST
        stop = ahead.passed + (piece.length if piece else size)
        while ahead.passed < stop and (cells := slow.next()) is not None:
            widths[len(cells)] += 1
            yield cells
        row = slow.row
        width = width or widths.most_common(1)[0][0]


class _Strict:
    """Rows cut one by one; `row` is how many were."""

    def __init__(self, ahead: Ahead, delimiter: str, row: int) -> None:
        self.row, self.delimiter = row, delimiter
        self.reader = csv.reader(ahead.lines(), delimiter=delimiter, strict=True)

    def next(self) -> list[str] | None:
        """Cut the next row; None behind the last."""
        try:
            cells = next(self.reader, None)
        except csv.Error as error:
            what = str(error)
            if "field limit" in what:
                what = f"a cell has more than {LONGEST:,} characters; is a quote open?"
            raise UnreadableError(
                f"is not a table delimited by {self.delimiter!r}: row {self.row + 1}: "
                f"{what}"
            ) from None
        self.row += cells is not None
        return cells


class Piece(NamedTuple):
    """Whole rows of a text: characters, bytes, where cells and rows end, quotes."""

    length: int
    content: bytes
    cell_ends: np.ndarray
    row_ends: np.ndarray
    quoted: bool


def _take(ahead: Ahead, delimiter: str, *, size: int) -> Piece | None:
    """Take whole rows from a place where a row starts; None if quotes are odd."""
    content = ahead.look(size).encode()
    codes = np.frombuffer(content, np.uint8)
    ends = (codes == LINE_FEED) | (codes == RETURN)
    cells = codes == ord(delimiter)
    odd = len(codes)
    quotes = codes == QUOTE
    # A quote within a cell that none opened is a mark of inches.
    quoted = bool(quotes[:1].any() or (quotes[1:] & (ends | cells)[:-1]).any())
    if quoted:
        # Between quotes that are paired there is no end of a cell or of a row.
        inside = np.bitwise_xor.accumulate(quotes)
        odd = _find_odd(quotes, inside, ends | cells)
        ends &= ~inside
        cells &= ~inside
    row_ends = np.flatnonzero(ends)
    if not ahead.ends(size):
        feeds = row_ends[codes[row_ends] == LINE_FEED]
        # A return at the very end may be the first half of an end of line.
        known = feeds if len(feeds) else row_ends[row_ends < len(codes) - 1]
        if not len(known):
            if odd < len(codes) - 1:
                return None
            return _take(ahead, delimiter, size=2 * size)
        stop = int(known[-1]) + 1
        content, cells = content[:stop], cells[:stop]
        row_ends = row_ends[row_ends < stop]
    if odd < len(content):
        return None
    cell_ends = np.flatnonzero(cells)
    return Piece(len(content.decode()), content, cell_ends, row_ends, quoted)


def _find_odd(quotes: np.ndarray, inside: np.ndarray, edges: np.ndarray) -> int:
    """Find the first quote that neither opens a cell, closes one, nor is doubled."""
    edges = edges | quotes
    opens, closes = quotes & inside, quotes & ~inside
    opens[1:] &= ~edges[:-1]
    opens[:1] = False
    closes[:-1] &= ~edges[1:]
    closes[-1:] = False
    odd = np.flatnonzero(opens | closes)
    if len(odd):
        return int(odd[0])
    # What is open at the end of the text is odd too.
    return len(quotes) - 1 if inside[-1] else len(quotes)


def _cut_fast(
    piece: Piece, delimiter: str, width: int, apart: Sequence[str]
) -> pl.DataFrame | None:
    """Cut rows of one width by polars; None if any row is odd."""
    if width == 1 or any(text.encode() in piece.content for text in apart):
        return None
    ends, content = _end_by_feeds(piece)
    cells = np.diff(np.searchsorted(piece.cell_ends, ends), prepend=0)
    if (cells != width - 1).any():
        return None
    frame = pl.read_csv(
        content,
        has_header=False,
        separator=delimiter,
        quote_char='"' if piece.quoted else None,
        infer_schema=False,
        new_columns=[f"{place}" for place in range(width)],
    )
    if frame.shape != (len(ends), width):
        return None
    if piece.quoted and b'""' in content:
        frame = frame.with_columns(pl.when(pl.all() != "").then(pl.all()))
    hollow = frame.filter(_hollow(pl.col("0")))
    return (
        None
        if any(hollow.select(pl.all_horizontal(_hollow(pl.all()))).to_series())
        else frame
    )


def _end_by_feeds(piece: Piece) -> tuple[np.ndarray, bytes]:
    """Find where rows end, and end each by one line feed."""
    codes = np.frombuffer(piece.content, np.uint8)
    ends = piece.row_ends
    returns = ends[codes[ends] == RETURN]
    content = piece.content
    if len(returns):
        paired = returns[np.append(codes, 0)[returns + 1] == LINE_FEED]
        ends = np.setdiff1d(ends, paired, assume_unique=True)
        fed = codes.copy()
        fed[returns] = LINE_FEED
        content = np.delete(fed, paired).tobytes()
    if not len(ends) or ends[-1] < len(codes) - 1:
        ends = np.append(ends, len(codes))
    return ends, content


def _hollow(cell: pl.Expr) -> pl.Expr:
    return cell.is_null() | (cell.str.strip_chars() == "")
