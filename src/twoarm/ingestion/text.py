"""Text files: encoding, delimiter, decimal mark."""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import polars as pl

from twoarm.errors import UnreadableError

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
GARBLED = re.compile(
    r"(?<![\u3400-\u9fff])[\u3400-\u9fff](?=[a-z])"
    r"|(?<=[a-z])[\u3400-\u9fff](?![\u3400-\u9fff])"
)
DELIMITERS = ",;\t|"
CHUNK_ROWS = 20_000
"""Rows that are held as objects of Python at once."""


def parse_encoding(content: bytes, encoding: str | None = None) -> tuple[str, str]:
    """Decode a text file.

    A byte order mark decides; without one UTF-8 is tried, then GB18030, which Chinese
    spreadsheets write. Nearly any bytes are GB18030: text in which a lone Chinese
    character stands in a Latin word, as accents of western encodings come out, is not
    taken for it. Any other encoding must be given.

    Parameters
    ----------
    content
        The file.
    encoding
        Its encoding, if known.

    Returns
    -------
    text, encoding
        The text, without its byte order mark, and the encoding that decoded it.

    Raises
    ------
    UnreadableError
        If the encoding, given or detected, does not fit the file.
    """
    marked = [name for mark, name in MARKS if content.startswith(mark)]
    tried = marked[:1] or ([encoding] if encoding else ["utf-8", "gb18030"])
    for name in tried:
        try:
            text = content.decode(name)
        except UnicodeDecodeError:
            continue
        guessed = not encoding and name == "gb18030"
        if "\0" not in text and not (guessed and GARBLED.search(text)):
            return text.removeprefix("\ufeff"), name.removesuffix("-sig")
    raise UnreadableError(
        f"cannot be decoded as {' or '.join(tried)}; say its encoding in the config"
    )


def detect_delimiter(text: str) -> str:
    r"""Find the delimiter that cuts the first rows into the same number of columns.

    If none does, the one that cuts the header into most: the rows are then at fault.

    >>> detect_delimiter("a;b\n1,5;2\n")
    ';'
    """

    def columns(delimiter: str) -> tuple[bool, bool, int]:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        try:
            widths = [len(row) for row in islice(reader, 50) if not _blank(row)]
        except csv.Error:
            widths = []
        header = widths[0] if widths else 0
        return header > 1, len(set(widths)) == 1, header

    return max(DELIMITERS, key=columns)


def parse_text(text: str, delimiter: str | None = None) -> pl.DataFrame:
    """Cut a delimited text into columns of text, named by its first row.

    Raises
    ------
    UnreadableError
        If there is no row, a quote is not closed, two columns have one name, or a row
        has not as many columns as the header.
    """
    return parse_cells(_cut(text, delimiter or detect_delimiter(text)))


def _cut(text: str, delimiter: str) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    row = 0
    try:
        for cells in reader:
            row += 1
            yield cells
    except csv.Error as error:
        raise UnreadableError(
            f"is not a table delimited by {delimiter!r}: row {row + 1}: {error}"
        ) from None


def parse_cells(cells: Iterable[Sequence[str | None]]) -> pl.DataFrame:
    """Make columns of the cells of a sheet, named by its first row that is not blank.

    Blank rows at the end are left out; any other keeps its place. Rows become columns
    some thousands at a time: as objects of Python they take ten times the memory.

    Parameters
    ----------
    cells
        Every row of the sheet from its first, blank ones too.

    Returns
    -------
    pl.DataFrame
        Columns of text, null where a cell is empty, and `source_row`, as a spreadsheet
        counts.

    Raises
    ------
    UnreadableError
        If every row is blank, two columns have one name, or a row has not as many
        columns as the header.
    """
    rows = enumerate(cells, start=1)
    header = next((row for row in rows if not _blank(row[1])), None)
    if header is None:
        raise UnreadableError("is empty")
    first, width = header[0], len(header[1])
    parts, ragged, last = [_columns([], width)], [], first
    while chunk := list(islice(rows, CHUNK_ROWS)):
        filled = [(place, row) for place, row in chunk if not _blank(row)]
        ragged += [place for place, row in filled if len(row) != width]
        last = filled[-1][0] if filled else last
        if not ragged:
            parts.append(_columns([row for _, row in chunk], width))
    names = _name_columns(header[1])
    if ragged:
        raise UnreadableError(_describe_ragged(ragged, width))
    body = pl.concat(parts, rechunk=True).head(last - first)
    return body.rename(dict(zip(body.columns, names, strict=True))).select(
        pl.int_range(first + 1, last + 1).alias("source_row"), pl.all()
    )


def _columns(rows: Sequence[Sequence[str | None]], width: int) -> pl.DataFrame:
    """Make columns of rows of one width; of a blank row, of whatever width, nulls."""
    nothing = [None] * width
    body = [nothing if _blank(row) else row for row in rows]
    columns = zip(*body, strict=True) if body else [()] * width
    return pl.DataFrame(
        [
            pl.Series(f"{place}", [cell or None for cell in column], pl.String)
            for place, column in enumerate(columns)
        ]
    )


def _describe_ragged(places: Sequence[int], width: int) -> str:
    shown = ", ".join(map(str, places[:10]))
    return (
        f"has {width} columns in its header, and more or fewer in "
        f"{len(places)} row{'s' if len(places) > 1 else ''} "
        f"({shown}{', ...' if len(places) > 10 else ''})"
    )


def _blank(row: Sequence[str | None]) -> bool:
    return not any(cell and cell.strip() for cell in row)


def _name_columns(header: Sequence[str | None]) -> list[str]:
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


def detect_decimal(rows: pl.DataFrame) -> str:
    """Tell the decimal mark of a table of text: a comma if numbers have no other.

    `1,234` alone is no evidence: the comma may part the thousands.

    >>> detect_decimal(pl.DataFrame({"a": ["1,5", "2"], "b": ["x", "y"]}))
    ','
    """
    text = pl.selectors.string().str.strip_chars()
    numbers = {
        ".": text.str.contains(r"^[+-]?\d+\.\d+$"),
        ",": text.str.contains(r"^[+-]?\d+,\d+$")
        & ~text.str.contains(r"^[+-]?[1-9]\d{0,2},\d{3}$"),
    }
    seen = {
        mark: any(rows.select(number.any()).row(0)) for mark, number in numbers.items()
    }
    return "," if seen[","] and not seen["."] else "."
