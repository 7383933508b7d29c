"""Faults that are put into the exports, and the key that tells of each."""

from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import polars as pl

from twoarm.simulation.layout import PLACE, Pair
from twoarm.tables.simulation import AnswerKey

Told = tuple[str | None, str | None]
"""A text, and what is to be made of it."""
Spoil = Callable[[np.random.Generator, str, str], Told]
"""Makes of a text, and of what is so, another text and what is to be made of that;
null: it must not be used."""


Kinds = dict[str, list[str | None]]
"""Column to the kind of fault in each of its rows; null: none."""


class Fault(NamedTuple):
    """One kind of fault in one column of a sheet.

    `share` of the cells that hold something is spoiled, one at least, or that many if
    it is a whole number. `where` narrows the rows. Only rows of those who never met the
    criteria are spoiled if `safe`. Random numbers are the fault's own if `apart`, so
    that it leaves all others where they are.
    """

    kind: str
    column: str
    share: float | int
    spoil: Spoil
    where: pl.Expr | None = None
    safe: bool = False
    apart: bool = False


class Grid(NamedTuple):
    """One sheet of an export as it is handed over.

    `first_row` is the row of its first record. `items` is the column that names the
    item of a row, where rows tell one item each, and `names` each item's field.
    """

    file: str
    sheet: str | None
    first_row: int
    pair: Pair
    items: str | None = None
    names: Mapping[str, str] = MappingProxyType({})

    @property
    def text(self) -> pl.DataFrame:
        """What is written, without hidden columns."""
        return self.pair.text.drop(PLACE)


class Spoiled(NamedTuple):
    """A sheet with its faults, and the rows of the key that are its."""

    grid: Grid
    key: pl.DataFrame


def simulate_faults(
    rng: np.random.Generator,
    grid: Grid,
    faults: Sequence[Fault],
    eligible: Collection[str],
) -> Spoiled:
    """Put faults into a sheet, at most one in a cell.

    Parameters
    ----------
    rng
        Source of the random numbers.
    grid
        The sheet.
    faults
        What to put in.
    eligible
        Numbers of the records of those who met the criteria.

    Returns
    -------
    Spoiled
        The key has every cell of a field that holds something but identifiers: its
        kind is that of its fault, `missing_code` where it tells that nothing is known,
        and else `clean`.
    """
    kinds: Kinds = {name: [None] * grid.text.height for name in grid.pair.fields}
    (own,) = rng.spawn(1)
    for fault in faults:
        able = _find_able(grid, fault, kinds[fault.column], eligible)
        source = own if fault.apart else rng
        grid = _spoil(source, grid, fault, able, kinds[fault.column])
    return Spoiled(grid, list_cells(grid, kinds))


def _find_able(
    grid: Grid, fault: Fault, kinds: Sequence[str | None], eligible: Collection[str]
) -> np.ndarray:
    """Find the rows whose cell may be spoiled."""
    text, truth, _ = grid.pair
    able = text[fault.column].is_not_null() & truth[fault.column].is_not_null()
    able &= pl.Series(kinds, dtype=pl.String).is_null()
    if fault.where is not None:
        able &= text.select(fault.where.fill_null(value=False)).to_series()
    if fault.safe:
        able &= ~text["_record"].is_in(list(eligible))
    return np.flatnonzero(able.to_numpy())


def _spoil(
    rng: np.random.Generator,
    grid: Grid,
    fault: Fault,
    able: np.ndarray,
    kinds: list[str | None],
) -> Grid:
    """Spoil some of the cells that may be, and note their kind."""
    name = fault.column
    n = fault.share if isinstance(fault.share, int) else fault.share * len(able)
    text, truth = (part[name].to_list() for part in grid.pair[:2])
    for row in map(
        int, rng.choice(able, min(len(able), max(1, round(n))), replace=False)
    ):
        text[row], truth[row] = fault.spoil(rng, text[row], truth[row])
        kinds[row] = fault.kind
    pair = Pair(
        grid.pair.text.with_columns(pl.Series(name, text, pl.String)),
        grid.pair.truth.with_columns(pl.Series(name, truth, pl.String)),
        grid.pair.fields,
    )
    return grid._replace(pair=pair)


def list_cells(grid: Grid, kinds: Kinds | None = None) -> pl.DataFrame:
    """List the cells of a sheet as the contract AnswerKey; all clean without kinds."""
    text, truth, fields = grid.pair
    row = pl.int_range(grid.first_row, grid.first_row + text.height).alias("row")
    raw = pl.col("raw")
    told, nothing = kinds or {}, [None] * text.height
    unknown = pl.when(raw.str.contains("9999")).then(pl.lit("date_open"))
    unknown = pl.when(pl.col("truth").is_null()).then(
        unknown.otherwise(pl.lit("missing_code"))
    )
    parts = [
        text.select(
            pl.lit(grid.file).alias("file"),
            pl.lit(grid.sheet, pl.String).alias("sheet"),
            row,
            pl.lit(column).alias("column"),
            _name_field(grid, field),
            pl.Series("kind", told.get(column, nothing), pl.String),
            raw=pl.col(column),
            truth=truth[column],
        )
        for column, field in fields.items()
        if field.rpartition(".")[2] not in HIDDEN
    ]
    cells = pl.concat(parts).filter(raw.is_not_null())
    kind = pl.coalesce("kind", unknown, pl.lit("clean"))
    return cells.with_columns(kind=kind).select(AnswerKey.column_names())


def _name_field(grid: Grid, field: str) -> pl.Expr:
    if grid.items is None or not field.endswith(".*"):
        return pl.lit(field).alias("field")
    return pl.col(grid.items).replace_strict(dict(grid.names)).alias("field")


HIDDEN = ("patient_id", "national_id", "person_name")
"""Fields of which the key tells no text."""
