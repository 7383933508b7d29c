"""Files of statisticians: typed columns become text."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from twoarm.errors import UnreadableError
from twoarm.ingestion.doors import DAMAGED
from twoarm.ingestion.reading import Reading, Rows


def write_text(frame: pl.DataFrame) -> pl.DataFrame:
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


def rows_of_frame(
    reader: Callable[[Path, Reading], pl.DataFrame],
) -> Callable[[Path, Reading], Rows]:
    """Make a reader of rows of one of a frame."""

    def read(path: Path, reading: Reading) -> Rows:
        return Rows(write_text(reader(path, reading)), path.suffix.lower()[1:])

    return read


def read_parquet(path: Path, _: Reading) -> pl.DataFrame:
    """Read a file of Parquet."""
    return pl.read_parquet(path)


def read_statistics(path: Path, _: Reading) -> pl.DataFrame:
    """Read a file of SAS, SPSS or Stata."""
    import pyreadstat

    # The format has no count of rows, but its records are of 80 bytes.
    if path.suffix.lower() == ".xpt" and path.stat().st_size % 80:
        raise UnreadableError(f"cannot be read as .xpt; {DAMAGED}")
    readers: dict[str, Callable[..., Any]] = {
        ".sas7bdat": pyreadstat.read_sas7bdat,
        ".xpt": pyreadstat.read_xport,
        ".sav": pyreadstat.read_sav,
        ".zsav": pyreadstat.read_sav,
        ".dta": pyreadstat.read_dta,
    }
    frame, _meta = readers[path.suffix.lower()](path, output_format="polars")
    return pl.DataFrame(frame)


def read_r(path: Path, reading: Reading) -> pl.DataFrame:
    """Read a data frame of an R file: the one that is named, or its only one."""
    import pyreadr

    name = reading.name or reading.sheet
    frames = pyreadr.read_r(str(path))
    if list(frames) == [None]:  # an rds holds one object, which has no name
        return pl.from_pandas(frames[None])
    if not frames:
        raise UnreadableError("holds no data frame")
    if name is None and len(frames) > 1:
        raise UnreadableError(f"holds several frames; name one of {', '.join(frames)}")
    if name is not None and name not in frames:
        raise UnreadableError(f"has no frame {name}; it has {', '.join(frames)}")
    return pl.from_pandas(frames[name or next(iter(frames))])
