"""Guess which texts of a column stand for which level, and which for nothing known."""

import re
from collections.abc import Mapping
from typing import Any

import polars as pl

from twoarm.code_words import CODES, MISSING_MARKS, MISSING_WORDS, NO, YES
from twoarm.dictionary import Field
from twoarm.ingestion.evidence import Guess, plain_text
from twoarm.ingestion.headers import parse_header
from twoarm.units import factors_of, plain_unit

FEW_ROWS = 5
"""Texts of fewer rows than this are counted, and not shown."""
DIRECTION = {
    **dict.fromkeys(("alive", "存活", "存活状态", "生存"), ("alive", "dead")),
    **dict.fromkeys(("死亡", "是否死亡", "death", "dead"), ("dead", "alive")),
}
"""Header of the vital status to what 1 and 0 stand for."""


def guess_flag(texts: pl.Series) -> Guess:
    """Guess which texts stand for true and false."""
    counts = _counts(texts)
    plain = {text: plain_text(text) for text in counts}
    plus = {"+", "(+)"} & {*plain.values()}
    codes: dict[str, Any] = {
        text: word in YES
        for text, word in plain.items()
        if word in YES or (word in NO and (word != "-" or plus))
    }
    if codes:
        return _coded(codes, counts, "the texts are words for yes and no")
    if {*counts} == {"0", "1"}:
        why = "1 is taken for yes and 0 for no; the file does not say so"
        return _coded({"1": True, "0": False}, counts, why, 0.7)
    return _coded({}, counts, "no text is a word for yes or no", 0.5)


def guess_code(field: Field, header: str, texts: pl.Series) -> Guess:
    """Guess which level each text stands for, by its word or by the header."""
    counts = _counts(texts)
    words = {
        word: level
        for level, names in CODES.get(field.name, {}).items()
        for word in names.split()
    }
    plain = {text: plain_text(text).replace(" ", "") for text in counts}
    codes: dict[str, Any] = {
        text: words[word] for text, word in plain.items() if word in words
    }
    if codes:
        return _coded(codes, counts, "the texts are words for the levels")
    stated = _stated_codes(header, words)
    if stated and {*stated} >= {*counts}:
        return _coded(stated, counts, "the header says what the codes stand for", 0.95)
    pair = DIRECTION.get(parse_header(header).name)
    if pair and field.name == "vital_status" and {*counts} <= {"0", "1"}:
        codes = dict(zip(("1", "0"), pair, strict=True))
        return _coded(codes, counts, "the header names what 1 stands for", 0.8)
    return _coded({}, counts, "no text is a word for a level", 0.5)


def _stated_codes(header: str, words: Mapping[str, str]) -> dict[str, Any]:
    """Read what a header such as `性别(1=男,2=女)` says of its codes."""
    pairs = re.findall(r"\d\s*[=:]?\s*[^\d=:,;()\s]+", plain_text(header))
    stated = {pair[0]: pair[1:].strip(" =:") for pair in pairs}
    known = {code: words[word] for code, word in stated.items() if word in words}
    return dict(known) if len(known) == len(stated) else {}


def guess_from(
    field: Field, texts: pl.Series, marker: pl.Series, levels: tuple[str, str], why: str
) -> Guess:
    """Guess two codes from what another column tells of the same rows.

    Parameters
    ----------
    field
        Of the dictionary.
    texts
        Of the column.
    marker
        Of the same rows, true or false; null where it tells nothing.
    levels
        Levels where the marker is true, and where it is false.
    why
        What the other column is.
    """
    rows = pl.DataFrame({"text": _codes_of(texts), "marker": marker}).drop_nulls()
    split = rows.group_by("text").agg(pl.col("marker").mean()).sort("text")
    shares = dict(split.rows())
    if len(shares) != 2 or {round(share) for share in shares.values()} != {0, 1}:
        return Guess({}, [], [], 0.5)
    if any(min(share, 1 - share) > 0.02 for share in shares.values()):
        return Guess({}, [], [], 0.5)
    codes: dict[str, Any] = {
        text: levels[0] if share > 0.5 else levels[1] for text, share in shares.items()
    }
    return _coded(codes, _counts(texts), why, 0.85)


def _codes_of(texts: pl.Series) -> pl.Series:
    """Write codes as they stand, whole numbers without decimals; no marks of gaps."""
    stripped = texts.str.strip_chars().str.replace(r"^(\d+)\.0$", "$1")
    known = ~stripped.is_in([*MISSING_WORDS, ""])
    return pl.DataFrame({"text": stripped}).select(pl.when(known).then("text"))["text"]


def _counts(texts: pl.Series) -> dict[str, int]:
    """Count the codes, the most frequent first."""
    counts = _codes_of(texts).drop_nulls().value_counts()
    return dict(counts.sort("count", "text", descending=[True, False]).rows())


def _coded(
    codes: Mapping[str, Any], counts: Mapping[str, int], why: str, sure: float = 1.0
) -> Guess:
    """Give the codes, and tell of the texts that have none; rare ones stay unseen."""
    left = [text for text in counts if text not in codes]
    shown = [text for text in left if counts[text] >= FEW_ROWS][:10]
    notes = [f"codes not known: {', '.join(map(repr, shown))}"] if shown else []
    if rare := len(left) - len(shown):
        notes.append(f"{rare} more texts have no code")
    keys = {"codes": dict(codes)} if codes else {}
    return Guess(keys, [why], notes, sure if not left or not codes else 0.8 * sure)


def list_missing_words(texts: pl.Series) -> list[str]:
    """List the texts of a column that stand for nothing known in whatever column."""
    stripped = texts.drop_nulls().str.strip_chars().unique().to_list()
    return [word for word in MISSING_WORDS if word in stripped]


def list_missing_marks(field: Field, unit: str | None, texts: pl.Series) -> list[str]:
    """List the texts that stand for nothing known in this column.

    A number such as 999 does so if it stands there often and cannot be a value.
    """
    if field.kind not in ("number", "size", "date", "ecog"):
        return []
    factor = factors_of(field.name).get(plain_unit(unit or ""), 1.0)
    counts = _counts(texts)
    found = []
    for mark in MISSING_MARKS:
        numeric = mark.lstrip("-").isdigit()
        low, high = field.hard or (0, float("inf"))
        possible = numeric and low <= float(mark) * factor <= high
        often = counts.get(mark, 0) >= (3 if numeric else 1)
        if often and not possible and not (numeric and field.kind == "size"):
            found.append(mark)
    return found
