"""Files of statisticians: typed columns become text."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import polars as pl

from twoarm.errors import UnreadableError
from twoarm.ingestion.doors import DAMAGED
from twoarm.ingestion.reading import Reading, Rows
from twoarm.tables.pieces import PIECE_ROWS


def write_text(frames: Iterable[pl.DataFrame], kind: str) -> Iterator[Rows]:
    """Write typed columns as text, whole numbers without a decimal point."""
    first = 2
    for frame in frames:
        yield Rows(_write_text(frame, first), kind)
        first += frame.height


def _write_text(frame: pl.DataFrame, first: int) -> pl.DataFrame:
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
            pl.int_range(first, pl.len() + first).alias("source_row"),
            pl.all().cast(pl.String).replace({"": None}),
        )
    )


def rows_of_frames(
    reader: Callable[[Path, Reading], Iterator[pl.DataFrame]],
) -> Callable[[Path, Reading], Iterator[Rows]]:
    """Make a reader of rows of one of frames."""

    def read(path: Path, reading: Reading) -> Iterator[Rows]:
        return write_text(reader(path, reading), path.suffix.lower()[1:])

    return read


def read_parquet(path: Path, _: Reading) -> Iterator[pl.DataFrame]:
    """Read a file of Parquet, piece by piece."""
    rows = pl.scan_parquet(path)
    yield rows.head(0).collect()
    yield from rows.collect_batches(chunk_size=PIECE_ROWS)


def read_statistics(path: Path, _: Reading) -> Iterator[pl.DataFrame]:
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
    yield pl.DataFrame(frame)


def read_r(path: Path, reading: Reading) -> Iterator[pl.DataFrame]:
    """Read a data frame of an R file: the one that is named, or its only one."""
    import pyreadr

    name = reading.name or reading.sheet
    frames = pyreadr.read_r(str(path))
    if list(frames) == [None]:  # an rds holds one object, which has no name
        frames = {name: frames[None]}
    if not frames:
        raise UnreadableError("holds no data frame")
    if name is None and len(frames) > 1:
        raise UnreadableError(f"holds several frames; name one of {', '.join(frames)}")
    if name is not None and name not in frames:
        raise UnreadableError(f"has no frame {name}; it has {', '.join(frames)}")
    yield pl.from_pandas(frames[name or next(iter(frames))])
