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
    """One row a file that was read."""

    table = dy.String(primary_key=True, description="Table that the file holds.")
    file = dy.String(description="Name of the file; of an export, behind its centre.")
    sheet = dy.String(nullable=True, description="Sheet of a workbook.")
    encoding = dy.String(
        nullable=True, description="Encoding as detected or given; null if unreadable."
    )
    n_read = dy.Int64(nullable=True, min=0, description="Rows read.")
