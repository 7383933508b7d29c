"""Match the headers of an export to the dictionary's fields by what they are called."""

import re
import unicodedata
from difflib import SequenceMatcher
from functools import cache
from typing import NamedTuple

from twoarm.dictionary import EXPORTS
from twoarm.synonyms import FIELDS, OTHERS, QUALIFIERS, WEAK
from twoarm.units import FACTORS, REFUSED, plain_unit

MARKS = re.compile(r"[\s_\-.:/\\()\[\]{}*,、\"'·;|–—]")
BRACKETS = re.compile(r"[(\[【]([^()\[\]【】]*)[)\]】]\s*$")
WIDE = str.maketrans("（）［］，；：", "()[],;:")
RUNS = re.compile(r"[㐀-鿿]+|[^㐀-鿿]+")
PLAIN_UNITS = (
    *("%", "月", "months", "month", "天", "days", "年", "years", "岁", "分", "分钟"),
    *("min", "minutes", "h", "ml", "毫升", "次", "个"),
)
"""Units of fields that come in one alone."""

# ASSUME: how sure a field is of which a column has the name, by how it has it.
EXACT, OWN_RUNS, QUALIFIED, GENERAL, SIMILAR = 0.95, 0.9, 0.75, 0.7, 0.6
SIMILAR_FROM = 0.8
"""Share of two names that must be the same for one to be a slip of the other."""


class Header(NamedTuple):
    """The name of a column and the unit in it, in plain form."""

    name: str
    unit: str
    shown_unit: str


class Match(NamedTuple):
    """A field that a column may hold: how sure, and what speaks for it."""

    table: str
    field: str
    score: float
    why: str


def normal_name(text: str) -> str:
    """Write a name as synonyms are written: lower case, without spaces and marks.

    >>> normal_name("PIVKA-Ⅱ"), normal_name("ＡＦＰ 甲胎"), normal_name("Child-Pugh")
    ('pivkaii', 'afp甲胎', 'childpugh')
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    return MARKS.sub("", plain.replace("µ", "u").replace("μ", "u"))


@cache
def _units() -> dict[str, str]:
    """Plain form of every unit that a field may have, or is refused in, to the unit."""
    named = [unit for each in FACTORS.values() for unit in each]
    named += [unit for each in REFUSED.values() for unit in each]
    known = {plain_unit(unit): unit for unit in reversed(named)}
    return {**{unit: unit for unit in PLAIN_UNITS}, **known}


def parse_unit(text: str | None) -> str:
    """Give the unit that a text is, as we write it; nothing if it is none we know.

    >>> parse_unit("μmol／L"), parse_unit("×10⁹/L"), parse_unit("MDT")
    ('umol/L', '10^9/L', '')
    """
    return _units().get(plain_unit(text or ""), "") if text else ""


def parse_header(text: str) -> Header:
    """Part a header into its name and the unit behind it.

    >>> parse_header("总胆红素(umol/L)").name, parse_header("ALB, g/dL").unit
    ('总胆红素', 'g/dL')
    >>> parse_header("Resectable (MDT)").name
    'resectablemdt'
    """
    text = text.strip().translate(WIDE)
    found = BRACKETS.search(text)
    inside = found[1] if found else ""
    if found and (unit := parse_unit(inside)):
        return Header(normal_name(text[: found.start()]), unit, inside)
    pieces = re.split(r"[\s_,;:]+", text)
    for start in range(1, len(pieces)):
        end = "/".join(pieces[start:])
        if unit := parse_unit(end):
            name = normal_name("".join(pieces[:start]))
            return Header(name, unit, end)
    return Header(normal_name(text), "", "")


@cache
def _named() -> dict[str, list[tuple[str, str]]]:
    """Name to the fields that have it, those of the dictionary's own names too."""
    found: dict[str, list[tuple[str, str]]] = {}
    for table, fields in EXPORTS.items():
        for field in fields:
            own = (normal_name(field.name), parse_header(field.name).name)
            for name in dict.fromkeys((*FIELDS[table].get(field.name, ()), *own)):
                found.setdefault(name, []).append((table, field.name))
    return found


def list_matches(header: str) -> list[Match]:
    """List the fields that a header may name, the surest first.

    Parameters
    ----------
    header
        Name of the column in the export.

    Returns
    -------
    list of Match
        One for each field of each table; none if the header is the name of something
        that the dictionary does not hold, or of nothing known.
    """
    whole, parted = normal_name(header), parse_header(header).name
    named = _named()
    if whole in OTHERS or parted in OTHERS:
        return []
    for name in (whole, parted):
        if name in named:
            return _matches(named[name], *_exact(name))
    before = normal_name(BRACKETS.sub("", header.translate(WIDE)))
    if before in named and not _common(_runs(header)):
        what = "the header is a synonym before its brackets"
        return _matches(named[before], QUALIFIED, what)
    runs = [run for run in _runs(header) if run not in whole or run in named]
    if runs and (common := _common(runs)):
        return _matches(common, OWN_RUNS, "each part of the header is a synonym")
    bare = _without_qualifier(parted)
    if bare in named:
        what = "the header is a synonym behind a word of when or of what"
        return _matches(named[bare], QUALIFIED, what)
    return _similar(parted)


def _exact(name: str) -> tuple[float, str]:
    if name in WEAK:
        return GENERAL, "the header is a synonym, but a word of many uses"
    return EXACT, "the header is a synonym"


def _matches(fields: list[tuple[str, str]], score: float, why: str) -> list[Match]:
    return [Match(*each, score, why) for each in fields]


def _runs(header: str) -> list[str]:
    """Part a header where its script changes, and at its brackets."""
    plain = unicodedata.normalize("NFKC", header)
    pieces = re.split(r"[()\[\]【】]", plain)
    words = [piece for piece in pieces if not parse_unit(piece)]
    parts = [part for word in words for part in RUNS.findall(word)]
    return [run for run in map(normal_name, parts) if run]


def _common(runs: list[str]) -> list[tuple[str, str]]:
    """List the fields that every one of several names stands for."""
    named = [set(_named().get(run, [])) for run in runs]
    shared = set.intersection(*named) if len(named) > 1 else set()
    return [each for each in _named().get(runs[0], []) if each in shared]


def _without_qualifier(name: str) -> str:
    for word in QUALIFIERS:
        if name.startswith(word):
            return name.removeprefix(word)
    return name


def _similar(name: str) -> list[Match]:
    """List fields of which a name differs from this one by a slip."""
    near = list_nearest(name)
    if not near or near[0][0] < SIMILAR_FROM or near[0][1] in OTHERS:
        return []
    ratio, nearest = near[0]
    why = "the header is like a synonym, not the same"
    return _matches(_named()[nearest], SIMILAR * ratio, why)


def list_nearest(name: str) -> list[tuple[float, str]]:
    """List known names by how like they are, the nearest first.

    Parameters
    ----------
    name
        As `normal_name` writes it; a short one is like too many, and has none.
    """
    if len(name.encode()) < 5:
        return []
    matcher = SequenceMatcher(b=name, autojunk=False)
    ratios = []
    for known in (*_named(), *OTHERS):
        matcher.set_seq1(known)
        if len(known.encode()) >= 5 and matcher.real_quick_ratio() > 0.5:
            ratios.append((matcher.ratio(), known))
    return sorted(ratios, reverse=True)


def describe_nearest(header: str) -> str:
    """Name the fields nearest to a header that matched none, for a person to judge."""
    named = _named()
    near = [
        f"{table}.{field}"
        for ratio, known in list_nearest(parse_header(header).name)
        if ratio >= 0.5
        for table, field in named.get(known, [])
    ]
    return ", ".join(list(dict.fromkeys(near))[:3])
