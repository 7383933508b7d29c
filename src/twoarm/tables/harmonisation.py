"""Tables that harmonisation writes: typed rows under the names of the dictionary."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from twoarm.flags import has_flag
from twoarm.tables.contract import OpenTable, Table, dy

PLACE = ["source_file", "source_row"]
"""Columns that say where a record stands in the exports."""


class Records(OpenTable):
    """One row a usable row of a source, with its place in the source."""

    source_file = dy.String(
        description="Name of the file; of an export, behind its centre."
    )
    source_row = dy.Int64(
        min=1, description="Row as a spreadsheet counts: the header is row 1."
    )
    patient_id = dy.String(description="Patient, as the source identifies them.")

    @classmethod
    def read_tables(
        cls, paths: Sequence[Path | str], tables: Sequence[str]
    ) -> dict[str, pl.DataFrame]:
        """Read tables that are named as their files are, those of all centres stacked.

        Returns
        -------
        dict
            Table to its records.
        """
        return {
            table: cls.read_all([path for path in paths if Path(path).stem == table])
            for table in tables
        }

    @classmethod
    def read_of(
        cls, paths: Sequence[Path | str], tables: Sequence[str], patients: pl.DataFrame
    ) -> dict[str, pl.DataFrame]:
        """Read tables as `read_tables` does, the records of some patients alone.

        Parameters
        ----------
        patients
            `patient_id` of whom to read.
        """
        who = patients.lazy().select("patient_id")
        how: Any = {"on": "patient_id", "how": "semi", "maintain_order": "left"}
        return {
            table: cls.check(records.join(who, **how).collect())
            for table, records in cls.read_lazily(paths, tables).items()
        }

    @classmethod
    def read_identifiers(cls, paths: Sequence[Path | str]) -> pl.Series:
        """Read of all records whose they are, each patient once."""
        told = [pl.scan_parquet(path).select("patient_id") for path in paths]
        return pl.concat(told).unique().collect()["patient_id"]

    @classmethod
    def read_lazily(
        cls, paths: Sequence[Path | str], tables: Sequence[str]
    ) -> dict[str, pl.LazyFrame]:
        """Name the records that `read_tables` reads, to be read a column at a time.

        They are not checked again.
        """
        return {
            table: pl.concat(
                [pl.scan_parquet(path) for path in paths if Path(path).stem == table]
            )
            for table in tables
        }


class Aside(Table):
    """One row a visit that was set aside: of whom, and on which day."""

    source_file = dy.String(description="Name of the file.")
    source_row = dy.Int64(
        min=1, description="Row as a spreadsheet counts: the header is row 1."
    )
    patient_id = dy.String(nullable=True, description="Patient; null if not known.")
    visit_date = dy.Date(nullable=True, description="Day; null if not known.")

    @classmethod
    def key(cls) -> list[str]:
        """Name the columns of a row: its place in the file."""
        return PLACE


PART = "part"
"""Column that numbers the files of one table in the rows that ingestion hands on."""
OUTCOMES = ("used", "missing", "withheld", "set_aside")


class Cells(Table):
    """One row a cell of a mapped column of a row that was read, and what became of it.

    A cell is used, or holds nothing, or is withheld with the rule that it breaks, or
    its row is set aside.
    """

    file = dy.String(description="Name of the file; of an export, behind its centre.")
    sheet = dy.String(nullable=True, description="Sheet of a workbook.")
    row = dy.Int64(
        min=1, description="Row as a spreadsheet counts: the header is row 1."
    )
    column = dy.String(description="Column as the file names it.")
    table = dy.String(description="Table of the dictionary.")
    field = dy.String(description="Field of the dictionary.")
    text = dy.String(
        nullable=True, description="As it stands in the file; null for an identifier."
    )
    outcome = dy.Enum(list(OUTCOMES), description="What became of it.")
    rule = dy.String(nullable=True, description="Broken rule of a cell withheld.")
    flags = dy.UInt16(description="Bits of `twoarm.flags`.")

    @classmethod
    def read_lazily(cls, paths: Sequence[Path | str]) -> pl.LazyFrame:
        """Name the cells of all files, to be streamed; they are not checked again."""
        return pl.concat([pl.scan_parquet(path) for path in paths])

    @classmethod
    def read_flagged(cls, paths: Sequence[Path | str], flag: str) -> pl.DataFrame:
        """Read the cells that are used with a flag, and no others into memory."""
        flagged = (pl.col("outcome") == "used") & has_flag(pl.col("flags"), flag)
        return cls.check(cls.read_lazily(paths).filter(flagged).collect())


LEFT = ("n_quarantined", "n_merged", "n_elsewhere")
"""Counts of rows that were read and are not used."""


class Ledger(Table):
    """One row a file: what became of the rows that were read."""

    centre = dy.String(primary_key=True, description="Who exported the file.")
    table = dy.String(primary_key=True, description="Table of the dictionary.")
    file = dy.String(primary_key=True, description="Name of the file.")
    encoding = dy.String(
        nullable=True, description="Encoding as detected or given; null if unreadable."
    )
    n_read = dy.Int64(min=0, description="Rows read.")
    n_used = dy.Int64(min=0, description="Rows handed on.")
    n_quarantined = dy.Int64(min=0, description="Rows set aside with a reason.")
    n_merged = dy.Int64(min=0, description="Rows that tell what another row tells.")
    n_elsewhere = dy.Int64(
        min=0, description="Rows that hold none of this table, such as no surgery."
    )

    @dy.rule()
    def no_row_is_lost(cls) -> pl.Expr:
        """Rows read are handed on, set aside, merged, or hold none of the table."""
        counted = pl.sum_horizontal("n_used", *LEFT)
        return pl.col("n_read") == counted


class Persons(Table):
    """One row a patient of a centre: which person that is."""

    patient_id = dy.String(primary_key=True, description="Patient of a centre.")
    person = dy.String(description="The patient under whom the person is followed.")
    rule = dy.String(
        nullable=True,
        description="By which rule they are one: `national_id`, `name_and_birth` or "
        "`settled` by a person; null of a patient who is alone.",
    )
    survivor = dy.Bool(description="This patient is that one.")


class Reviews(Table):
    """One row a pair of patients who may be one person: a person must say so.

    The list is a form: with `same` filled in it is what `source.linkage` names.
    """

    patient_id = dy.String(primary_key=True, description="Patient.")
    other_id = dy.String(primary_key=True, description="The other patient.")
    rule = dy.String(
        primary_key=True,
        description="`alike` in birth date, first dose and AFP, or `ids_differ` while "
        "sex, birth date and name agree.",
    )
    file = dy.String(description="File of the patient.")
    row = dy.Int64(min=1, description="Row of the patient.")
    other_file = dy.String(description="File of the other.")
    other_row = dy.Int64(min=1, description="Row of the other.")
    same = dy.Bool(nullable=True, description="Are they one; null while not settled.")


class Conflicts(Table):
    """One row a person and field that rows tell differently. Never a value."""

    table = dy.String(description="Table of the dictionary.")
    field = dy.String(description="Field of the dictionary.")
    files = dy.List(dy.String(), description="Files of the rows.")
    rows = dy.List(dy.Int64(), description="Their rows.")
    settled = dy.String(description="The rule by which one is believed.")


class Marks(Table):
    """One row a mark on a row that was read, or on one field of it.

    It is made after all centres were read, and adds to the contract Cells.
    """

    table = dy.String(description="Table of the dictionary.")
    file = dy.String(description="Name of the file.")
    row = dy.Int64(min=1, description="Row of the file.")
    field = dy.String(nullable=True, description="Field; null: all of the row.")
    flags = dy.UInt16(description="Bits of `twoarm.flags` to add.")
    set_aside = dy.Bool(description="The row is set aside.")
