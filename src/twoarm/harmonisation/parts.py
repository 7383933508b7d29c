"""The files of one table, apart again."""

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
