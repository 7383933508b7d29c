"""Pseudonyms: who a row is of becomes a keyed hash before anything is written."""

import hashlib
import hmac
import logging
import os
import re
import stat
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from twoarm.errors import InputError
from twoarm.ingestion.reading import Fault, Rows
from twoarm.pseudonyms import DEMONSTRATION, HEX, derive_pseudonym

log = logging.getLogger(__name__)

BYTES = 32
"""Least length of a key."""
ADVICE = (
    "make one with  python -c 'import secrets; print(secrets.token_hex(32))'  , keep "
    "it out of the project in a file that you alone can read, and name that file in "
    "TWOARM_KEY_FILE"
)
ROUNDED = re.compile(r"\d+(\.\d+)?E\+\d+|\d+\.\d+E\d+|\d+\.0*")
"""How a spreadsheet shows a number; digits may be lost."""
LOST = (
    "identifier_rounded",
    "a spreadsheet shows this number in rounded form, digits of it may be lost; export "
    "the column as text",
)


def replace_identifiers(
    read: Rows,
    identifiers: Sequence[Mapping[str, Any]] = (),
    columns: Collection[str] = (),
    *,
    key: bytes,
    centre: str,
) -> Rows:
    """Replace identifiers by the first 16 hexadecimal digits of their HMAC-SHA256.

    A record number is hashed with its centre, so that equal numbers of two centres
    stay apart; a national id and a name without, so that a person is found at both.

    Parameters
    ----------
    read
        Columns of text and `source_row`, and what was wrong with the file.
    identifiers
        Each with `column`, `field` (its name in the dictionary), `scope` (`centre` or
        `person`), `digits` (length of a record number, zeros in front) or None, and the
        texts that stand for a `missing` one. A column that is not there is passed over.
    columns
        What is asked for; others, which may name a person too, are left behind. All are
        kept if none is given.
    key, centre
        Secret, and who exported the file.

    Returns
    -------
    Rows
        Null where an identifier is missing, or is shown as a spreadsheet rounds
        numbers, which is a fault unless one of the cell is told already. A national id
        that cannot be one is marked by `DOUBTED`: nobody is found by it.
    """
    rows, faults = read.rows, list(read.faults)
    for each in identifiers:
        column = each["column"]
        if column not in rows.columns:
            continue
        text = rows[column]
        names = {
            raw: _pseudonym(raw, each, key, centre)
            for raw in text.unique().drop_nulls().to_list()
        }
        rounded = [raw for raw, name in names.items() if name == ""]
        gone = rows.filter(pl.col(column).is_in(rounded))["source_row"]
        told = {fault.row for fault in faults if fault.column == column}
        faults += [Fault(row, column, *LOST) for row in gone if row not in told]
        new = text.replace_strict(
            list(names), [name or None for name in names.values()],
            default=None, return_dtype=pl.String,
        )  # fmt: skip
        rows = rows.with_columns(new.alias(column))
    asked = {"source_row", *columns} if columns else {*rows.columns}
    kept = rows.select(each for each in rows.columns if each in asked)
    return read._replace(rows=kept, faults=tuple(faults))


def _pseudonym(
    raw: str, identifier: Mapping[str, Any], key: bytes, centre: str
) -> str | None:
    """Give a pseudonym, None if nobody is named, and nothing if digits are lost."""
    text = unicodedata.normalize("NFKC", raw).strip()
    if not text or text in {each.strip() for each in identifier.get("missing") or ()}:
        return None
    field = identifier["field"]
    if field != "person_name" and ROUNDED.fullmatch(text.upper()):
        return ""
    within = centre if identifier["scope"] == "centre" else ""
    digits = identifier["digits"]
    return derive_pseudonym(text, field, key=key, within=within, digits=digits)


def read_key(fingerprint: str = "") -> bytes:
    """Read the key of the pseudonyms: `TWOARM_KEY`, or what `TWOARM_KEY_FILE` names.

    Parameters
    ----------
    fingerprint
        Of the key that is meant; that of the demonstration stands for its key.

    Raises
    ------
    InputError
        If there is no key, it is shorter than 32 bytes, or another one is meant.
    """
    if fingerprint == fingerprint_of(DEMONSTRATION):
        return DEMONSTRATION
    if given := os.environ.get("TWOARM_KEY"):
        key = given.strip().encode()
    elif path := os.environ.get("TWOARM_KEY_FILE"):
        key = _read_key_file(Path(path))
    else:
        raise InputError(
            "exports of patients need a key for their pseudonyms, and there is none in "
            f"TWOARM_KEY or TWOARM_KEY_FILE: {ADVICE}"
        )
    if len(key) < BYTES:
        raise InputError(
            f"the key for pseudonyms has {len(key)} bytes, not {BYTES}: {ADVICE}"
        )
    if fingerprint not in ("", fingerprint_of(key)):
        raise InputError(
            "the key for pseudonyms is not that with which the run began: give every "
            "node the same TWOARM_KEY_FILE"
        )
    return key


def _read_key_file(path: Path) -> bytes:
    try:
        if os.name == "posix" and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            log.warning(
                "the file of the key can be read by others than its owner: chmod 600"
            )
        return path.read_bytes().strip()
    except OSError:
        raise InputError(
            f"the file that TWOARM_KEY_FILE names cannot be read: {ADVICE}"
        ) from None


def fingerprint_of(key: bytes) -> str:
    """Give what tells one key from another, and nothing of either.

    A key that is drawn at random cannot be found from it: there are too many.
    """
    said = b"twoarm: fingerprint of the key"
    return hmac.new(key, said, hashlib.sha256).hexdigest()[:HEX]


def read_fingerprint(*, simulated: bool) -> str:
    """Read the fingerprint of the key at hand, or of the demonstration's."""
    return fingerprint_of(DEMONSTRATION if simulated else read_key())
