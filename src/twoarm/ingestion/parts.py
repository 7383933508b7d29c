"""The rows of one table's files in one frame, each column known by its file."""

from collections.abc import Sequence

import polars as pl

from twoarm.tables.harmonisation import PART


def label_parts(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Stack the rows of a table's files.

    Parameters
    ----------
    parts
        Rows of text and `source_row`, a frame a file.

    Returns
    -------
    pl.DataFrame
        `part`, the file's number from 1, and its columns, each behind `part:`.
    """
    numbered = [
        rows.rename({column: f"{part}:{column}" for column in rows.columns}).select(
            pl.lit(part, pl.Int64).alias(PART), pl.all()
        )
        for part, rows in enumerate(parts, start=1)
    ]
    if not numbered:
        return pl.DataFrame(schema={PART: pl.Int64})
    return pl.concat(numbered, how="diagonal")
