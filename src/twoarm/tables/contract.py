"""What every table that crosses a stage promises, and how it is read and written."""

import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl


@contextmanager
def _absent(name: str) -> Iterator[None]:
    """Hide an optional module from an import.

    dataframely imports SQLAlchemy where it finds it, and Snakemake brings it: half a
    second that each of a study's jobs would pay for nothing.
    """
    hidden = sys.modules.get(name)
    sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[name]
        if hidden is not None:
            sys.modules[name] = hidden


with _absent("sqlalchemy"):
    import dataframely as dy

__all__ = ["OpenTable", "Table", "TableError", "dy", "whole", "write_csv", "write_text"]


class TableError(ValueError):
    """A frame does not keep its table's contract."""


class Table(dy.Schema):
    """Base of the contracts: a closed set of columns, a key, and stable bytes."""

    @classmethod
    def key(cls) -> list[str]:
        """Columns that no two rows share, in the order of the rows; none if empty."""
        return list(cls.primary_key())

    @classmethod
    def check(cls, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the frame with just the contract's columns, in the contract's order.

        Raises
        ------
        TableError
            Names every broken promise at once, by column and count, never by value:
            the message goes to a log, and logs hold no patient data.
        """
        try:
            checked = cls.validate(frame)
        except (dy.exc.SchemaError, dy.exc.ValidationError) as error:
            # dataframely adds the plan of the query after an empty line.
            told = str(error).split("\n\n")[0]
            raise TableError(f"table {cls.__name__}: {told}") from None
        key = cls.key()
        if key and (repeated := checked.height - checked.select(key).n_unique()):
            raise TableError(
                f"table {cls.__name__}: {repeated} rows repeat a key {key}"
            )
        return checked

    @classmethod
    def read(cls, path: Path | str) -> pl.DataFrame:
        """Read the table from Parquet and check it."""
        return cls.check(pl.read_parquet(path))

    @classmethod
    def read_csv(cls, path: Path | str) -> pl.DataFrame:
        """Read the table from the CSV that disclosure wrote, where cells may be blank.

        Columns that do not leave the hospital are not in it. The apostrophe that
        disclosure put before what a spreadsheet would run is taken away again.
        """
        types = cls.create_empty().schema
        text = pl.selectors.string()
        return pl.read_csv(path, schema_overrides=types).with_columns(
            text.str.replace(r"^'('*[=+\-@\t\r])", "${1}")
        )

    @classmethod
    def read_all(cls, paths: Path | str | list[Any]) -> pl.DataFrame:
        """Read and stack the parts of a table that several jobs wrote."""
        parts = [paths] if isinstance(paths, str | Path) else paths
        return pl.concat([cls.read(path) for path in parts])

    @classmethod
    def write(cls, frame: pl.DataFrame, path: Path | str) -> None:
        """Check the frame, sort it by its key, and write it to Parquet whole.

        The file is written beside its place and renamed, so that a job which dies
        leaves no half of it.
        """
        checked = cls.check(frame)
        if key := cls.key():
            checked = checked.sort(key, nulls_last=True)
        with whole(path) as beside:
            checked.write_parquet(beside)

    @classmethod
    def of(cls, rows: list[dict[str, Any]]) -> pl.DataFrame:
        """Make a frame from rows; what a row leaves out is null."""
        return pl.DataFrame(rows, schema=cls.create_empty().schema, orient="row")

    @classmethod
    def many(cls, rows: list[dict[str, Any]]) -> pl.DataFrame:
        """Make a frame from rows of several imputations, told by `imputation`."""
        schema = pl.Schema({**cls.create_empty().schema, "imputation": pl.Int64()})
        return pl.DataFrame(rows, schema=schema, orient="row")


class OpenTable(Table):
    """Base of the contracts to which a study adds columns of its own."""

    @classmethod
    def check(cls, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the contract's columns in its order, then the study's own.

        Raises
        ------
        TableError
            As `Table.check`; also if a column of the study's own holds NaN or infinity.
        """
        checked = super().check(frame)
        others = frame.select(pl.exclude(checked.columns))
        numbers = others.select(pl.selectors.float())
        broken = {
            column.name: count
            for column in numbers
            if (count := column.len() - column.null_count() - column.is_finite().sum())
        }
        if broken:
            told = ", ".join(
                f"{name} in {count} rows" for name, count in broken.items()
            )
            raise TableError(f"table {cls.__name__}: not finite: {told}")
        return checked.hstack(others)


@contextmanager
def whole(path: Path | str) -> Iterator[Path]:
    """Yield a place beside `path` to write to, renamed to it when all is written.

    The place is each writer's own: of a job that outlived the run which started it, and
    of the same job begun anew, neither writes into the other's file. What was left by
    one that died, or is under way by an outlived one, is taken away, and the latter
    fails.
    """
    path = Path(path)
    for stale in path.parent.glob(f".{path.name}.*.part"):
        stale.unlink(missing_ok=True)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        yield beside
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def write_csv(frame: pl.DataFrame, path: Path | str) -> None:
    """Write a frame as CSV, whole."""
    with whole(path) as beside:
        frame.write_csv(beside)


def write_text(text: str, path: Path | str) -> None:
    """Write a text in UTF-8, whole."""
    with whole(path) as beside:
        beside.write_text(text, encoding="utf-8")


def write_bytes(content: bytes, path: Path | str) -> None:
    """Write bytes, whole."""
    with whole(path) as beside:
        beside.write_bytes(content)
