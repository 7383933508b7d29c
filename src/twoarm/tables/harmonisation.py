"""Tables that harmonisation writes: typed rows under the names of the dictionary."""

import polars as pl

from twoarm.tables.contract import OpenTable, Table, dy


class Records(OpenTable):
    """One row a usable row of a source, with its place in the source."""

    source_file = dy.String(
        description="Name of the file; of an export, behind its centre."
    )
    source_row = dy.Int64(
        min=1, description="Row as a spreadsheet counts: the header is row 1."
    )
    patient_id = dy.String(description="Patient, as the source identifies them.")


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

    @dy.rule()
    def no_row_is_lost(cls) -> pl.Expr:
        """Rows read are rows handed on and rows set aside."""
        return pl.col("n_read") == pl.col("n_used") + pl.col("n_quarantined")
