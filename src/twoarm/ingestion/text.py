"""Text files: encoding, delimiter, decimal mark."""

import codecs
import csv
import io
import re
from itertools import islice

import polars as pl

from twoarm.errors import UnreadableError
from twoarm.ingestion.cells import list_rows
from twoarm.ingestion.header import blank

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
GARBLED = (
    r"(?:^|[^\u3400-\u9fff])[\u3400-\u9fff][a-z]"
    r"|[a-z][\u3400-\u9fff](?:$|[^\u3400-\u9fff])"
)
DELIMITERS = ",;\t|"
LOOKED_AT = 1 << 18
"""Characters at the start among which a delimiter is looked for."""


def parse_encoding(
    content: bytes, encoding: str | None = None, undecodable: str = "refuse"
) -> tuple[str, str]:
    """Decode a text file.

    A byte order mark decides; without one UTF-8 is tried, then GB18030, which Chinese
    spreadsheets write. Nearly any bytes are GB18030: text in which a lone Chinese
    character stands in a Latin word, as accents of western encodings come out, is not
    taken for it. Any other encoding must be given; of `utf-16` without a mark the order
    of bytes is told by where the zeros of Latin letters stand.

    Parameters
    ----------
    content
        The file.
    encoding
        Its encoding, if known.
    undecodable
        What becomes of bytes that do not fit a known encoding: `refuse` the file, or
        `replace` them by U+FFFD.

    Returns
    -------
    text, encoding
        The text, without its byte order mark, and the encoding that decoded it.

    Raises
    ------
    UnreadableError
        If the encoding, given or detected, does not fit the file; with the lines.
    """
    marked = [name for mark, name in MARKS if content.startswith(mark)]
    given = [encoding] if encoding else ["utf-8", "gb18030"]
    tried = marked[:1] or [_with_order(name, content) for name in given]
    errors = "replace" if encoding and undecodable == "replace" else "strict"
    for name in tried:
        try:
            text = content.decode(name, errors)
        except UnicodeDecodeError:
            continue
        guessed = not encoding and name == "gb18030"
        if "\0" not in text and not (guessed and _garbled(text)):
            return text.removeprefix("\ufeff"), name.removesuffix("-sig")
    broken = _list_broken(content.decode(tried[-1], "replace"))
    raise UnreadableError(
        f"cannot be decoded as {' or '.join(tried)}{broken}; say its encoding in the "
        "config" + (", and undecodable: replace if few bytes are bad" if broken else "")
    )


def _garbled(text: str) -> bool:
    """Tell whether a lone Chinese character stands in a Latin word."""
    # Python's own search takes as long as all else together.
    return bool(pl.Series([text]).str.contains(GARBLED).item())


def _with_order(name: str, content: bytes) -> str:
    if name != "utf-16":
        return name
    return (
        "utf-16-be" if content[::2].count(0) > content[1::2].count(0) else "utf-16-le"
    )


def _list_broken(text: str) -> str:
    split = enumerate(re.split("\r\n|\r|\n", text), start=1)
    lines = [at for at, line in split if "\ufffd" in line]
    return f" in {list_rows(lines).replace('row', 'line')}" if lines else ""


def detect_delimiter(text: str) -> str:
    r"""Find the delimiter that cuts the first rows into the same number of columns.

    If none does, the one that cuts the header into most: the rows are then at fault.

    >>> detect_delimiter("a;b\n1,5;2\n")
    ';'
    """
    first = text[:LOOKED_AT]
    if len(text) > LOOKED_AT:  # the last row may not be whole
        first = first[: max(first.rfind("\n"), first.rfind("\r")) + 1] or first

    def columns(delimiter: str) -> tuple[bool, bool, int]:
        reader = csv.reader(io.StringIO(first, newline=""), delimiter=delimiter)
        try:
            widths = [len(row) for row in islice(reader, 50) if not blank(row)]
        except csv.Error:
            widths = []
        header = widths[0] if widths else 0
        return header > 1, len(set(widths)) == 1, header

    return max(DELIMITERS, key=columns)


def detect_decimal(rows: pl.DataFrame) -> str:
    """Tell the decimal mark of a table of text: a comma if numbers have no other.

    `1,234` alone is no evidence: the comma may part the thousands.

    >>> detect_decimal(pl.DataFrame({"a": ["1,5", "2"], "b": ["x", "y"]}))
    ','
    """
    text = pl.selectors.string()
    if not any(rows.select(text.str.contains(",", literal=True).any()).row(0)):
        return "."
    number = text.str.strip_chars()
    point = number.str.contains(r"^[+-]?\d+\.\d+$")
    comma = number.str.contains(r"^[+-]?\d+,\d+$") & ~number.str.contains(
        r"^[+-]?[1-9]\d{0,2},\d{3}$"
    )
    if not any(rows.select(comma.any()).row(0)):
        return "."
    return "." if any(rows.select(point.any()).row(0)) else ","


def parse_numbers(
    rows: pl.DataFrame, decimal: str | None = None, thousands: str | None = None
) -> pl.DataFrame:
    """Write numbers with a decimal point and without marks between thousands.

    Parameters
    ----------
    rows
        Columns of text.
    decimal
        Decimal mark; detected if not given.
    thousands
        Mark between groups of three digits; there is none if not given: `1,234` may
        be either.
    """
    mark = decimal or detect_decimal(rows)
    text = pl.selectors.string()
    if thousands:
        point, part = re.escape(mark), re.escape(thousands)
        grouped = rf"^\s*[+-]?\d{{1,3}}({part}\d{{3}})+({point}\d+)?\s*$"
        bare = text.str.replace_all(thousands, "", literal=True)
        whole = text.str.contains(grouped)
        rows = rows.with_columns(pl.when(whole).then(bare).otherwise(text))
    if mark == ",":
        number = r"^\s*([+-]?\d+),(\d+)\s*$"
        rows = rows.with_columns(text.str.replace(number, "$1.$2"))
    return rows
