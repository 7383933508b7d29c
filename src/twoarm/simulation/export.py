"""What one centre hands over."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

import numpy as np
import polars as pl

from twoarm.simulation.faults import Grid
from twoarm.simulation.layout import Pair, Sheet, write_cells


class Export(NamedTuple):
    """The files of a centre, its rows of the answer key, and the sheet of patients."""

    files: dict[str, bytes]
    key: pl.DataFrame
    patients: Grid


class Records(NamedTuple):
    """The tables of one centre, and the records of those who met the criteria."""

    tables: Mapping[str, pl.DataFrame]
    eligible: Collection[str]

    def write(self, rng: np.random.Generator, sheet: Sheet) -> Pair:
        """Write a table as a sheet has it, before anything goes wrong."""
        return write_cells(rng, self.tables[sheet.table], sheet)
