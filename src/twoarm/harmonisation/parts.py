"""The files of one table, apart again."""

from collections.abc import Iterable, Iterator

import polars as pl

from twoarm.tables.harmonisation import PART


def select_part(stacked: pl.DataFrame, part: int) -> pl.DataFrame:
    """Take the rows and columns of one file.

    Parameters
    ----------
    stacked
        As `twoarm.ingestion.parts.label_parts` gives them.
    part
        Number of the file, from 1.

    Examples
    --------
    >>> stacked = pl.DataFrame({"part": [1, 2], "1:a": ["x", None], "2:b": [None, "y"]})
    >>> select_part(stacked, 2)["b"].to_list()
    ['y']
    """
    prefix = f"{part}:"
    columns = [column for column in stacked.columns if column.startswith(prefix)]
    own = stacked.filter(pl.col(PART) == part).select(columns)
    return own.rename(lambda column: column.removeprefix(prefix))


def select_pieces(
    stacked: Iterable[pl.DataFrame], parts: int
) -> Iterator[tuple[int, pl.DataFrame]]:
    """Take the rows of each file, piece by piece.

    Parameters
    ----------
    stacked
        As `twoarm.ingestion.parts.label_parts` gives them: one frame at least.
    parts
        How many files there are.

    Yields
    ------
    int, pl.DataFrame
        The file's number, and a piece of it; of a file without rows one piece.
    """
    due = 1
    for piece in stacked:
        nothing = piece.clear()
        for part in piece[PART].unique(maintain_order=True):
            yield from _select_empty(nothing, range(due, part))
            yield part, select_part(piece, part)
            due = part + 1
    yield from _select_empty(nothing, range(due, parts + 1))


def _select_empty(
    nothing: pl.DataFrame, parts: Iterable[int]
) -> Iterator[tuple[int, pl.DataFrame]]:
    for part in parts:
        yield part, select_part(nothing, part)
