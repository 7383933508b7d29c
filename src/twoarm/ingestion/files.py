"""Files of every kind that hospitals and statisticians hand over."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from twoarm.errors import UnreadableError
from twoarm.ingestion.text import (
    detect_decimal,
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
            rows = rows.with_columns(
                pl.all().str.replace(r"^([+-]?\d+),(\d+)$", "$1.$2")
            )
    elif reader := READERS.get(suffix):
        found, rows = suffix, _read_typed(reader, path, sheet or name)
    else:
        known = ", ".join([*TEXT, *READERS])
        raise UnreadableError(f"is of no known kind; known suffixes: {known}")
    if "source_row" in rows.columns:
        raise UnreadableError("has a column source_row; rename it")
    return Rows(
        rows.with_row_index("source_row", offset=2).cast({"source_row": pl.Int64}),
        found,
    )


def _read_typed(
    reader: Callable[..., pl.DataFrame], path: Path, part: str | None
) -> pl.DataFrame:
    """Read a file of typed columns and turn them into text.

    The libraries raise whatever they like on a broken file; each means the same here.
    """
    try:
        frame = reader(path, part)
    except UnreadableError:
        raise
    except Exception as error:
        raise UnreadableError(
            f"cannot be read as {path.suffix}: {type(error).__name__}"
        ) from None
    floats = pl.selectors.float()
    return frame.with_columns(floats.fill_nan(None)).with_columns(
        pl.selectors.all().cast(pl.String, strict=False)
    )


def _read_workbook(path: Path, sheet: str | None) -> pl.DataFrame:
    import fastexcel

    workbook = fastexcel.read_excel(path)
    if sheet is not None and sheet not in workbook.sheet_names:
        raise UnreadableError(
            f"has no sheet {sheet}; it has {', '.join(workbook.sheet_names)}"
        )
    loaded = workbook.load_sheet(0 if sheet is None else sheet, dtypes="string")
    return loaded.to_polars()


def _read_parquet(path: Path, _: str | None) -> pl.DataFrame:
    return pl.read_parquet(path)


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
    return pl.DataFrame(frame)


def _read_r(path: Path, name: str | None) -> pl.DataFrame:
    import pyreadr

    frames = pyreadr.read_r(str(path))
    if name is None and len(frames) > 1:
        raise UnreadableError(f"holds several frames; name one of {', '.join(frames)}")
    if name is not None and name not in frames:
        raise UnreadableError(f"has no frame {name}; it has {', '.join(frames)}")
    return pl.from_pandas(frames[name] if name else next(iter(frames.values())))


TEXT = ("csv", "tsv", "txt")
READERS: dict[str, Callable[[Path, str | None], pl.DataFrame]] = {
    **dict.fromkeys(("xlsx", "xls", "xlsm", "xlsb", "ods"), _read_workbook),
    "parquet": _read_parquet,
    **dict.fromkeys(("sas7bdat", "xpt", "sav", "zsav", "dta"), _read_statistics),
    **dict.fromkeys(("rds", "rdata", "rda"), _read_r),
}
