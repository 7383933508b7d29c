"""Text files: encoding, delimiter, decimal mark."""

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain, islice

import polars as pl

from twoarm.errors import UnreadableError
from twoarm.ingestion.ahead import Ahead
from twoarm.ingestion.cells import LONGEST, list_rows
from twoarm.ingestion.header import blank

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
GARBLED = r"[^\u3400-\u9fff][\u3400-\u9fff][a-z]|[a-z][\u3400-\u9fff][^\u3400-\u9fff]"
"""A lone Chinese character in a Latin word: three characters of a text."""
DELIMITERS = ",;\t|"
LOOKED_AT = 1 << 18
"""Characters at the start among which a delimiter is looked for."""


Pieces = Callable[[], Iterator[str]]
"""A text in pieces, from its start as often as it is called."""


def parse_encoding(
    blocks: Callable[[], Iterator[bytes]],
    encoding: str | None = None,
    undecodable: str = "refuse",
) -> tuple[Pieces, str]:
    """Decode a text file.

    A byte order mark decides; without one UTF-8 is tried, then GB18030, which Chinese
    spreadsheets write. Nearly any bytes are GB18030: text in which a lone Chinese
    character stands in a Latin word, as accents of western encodings come out, is not
    taken for it. Any other encoding must be given; of `utf-16` without a mark the order
    of bytes is told by where the zeros of Latin letters stand.

    Parameters
    ----------
    blocks
        The file in pieces of a thousand bytes or more.
    encoding
        Its encoding, if known.
    undecodable
        What becomes of bytes that do not fit a known encoding: `refuse` the file, or
        `replace` them by U+FFFD.

    Returns
    -------
    text, encoding
        The text, without its byte order mark, decoded anew each time that it is asked
        for, and the encoding that decodes all of it.

    Raises
    ------
    UnreadableError
        If the encoding, given or detected, does not fit the file; with the lines.
    """
    begin = next(blocks(), b"")
    marked = [name for mark, name in MARKS if begin.startswith(mark)]
    given = [encoding] if encoding else ["utf-8", "gb18030"]
    tried = marked[:1] or [_with_order(name, begin) for name in given]
    errors = "replace" if encoding and undecodable == "replace" else "strict"
    for name in tried:
        text = partial(_decode, blocks, name, errors)
        if _is_sound(text(), guessed=not encoding and name == "gb18030"):
            return text, name.removesuffix("-sig")
    broken = _list_broken(_decode(blocks, tried[-1], "replace"))
    raise UnreadableError(
        f"cannot be decoded as {' or '.join(tried)}{broken}; say its encoding in the "
        "config" + (", and undecodable: replace if few bytes are bad" if broken else "")
    )


def _decode(
    blocks: Callable[[], Iterator[bytes]], name: str, errors: str
) -> Iterator[str]:
    pieces = codecs.iterdecode(blocks(), name, errors)
    yield next(pieces, "").removeprefix("\ufeff")
    yield from pieces


def _is_sound(text: Iterator[str], *, guessed: bool) -> bool:
    """Tell whether a text is decoded to its end, and is none that was garbled."""
    try:
        if guessed:
            return not _holds("\0|" + GARBLED, chain("\n", text, "\n"), overlap=2)
        return not any("\0" in piece for piece in text)
    except UnicodeDecodeError:
        return False


def _holds(pattern: str, text: Iterable[str], *, overlap: int) -> bool:
    """Tell whether a pattern stands in a text, of one more character than overlap."""
    before = ""
    for piece in text:
        # Python's own search takes as long as all else together.
        if pl.Series([before + piece]).str.contains(pattern).item():
            return True
        before = (before + piece)[-overlap:]
    return False


def _with_order(name: str, begin: bytes) -> str:
    if name != "utf-16":
        return name
    return "utf-16-be" if begin[::2].count(0) > begin[1::2].count(0) else "utf-16-le"


def _list_broken(text: Iterator[str]) -> str:
    numbered = enumerate(Ahead(text).lines(), start=1)
    lines = [at for at, line in numbered if "\ufffd" in line]
    return f" in {list_rows(lines).replace('row', 'line')}" if lines else ""


def detect_delimiter(text: Iterable[str]) -> str:
    r"""Find the delimiter that cuts the first rows into the same number of columns.

    If none does, the one that cuts the header into most: the rows are then at fault.

    >>> detect_delimiter(["a;b\n1,5", ";2\n"])
    ';'
    """
    ahead = Ahead(text)
    first = ahead.look(LOOKED_AT)
    if not ahead.ends(LOOKED_AT):  # the last row may not be whole
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


def may_have_commas(text: Iterable[str], delimiter: str) -> bool:
    """Tell whether a comma may stand in a number of a delimited text, or surely none.

    Where commas delimit, a number with one is quoted.

    >>> may_have_commas(['1,2,"a, b"'], ","), may_have_commas(['"1,', '5",2'], ",")
    (False, True)
    """
    number = r'"\s*[+-]?\d+,\d' if delimiter == "," else r"\d,\d"
    return _holds(number, text, overlap=LONGEST)


def detect_decimal(pieces: Iterable[pl.DataFrame]) -> str:
    """Tell the decimal mark of a table of text: a comma if numbers have no other.

    `1,234` alone is no evidence: the comma may part the thousands.

    >>> rows = pl.DataFrame({"a": ["1,5", "2"], "b": ["x", "y"]})
    >>> detect_decimal([rows[:1], rows[1:]])
    ','
    """
    number = pl.selectors.string().str.strip_chars()
    point = number.str.contains(r"^[+-]?\d+\.\d+$")
    comma = number.str.contains(r"^[+-]?\d+,\d+$") & ~number.str.contains(
        r"^[+-]?[1-9]\d{0,2},\d{3}$"
    )
    found = {",": False, ".": False}
    for rows in pieces:
        for mark, seen in ((",", comma), (".", point)):
            found[mark] |= any(rows.select(seen.any()).row(0))
    return "," if found[","] and not found["."] else "."


def parse_numbers(
    rows: pl.DataFrame, decimal: str, thousands: str | None = None
) -> pl.DataFrame:
    """Write numbers with a decimal point and without marks between thousands.

    Parameters
    ----------
    rows
        Columns of text.
    decimal
        Decimal mark.
    thousands
        Mark between groups of three digits; there is none if not given: `1,234` may
        be either.
    """
    text = pl.selectors.string()
    if thousands:
        point, part = re.escape(decimal), re.escape(thousands)
        grouped = rf"^\s*[+-]?\d{{1,3}}({part}\d{{3}})+({point}\d+)?\s*$"
        bare = text.str.replace_all(thousands, "", literal=True)
        whole = text.str.contains(grouped)
        rows = rows.with_columns(pl.when(whole).then(bare).otherwise(text))
    if decimal == ",":
        number = r"^\s*([+-]?\d+),(\d+)\s*$"
        rows = rows.with_columns(text.str.replace(number, "$1.$2"))
    return rows
