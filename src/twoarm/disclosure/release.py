"""The last look before anything leaves: identifiers and dates in what is released."""

import re
from collections.abc import Iterable, Iterator, Mapping
from html import escape

from twoarm.errors import InputError

LONG_ENOUGH = 6
"""Shorter identifiers cannot be told from counts."""
# ASSUME: a number with digits after a point is a measurement, not an identifier.
MEASUREMENT = re.compile(r"\d*\.\d+")
TOKEN = re.compile(r"[\w:.-]+")
DATE = re.compile(r"(?<!\d)(?<!\d\.)(19|20)\d\d-[01]\d-[0-3]\d(?!\d)")


def check_release(texts: Mapping[str, str], identifiers: Iterable[str]) -> None:
    """Refuse a release that holds a patient's identifier or a calendar date.

    Parameters
    ----------
    texts
        Name of a file to what a person can read in it.
    identifiers
        Of the patients; those of fewer than six characters are passed over.

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
        )
        if is_there
    ]
    if found:
        raise InputError(
            "\n".join(
                [
                    "The release is refused; it would hold what must not leave:",
                    *found,
                    "Look for labels or codes of the study that hold an identifier "
                    "or a date.",
                ]
            )
        )


def _pieces(text: str) -> Iterator[str]:
    """Yield whatever may be an identifier: tokens, and what is joined in them."""
    for token in set(TOKEN.findall(text)):
        yield token.lstrip(":-").rstrip(":.-")
        for piece in re.split(r"[:_-]", token):
            yield piece
            if not MEASUREMENT.fullmatch(piece):
                yield from piece.split(".")
