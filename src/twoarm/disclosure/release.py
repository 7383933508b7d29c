"""The last look before anything leaves: what may tell of one patient."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from html import escape

import polars as pl

from twoarm.errors import InputError
from twoarm.parsers.eventnames import list_events
from twoarm.pseudonyms import is_national_id

LONG_ENOUGH = 6
"""Shorter identifiers cannot be told from counts."""
# ASSUME: a number with digits after a point is a measurement, not an identifier.
MEASUREMENT = re.compile(r"\d*\.\d+")
TOKEN = re.compile(r"[\w:.-]+")
_YEAR, _MONTH, _DAY = (
    r"(?:19|20)\d\d",
    r"(?:0?[1-9]|1[0-2])",
    r"(?:0?[1-9]|[12]\d|3[01])",
)
_NAMED = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}"
DATE = re.compile(
    "|".join(
        [
            r"(?<!\d)(?<!\d\.)(?:19|20)\d\d-[01]\d-[0-3]\d(?!\d)",
            rf"(?<![\d./]){_YEAR}/{_MONTH}/{_DAY}(?![\d/])",
            rf"(?<![\d./]){_DAY}/{_DAY}/{_YEAR}(?![\d/])",
            rf"(?<![\d.]){_YEAR}\.{_MONTH}\.{_DAY}(?![\d.])",
            rf"(?<![\d.]){_DAY}\.{_MONTH}\.{_YEAR}(?![\d.])",
            rf"(?<!\d){_YEAR} ?年 ?{_MONTH} ?月 ?{_DAY} ?日",
            rf"(?<!\d){_DAY}[- ]{_NAMED}\.?[- ,]{{1,2}}{_YEAR}(?!\d)",
            rf"\b{_NAMED}\.? {_DAY},? {_YEAR}(?!\d)",
        ]
    )
)
"""A day as hospitals write one; a month or a year alone is none."""
_ALONE, _ENDS = r"(?<![0-9A-Za-z_.+/=-])", r"(?![0-9A-Za-z_/+=]|\.\d)"
PHONE = re.compile(rf"{_ALONE}(?:\+?86[- ]?)?1[3-9]\d{{9}}{_ENDS}")
# SOURCE: mobile numbers of China: 11 digits, of which the second is 3 to 9.
NATIONAL = re.compile(rf"{_ALONE}\d{{17}}[\dXx]{_ENDS}")


def list_few(
    tables: Iterable[pl.LazyFrame], fields: Collection[str], minimum_count: int
) -> set[str]:
    """List the texts that few patients have, of fields that may hold any text.

    Parameters
    ----------
    tables
        Records, with `patient_id`.
    fields
        Of which no levels are stated; a name that is on the list of adverse events and
        complications tells of nobody.
    minimum_count
        As many patients are not few.
    """
    rows = [
        table.select("patient_id", text=pl.col(field).cast(pl.String)).drop_nulls()
        for table in tables
        for field in fields
        if field in table.collect_schema().names()
    ]
    if not rows:
        return set()
    counts = pl.concat(rows).group_by("text").agg(n=pl.col("patient_id").n_unique())
    few = counts.filter(pl.col("n") < minimum_count).collect()["text"]
    return {*few} - {*list_events().values()}


def check_release(
    texts: Mapping[str, str], identifiers: Iterable[str], few: Iterable[str] = ()
) -> None:
    """Refuse a release that holds what may tell of one patient.

    That is an identifier, a calendar date, a national id, a telephone number, or a text
    that few patients have.

    Parameters
    ----------
    texts
        Name of a file to what a person can read in it.
    identifiers
        Of the patients; those of fewer than six characters are passed over.
    few
        Texts that few patients have; numbers and those as short are passed over.

    Raises
    ------
    InputError
        Names the files, never what was found.
    """
    known = {each for each in identifiers if len(each) >= LONG_ENOUGH}
    known |= {each.rsplit(":", 1)[-1] for each in known if ":" in each}
    known = {each for each in known if len(each) >= LONG_ENOUGH}
    spaced = {each for each in known if not TOKEN.fullmatch(each)}
    spaced |= {escape(each) for each in spaced}
    rare = {each for each in few if len(each) >= LONG_ENOUGH and not _is_number(each)}
    rare |= {escape(each) for each in rare}
    found = [
        f"  {name}: {what}"
        for name, text in texts.items()
        for what, is_there in (
            (
                "an identifier of a patient",
                not known.isdisjoint(_pieces(text))
                or any(each in text for each in spaced),
            ),
            ("a calendar date", DATE.search(text)),
            ("a telephone number", PHONE.search(text)),
            ("a national id", any(map(is_national_id, NATIONAL.findall(text)))),
            ("a text that few patients have", any(each in text for each in rare)),
        )
        if is_there
    ]
    if found:
        raise InputError(
            "\n".join(
                [
                    "The release is refused; it would hold what must not leave:",
                    *found,
                    "Look for labels or codes of the study that hold it. A level that "
                    "few patients have may leave if the study states it: "
                    "covariates.<name>.levels.",
                ]
            )
        )


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).removeprefix("-").isdecimal()


def _pieces(text: str) -> Iterator[str]:
    """Yield whatever may be an identifier: tokens, and what is joined in them."""
    for token in set(TOKEN.findall(text)):
        yield token.lstrip(":-").rstrip(":.-")
        for piece in re.split(r"[:_-]", token):
            yield piece
            if not MEASUREMENT.fullmatch(piece):
                yield from piece.split(".")
