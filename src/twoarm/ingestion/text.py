"""Text files: encoding, delimiter, decimal mark."""

import codecs
import csv
import io
import re

import polars as pl

from twoarm.errors import UnreadableError

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
DELIMITERS = ",;\t|"


def parse_encoding(content: bytes, encoding: str | None = None) -> tuple[str, str]:
    """Decode a text file.

    A byte order mark decides; without one UTF-8 is tried, then GB18030, which Chinese
    spreadsheets write. Any other encoding must be given.

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
        if "\0" not in text:
            return text.removeprefix("\ufeff"), name.removesuffix("-sig")
    raise UnreadableError(
        f"cannot be decoded as {' or '.join(tried)}; say its encoding in the config"
    )


def detect_delimiter(text: str) -> str:
    r"""Find the delimiter that cuts the first rows into the same number of columns.

    >>> detect_delimiter("a;b\n1,5;2\n")
    ';'
    """
    head = "\n".join(text.splitlines()[:50])

    def columns(delimiter: str) -> tuple[bool, int]:
        widths = [
            len(row) for row in csv.reader(io.StringIO(head), delimiter=delimiter)
        ]
        return len({width for width in widths if width}) == 1, max(widths, default=0)

    return max(DELIMITERS, key=columns)


def parse_text(text: str, delimiter: str | None = None) -> pl.DataFrame:
    """Cut a delimited text into columns of text, named by its first row.

    Raises
    ------
    UnreadableError
        If there is no row, two columns have one name, or a row has more columns than
        the header.
    """
    delimiter = delimiter or detect_delimiter(text)
    header = next(csv.reader(io.StringIO(text), delimiter=delimiter), [])
    names = [name.strip() for name in header]
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise UnreadableError(f"has two columns with one name: {', '.join(repeated)}")
    if not names:
        raise UnreadableError("is empty")
    try:
        rows = pl.read_csv(
            text.encode(), separator=delimiter, infer_schema=False, has_header=True
        )
    except pl.exceptions.PolarsError as error:
        raise UnreadableError(
            f"is not a table delimited by {delimiter!r}: {type(error).__name__}"
        ) from None
    return rows.rename(dict(zip(rows.columns, names, strict=True)))


def detect_decimal(rows: pl.DataFrame) -> str:
    """Tell the decimal mark of a table of text: a comma if numbers have no other.

    >>> detect_decimal(pl.DataFrame({"a": ["1,5", "2"], "b": ["x", "y"]}))
    ','
    """
    seen = {".": 0, ",": 0}
    for mark in seen:
        number = rf"^[+-]?\d+{re.escape(mark)}\d+$"
        counts = rows.select(pl.all().str.strip_chars().str.contains(number).sum())
        seen[mark] = sum(counts.row(0)) if counts.width else 0
    return "," if seen[","] and not seen["."] else "."
