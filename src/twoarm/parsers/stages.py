"""Stages, types and grades out of text, as one level each."""

from functools import partial
from typing import Literal

import polars as pl

from twoarm.parsers.normal import parse_distinct
from twoarm.scores.vessels import pvtt_cheng, pvtt_vp

System = Literal[
    "bclc",
    "cnlc",
    "tnm8",
    "cheng",
    "vp",
    "edmondson",
    "child_pugh",
    "clavien",
    "ctcae",
    "mvi",
    "trg",
]

_CLASS_A = {"a": "A", "a5": "A", "a6": "A", "5": "A", "6": "A"}
_CLASS_B = {key: "B" for n in "789" for key in ("b", f"b{n}", n)}
_CLASS_C = {key: "C" for n in range(10, 16) for key in ("c", f"c{n}", str(n))}
_DENIED = ("无", "未见", "阴性", "-", "none", "negative")
_PLACED = (
    r"^(?:门静脉|门脉)?(?:[左右]支|左右支|[左右][前后]支|"
    r"主干|段支|分支|[一二]级分支)$|^肠系膜上静脉$"
)
_FOUND = ("阳性", "有", "+")
"""Words that tell that there is something, but not of which level."""
_LEVELS: dict[System, dict[str, str]] = {
    "bclc": {
        **{key: key[0].upper() for key in ("a", "a1", "a2", "a3", "a4", "c", "d")},
        **dict.fromkeys(("b", "b1", "b2", "b3", "b4"), "B"),
        "0": "0",
    },
    "cnlc": {
        **{"1a": "Ia", "1b": "Ib", "2a": "IIa", "2b": "IIb"},
        **{"3a": "IIIa", "3b": "IIIb", "4": "IV"},
    },
    "tnm8": {
        **{"1a": "IA", "1b": "IB", "2": "II", "3a": "IIIA", "3b": "IIIB"},
        **{"4a": "IVA", "4b": "IVB"},
    },
    "cheng": {
        **dict.fromkeys(("0", *_DENIED), "none"),
        **{"1": "I", "2": "II", "3": "III", "4": "IV"},
    },
    "vp": {**dict.fromkeys(_DENIED, "Vp0"), **{str(n): f"Vp{n}" for n in range(5)}},
    "edmondson": {"1": "I", "2": "II", "3": "III", "4": "IV"},
    "child_pugh": {**_CLASS_A, **_CLASS_B, **_CLASS_C},
    "clavien": {
        **dict.fromkeys(("0", "无", "none"), "none"),
        **{"1": "I", "2": "II", "3a": "IIIa", "3b": "IIIb"},
        **{"4a": "IVa", "4b": "IVb", "5": "V"},
    },
    "ctcae": {str(grade): str(grade) for grade in range(6)},
    "mvi": {**dict.fromkeys(_DENIED, "M0"), "0": "M0", "1": "M1", "2": "M2"},
    "trg": {key: key for key in ("0", "1", "1a", "1b", "2", "3", "4", "5")},
}
"""What is left of a text without the words around it, to the level, least first."""
# ASSUME: of a range of grades (`II~III`, `2，3`) the higher counts, as the worst part
# of a tumour and the worst event do; a range of stages or classes is ambiguous.
_GRADES = ("edmondson", "clavien", "ctcae")
_WORDS = {
    "bclc": "bclc|巴塞罗那",
    "cnlc": "cnlc|中国(?:肝癌)?",
    "tnm8": r"ajcc|uicc|p?tnm|第?8(?:版|th)",
    "cheng": "程氏|程树群|cheng(?:'s)?|pvtt",
    "vp": "vp",
    "edmondson": "edmondson(?:[- ]steiner)?|e-s",
    "child_pugh": "child(?:[- ]pugh)?|cp",
    "clavien": "clavien(?:[- ]dindo)?|c-?d",
    "ctcae": r"ctcae(?: ?v?[45](?:\.0\d?)?)?|g(?:rade)?",
    "mvi": "mvi|微血管侵犯|m",
    "trg": "trg",
}
_AROUND = (
    r"分期|分级|分型|评[分级]|肝功能|[期级型分类]|grade|stage|class|type|[ :=()\[\].。]"
)
_ROMAN = {"iii": "3", "iv": "4", "ii": "2", "v": "5", "i": "1"}
_RANGE = r"^(.+?)(?:[-~/,、至到]+)(.+)$"


def parse_stages(text: pl.Series, *, system: System) -> pl.DataFrame:
    """Read a level of a system, in Roman or Arabic numbers, with or without its name.

    Of a thrombus of the portal vein the text of a report is read too, by the scores
    `pvtt_cheng` and `pvtt_vp`; a type of the one is never read as one of the other.
    A stage without the letter that it needs (`III`) is ambiguous.

    Parameters
    ----------
    text
        Texts without codes for missing values.
    system
        The system that the column is of.

    Returns
    -------
    DataFrame
        One row a text. `value`, the level; `parsed`, True if it is not written so;
        `problem`, `stage_unreadable` or `stage_ambiguous`, where there is no value.

    Examples
    --------
    >>> parse_stages(pl.Series(["Ⅲ A", "3a"]), system="cnlc")["value"].to_list()
    ['IIIa', 'IIIa']
    """
    return parse_distinct(text, partial(_read, system=system))


def _read(frame: pl.DataFrame, *, system: System) -> pl.DataFrame:
    levels = _LEVELS[system]
    told = frame.with_columns(key=_key(system))
    pair = pl.col("key").str.extract_groups(_RANGE).struct
    one, first, last = (
        key.replace_strict(levels, default=None, return_dtype=pl.String)
        for key in (pl.col("key"), pair["1"], pair["2"])
    )
    sited, doubt = _sited(system)
    unlettered = {key[0] for key in levels if len(key) > 1} - set(levels)
    vague = pl.col("key").is_in([*unlettered, *_FOUND])
    found = told.with_columns(
        value=pl.coalesce(one, _higher(first, last, system), sited),
        doubt=vague | (first.is_not_null() & last.is_not_null()) | doubt,
    )
    known = pl.col("value").is_not_null()
    written = pl.col("raw").str.strip_chars(" ") == pl.col("value")
    words = pl.when("doubt").then(pl.lit("ambiguous")).otherwise(pl.lit("unreadable"))
    return found.select(
        "value",
        parsed=known & ~written.fill_null(value=False),
        problem=pl.when(~known).then(pl.lit("stage_") + words),
    )


def _key(system: System) -> pl.Expr:
    """Strip a text of the words around a level, its numbers Arabic."""
    key = pl.col("text").str.to_lowercase().str.replace_all(_WORDS[system], "")
    key = key.str.replace_all(_AROUND, "")
    # Roman numbers in a column of Vp are Cheng's, and stay what they are.
    for roman, number in _ROMAN.items() if system != "vp" else ():
        key = key.str.replace_all(roman, number)
    return key.str.replace(r"^([0-9])([abc])[-~/]([abc])$", "$1$2-$1$3")


def _higher(first: pl.Expr, last: pl.Expr, system: System) -> pl.Expr:
    """Take the higher of two grades, and what two ends agree on."""
    order = list(dict.fromkeys(_LEVELS[system].values()))
    rank = {level: place for place, level in enumerate(order)}
    ends = [
        end.replace_strict(rank, default=None, return_dtype=pl.Int64)
        for end in (first, last)
    ]
    taken = pl.lit(system in _GRADES) | (ends[0] == ends[1])
    both = ends[0].is_not_null() & ends[1].is_not_null() & taken
    back = dict(enumerate(order))
    higher = pl.max_horizontal(ends)
    return pl.when(both).then(
        higher.replace_strict(back, default=None, return_dtype=pl.String)
    )


def _sited(system: System) -> tuple[pl.Expr, pl.Expr]:
    """Read where a thrombus lies, and say whether the report leaves it in doubt."""
    if system not in ("cheng", "vp"):
        return pl.lit(None, dtype=pl.String), pl.lit(value=False)
    score = pvtt_cheng if system == "cheng" else pvtt_vp
    # A column of a thrombus may hold its place alone.
    text = pl.col("text")
    placed = pl.when(text.str.contains(_PLACED)).then(text + "癌栓").otherwise(text)
    if system == "cheng":  # one of Vp4 may be of type III or IV
        placed = pl.when(~text.str.contains(r"(?i)^vp ?\d$")).then(placed)
    why = score.why_missing(portal_text=placed)
    return score(portal_text=placed).cast(pl.String), why.str.contains("doubt")
