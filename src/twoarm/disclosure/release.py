"""The last look before anything leaves: what may tell of one patient."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from html import unescape

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
        Texts that few patients have; numbers, and those as short, in Chinese of fewer
        than three characters, are passed over.

    Raises
    ------
    InputError
        Names the files, never what was found.
    """
    known = {each for each in identifiers if len(each) >= LONG_ENOUGH}
    known |= {each.rsplit(":", 1)[-1] for each in known if ":" in each}
    known = {each for each in known if len(each) >= LONG_ENOUGH}
    spaced = {each for each in known if not TOKEN.fullmatch(each)}
    rare = {each for each in few if _tells(each)}
    found = [
        f"  {name}: {what}"
        for name, text in texts.items()
        for what in _find_private(text, known, spaced, rare)
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


def _find_private(
    text: str, known: Set[str], spaced: Set[str], rare: Set[str]
) -> Iterator[str]:
    """Name what a text holds that must not leave."""
    plain = unescape(text).replace('""', '"') if spaced or rare else ""
    named = not known.isdisjoint(_pieces(text))
    if named or any(each in plain for each in spaced):
        yield "an identifier of a patient"
    for what, form in (("a calendar date", DATE), ("a telephone number", PHONE)):
        if form.search(text):
            yield what
    if any(map(is_national_id, NATIONAL.findall(text))):
        yield "a national id"
    if any(each in plain for each in rare):
        yield "a text that few patients have"


def _tells(text: str) -> bool:
    """Tell whether a text is more than a number or a short code."""
    # ASSUME: a Chinese text of two characters is a code, and of three may be a name.
    number = text.replace(".", "", 1).removeprefix("-").isdecimal()
    return not number and len(text) >= (LONG_ENOUGH if text.isascii() else 3)


def _pieces(text: str) -> Iterator[str]:
    """Yield whatever may be an identifier: tokens, and what is joined in them."""
    for token in set(TOKEN.findall(text)):
        yield token.lstrip(":-").rstrip(":.-")
        for piece in re.split(r"[:_-]", token):
            yield piece
            if not MEASUREMENT.fullmatch(piece):
                yield from piece.split(".")
