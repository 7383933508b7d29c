"""Files of every kind that hospitals and statisticians hand over."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from twoarm.errors import UnreadableError
from twoarm.ingestion.text import (
    detect_decimal,
    parse_cells,
    parse_encoding,
    parse_text,
)


class Rows(NamedTuple):
    """Rows of text and how they were read."""

    rows: pl.DataFrame
    encoding: str


def read_file(
    path: Path | str,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    decimal: str | None = None,
    sheet: str | None = None,
    name: str | None = None,
) -> Rows:
    """Read one table as text, whatever kind of file holds it.

    Parameters
    ----------
    path
        The file; its suffix tells its kind: csv, tsv, txt, xlsx, xls, xlsm, xlsb, ods,
        parquet, sas7bdat, xpt, sav, zsav, dta, rds, RData, rda.
    encoding, delimiter, decimal
        Of a text file; detected if not given.
    sheet
        Of a workbook; the first if not given.
    name
        Of the data frame in an R file; its only one if not given.

    Returns
    -------
    Rows
        `rows`: the file's columns as text, numbers with a decimal point, null where
        the file holds nothing, and `source_row`, as a spreadsheet counts (the header
        is row 1). `encoding`: of a text file, else the kind of file.

    Raises
    ------
    UnreadableError
        Says why the file cannot be read and what to do.
    """
    path = Path(path)
    suffix = path.suffix.lower().removeprefix(".")
    if suffix in TEXT:
        text, found = parse_encoding(path.read_bytes(), encoding)
        rows = parse_text(text, delimiter)
        if (decimal or detect_decimal(rows)) == ",":
            number = r"^\s*([+-]?\d+),(\d+)\s*$"
            text_columns = pl.selectors.string()
            rows = rows.with_columns(text_columns.str.replace(number, "$1.$2"))
    elif reader := READERS.get(suffix):
        found, rows = suffix, _read_typed(reader, path, sheet or name)
    else:
        known = ", ".join([*TEXT, *READERS])
        raise UnreadableError(f"is of no known kind; known suffixes: {known}")
    return Rows(rows, found)


def _read_typed(
    reader: Callable[..., pl.DataFrame], path: Path, part: str | None
) -> pl.DataFrame:
    """Read a file that is not text.

    The libraries raise whatever they like on a broken file; each means the same here.
    """
    try:
        return reader(path, part)
    except UnreadableError:
        raise
    except Exception as error:
        raise UnreadableError(
            f"cannot be read as {path.suffix}: {type(error).__name__}"
        ) from None


def _as_text(frame: pl.DataFrame) -> pl.DataFrame:
    """Write typed columns as text, whole numbers without a decimal point."""
    odd = [
        name
        for name, kind in frame.schema.items()
        if kind.is_nested() or kind in (pl.Binary, pl.Duration, pl.Object)
    ]
    if odd:
        raise UnreadableError(
            f"has columns that are no text, number or date: {', '.join(odd)}"
        )
    if "source_row" in frame.columns:
        raise UnreadableError("has a column source_row; rename it")
    floats = pl.selectors.float()
    whole = floats.is_finite() & (floats == floats.round()) & (floats.abs() < 2**53)
    text = pl.when(whole).then(floats.cast(pl.Int64, strict=False).cast(pl.String))
    return (
        frame.with_columns(floats.fill_nan(None))
        .with_columns(text.otherwise(floats.cast(pl.String)))
        .select(
            pl.int_range(2, pl.len() + 2).alias("source_row"),
            pl.all().cast(pl.String).replace({"": None}),
        )
    )


def _read_workbook(path: Path, sheet: str | None) -> pl.DataFrame:
    import fastexcel

    workbook = fastexcel.read_excel(path)
    if sheet is not None and sheet not in workbook.sheet_names:
        raise UnreadableError(
            f"has no sheet {sheet}; it has {', '.join(workbook.sheet_names)}"
        )
    loaded = workbook.load_sheet(
        0 if sheet is None else sheet, header_row=None, skip_rows=0, dtypes="string"
    )
    return parse_cells(loaded.to_polars().rows())


def _read_parquet(path: Path, _: str | None) -> pl.DataFrame:
    return _as_text(pl.read_parquet(path))


def _read_statistics(path: Path, _: str | None) -> pl.DataFrame:
    import pyreadstat

    readers: dict[str, Callable[..., Any]] = {
        ".sas7bdat": pyreadstat.read_sas7bdat,
        ".xpt": pyreadstat.read_xport,
        ".sav": pyreadstat.read_sav,
        ".zsav": pyreadstat.read_sav,
        ".dta": pyreadstat.read_dta,
    }
    frame, _meta = readers[path.suffix.lower()](path, output_format="polars")
    return _as_text(pl.DataFrame(frame))


def _read_r(path: Path, name: str | None) -> pl.DataFrame:
    import pyreadr

    frames = pyreadr.read_r(str(path))
    if list(frames) == [None]:  # an rds holds one object, which has no name
        return _as_text(pl.from_pandas(frames[None]))
    if not frames:
        raise UnreadableError("holds no data frame")
    if name is None and len(frames) > 1:
        raise UnreadableError(f"holds several frames; name one of {', '.join(frames)}")
    if name is not None and name not in frames:
        raise UnreadableError(f"has no frame {name}; it has {', '.join(frames)}")
    return _as_text(pl.from_pandas(frames[name or next(iter(frames))]))


TEXT = ("csv", "tsv", "txt")
READERS: dict[str, Callable[[Path, str | None], pl.DataFrame]] = {
    **dict.fromkeys(("xlsx", "xls", "xlsm", "xlsb", "ods"), _read_workbook),
    "parquet": _read_parquet,
    **dict.fromkeys(("sas7bdat", "xpt", "sav", "zsav", "dta"), _read_statistics),
    **dict.fromkeys(("rds", "rdata", "rda"), _read_r),
}
