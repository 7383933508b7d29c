"""Tables that are longer than memory: written and read in pieces of some rows."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from twoarm.tables.contract import whole

PIECE_ROWS = 100_000
"""Rows of a table that are held at once."""


def write_pieces(frames: Iterable[pl.DataFrame], path: Path | str) -> None:
    """Write frames of one schema to Parquet, as `add_pieces` does."""
    with add_pieces(path) as add:
        for frame in frames:
            add(frame)


@contextmanager
def add_pieces(path: Path | str) -> Iterator[Callable[[pl.DataFrame], None]]:
    """Yield what adds frames of one schema to a file of Parquet, written whole.

    A frame has row groups of its own, of `PIECE_ROWS` at most, so that it can be read
    alone; one without rows, unless it is the first, leaves no trace.
    """
    import pyarrow.parquet as pq

    writer: Any = None
    with whole(path) as beside:

        def add(frame: pl.DataFrame) -> None:
            nonlocal writer
            rows = frame.to_arrow()
            if writer is None:
                writer = pq.ParquetWriter(beside, rows.schema, compression="zstd")
            if frame.height:
                writer.write_table(rows, row_group_size=PIECE_ROWS)

        try:
            yield add
        finally:
            if writer is not None:
                writer.close()


def read_pieces(path: Path | str) -> Iterator[pl.DataFrame]:
    """Yield the row groups of a file of Parquet; of one without rows, its columns."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        if not file.num_row_groups:
            yield pl.DataFrame(pl.from_arrow(file.schema_arrow.empty_table()))
        for group in range(file.num_row_groups):
            yield pl.DataFrame(pl.from_arrow(file.read_row_group(group)))
