"""Tables that ingestion writes: rows as the export holds them, and its faults."""

from twoarm.tables.contract import Table, dy


class Faults(Table):
    """One row a fault: where in the input, and which rule it breaks. Never a value."""

    file = dy.String(description="Name of the file; of an export, behind its centre.")
    sheet = dy.String(nullable=True, description="Sheet of a workbook.")
    row = dy.Int64(
        nullable=True,
        min=1,
        description="Row as a spreadsheet counts: the header is row 1.",
    )
    column = dy.String(nullable=True, description="Column as the file names it.")
    rule = dy.String(description="Name of the broken rule.")
    what = dy.String(description="What is wrong and what to do.")


class Files(Table):
    """One row a file of a table that was read."""

    table = dy.String(primary_key=True, description="Table that the file holds.")
    part = dy.Int64(
        primary_key=True, min=1, description="Which of the files of the table."
    )
    file = dy.String(description="Name of the file; of an export, behind its centre.")
    sheet = dy.String(nullable=True, description="Sheet of a workbook.")
    encoding = dy.String(
        nullable=True, description="Encoding as detected or given; null if unreadable."
    )
    n_read = dy.Int64(nullable=True, min=0, description="Rows read.")
    n_left_out = dy.Int64(
        nullable=True,
        min=0,
        description="Rows that are no data.",
    )
    epoch = dy.String(
        nullable=True,
        regex=r"^(1900|1904)$",
        description="Year from which a workbook counts days, where it is known.",
    )
