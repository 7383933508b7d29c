"""The codebook of a centre: how its columns, units, codes and dates map to ours."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from twoarm.config.codebook_checks import table_faults
from twoarm.config.section import Name, Section, as_list
from twoarm.config.source import FileFormat, Texts
from twoarm.dictionary import EXPORTS, MAY_LACK

DateOrder = Literal["ymd", "dmy", "mdy"]


class Guess(Section):
    """What a drafted codebook says of itself; a person confirms it by taking it out."""

    evidence: str
    """What speaks for it."""
    confidence: float = Field(ge=0, le=1)
    """How sure it is, from 0 to 1."""


class FieldMap(Section):
    """One field of the dictionary, as a centre exports it."""

    column: str | None = None
    """Column of the export; `{repeat}` in it stands for each of the table's repeats."""
    items: Annotated[list[str], BeforeValidator(as_list)] = []
    """Of a table whose rows tell one item each: what this field is called there."""
    unit: str | None = None
    """Unit of the export, where the dictionary's field has one; a column of units, if
    there is one, has the last word."""
    factor: float | None = Field(default=None, gt=0)
    """What the export's numbers are multiplied by, where the assay has a factor of its
    own."""
    codes: dict[str, str | bool] = {}
    """Text of the export to level of the dictionary, or to true and false."""
    missing: Texts | None = None
    """Texts that stand for a value that is not known, instead of the table's."""
    date_order: DateOrder | None = None
    """Order of the parts of a date, instead of the table's."""
    digits: int | None = Field(default=None, ge=1, le=40)
    """Length of a record number: zeros that a spreadsheet took away are put back."""
    guess: Guess | None = None
    """A drafted field that nobody has confirmed: an error until it is taken out."""


def _as_map(value: object) -> object:
    return {"column": value} if isinstance(value, str) else value


class Items(Section):
    """Columns of a table whose rows tell one item each."""

    column: str
    """Column that names the item."""
    value: str
    """Column that holds its value."""
    unit: str | None = None
    """Column that holds its unit."""


class TableMap(FileFormat):
    """One file or sheet, which holds one table of the dictionary, or part of it."""

    path: str | None = None
    """File, relative to the folder of the exports; none for a query to a server."""
    date_order: DateOrder | None = None
    """Order of the parts of dates such as 03/05/2021; a fault if one is ambiguous and
    no order is given."""
    date_formats: list[str] = []
    """Forms of the dates, as strptime writes them, tried in this order; if left out,
    every form that docs/parsers.md lists is read."""
    only_with: str | None = None
    """Column without which a row holds none of this table, such as the date of surgery
    in a file of all patients."""
    repeats: Annotated[list[str], BeforeValidator(as_list)] = []
    """Ends or parts of column names, such as D0 and C2, for each of which a row of the
    file tells one row of the table."""
    items: Items | None = None
    """Columns of a table whose rows tell one item each."""
    fields: dict[str, Annotated[FieldMap, BeforeValidator(_as_map)]]
    """Field of the dictionary to the column that holds it."""

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if bool(self.path) == bool(self.connection):
            raise ValueError("give just one of path and connection")
        return self


TableName = Literal[
    "patients",
    "assessments",
    "lesions",
    "labs",
    "treatments",
    "surgeries",
    "complications",
    "adverse_events",
    "follow_ups",
]


class Codebook(Section):
    """The codebook of one centre."""

    centre: Name
    """Centre, as the study names it."""
    label: str
    """Centre in words."""
    tables: dict[TableName, Annotated[list[TableMap], BeforeValidator(as_list)]]
    """Table of the dictionary to the file that holds it, or to several."""

    @model_validator(mode="after")
    def _in_dictionary(self) -> Self:
        lacking = [
            f"no table {name}"
            for name in EXPORTS
            if name not in self.tables and name not in MAY_LACK
        ]
        given = self.model_dump()["tables"]
        faults = [
            fault
            for name, parts in given.items()
            for fault in table_faults(name, parts, summed="lesions" in given)
        ]
        if lacking or faults:
            raise ValueError("; ".join([*lacking, *faults]))
        return self
