"""Numbers out of text of laboratories and registries."""

import re
from collections.abc import Iterable
from typing import Literal

import polars as pl

from twoarm.parsers.normal import in_ascii, parse_distinct

Decimal = Literal[".", ","]

_PLAIN = {
    ".": r"^[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$",
    ",": r"^[+-]?[0-9]+(,[0-9]+)?([eE][+-]?[0-9]+)?$",
}
_NUMBER = {
    ".": r"[+-]?(?:[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)",
    ",": r"[+-]?(?:[1-9]\d{0,2}(?:\.\d{3})+(?:,\d+)?|\d+(?:,\d+)?|,\d+)",
}
_EXPONENT = r"(?:[eE][+-]?\d+)?"
# SOURCE: 以上, 以下 and 以内 hold their number itself (Civil Code of the People's
# Republic of China, article 1259); `1000+` is read as they are.
BEHIND = {
    **dict.fromkeys(("+", "以上", "及以上", "或以上"), ">="),
    **dict.fromkeys(("以下", "及以下", "或以下", "以内"), "<="),
}
BEFORE = {
    **dict.fromkeys(
        (">=", "=>", "不低于", "不少于", "不小于", "至少", "at least"), ">="
    ),
    **dict.fromkeys(("<=", "=<", "不超过", "不高于", "不大于", "至多", "最多"), "<="),
    **dict.fromkeys(("at most", "up to"), "<="),
    **dict.fromkeys((">", "大于", "高于", "超过", "多于", "more than", "above"), ">"),
    **dict.fromkeys(("over", "greater than"), ">"),
    **dict.fromkeys(("<", "小于", "低于", "不足", "少于", "less than", "below"), "<"),
    "under": "<",
}
"""Words before and behind a number to the comparator that they are."""
_ABOUT = r"(?:约为?|大约|大概|近|~|≈|(?i:about|approx\.?|ca\.?|circa))"
_MARK = r"(?:[↑↓⬆⬇▲▼△▽]+|\*+|[(\[](?:[HL]|[↑↓]+)[)\]]|偏高|偏低|升高|降低)"
_MANY = {"千": "3", "万": "4", "亿": "8"}
_COUNTED = "个|枚|处|颗|次"
_HAN = (
    "国际单位|单位|拷贝|毫克|微克|纳克|公斤|千克|毫升|微升|厘米|毫米|小时|分钟|周岁|疗程|"
    f"{_COUNTED}|岁|分|天|日|月|年|周|斤|克|升|秒|倍|支|片|例|级|度"
)
_WORD = rf"(?:[cdkmμ]?m[23]|[\p{{Latin}}\p{{Greek}}%‰°]+(?:\^-?[123])?|{_HAN})"
_WORDS = rf"{_WORD}(?:[ ·.*]?/ ?1\.73 ?m\^?2|[ ·.*/]{{0,2}}{_WORD})*"
_SCALE = (
    r"(?: ?[×xX*] ?10(?:3|6|9|12)|(?: ?[×xX*] ?| )10(?:\^|\*\*?|[eE])\d{1,2}| ?[万亿])"
)
_SCALED = rf"{_SCALE} ?/ ?{_WORDS}"
"""A unit that holds a power of ten."""
_UNIT = rf" ?(?:/ ?)?{_WORDS}| ?\({_WORDS}\)"
# More digits are no count, and no hours: a run of them has no end that a float holds.
_RANGE = rf"^(\d{{1,4}}) ?[-~至到] ?(\d{{1,4}}) ?({_COUNTED})$"
_TIME = r"^(\d{1,4}) ?(?:小时|时|h|hrs?|hours?) ?(\d{1,2}) ?(?:分钟?|m|mins?|minutes?)$"
# ASSUME: 多发 in a column of numbers is a count of lesions, of four or more: the least
# that no criterion for few lesions admits.
_COUNTS = {"多发": ("4", ">="), "单发": ("1", None)}
_DIGITS = 15
"""Digits before the decimal sign that a float holds for sure."""


def parse_numbers(text: pl.Series, *, decimal: Decimal = ".") -> pl.DataFrame:
    """Read a number, and what stands around it.

    A power of ten before a stroke belongs to the unit (`5.3×10^9/L`), else to the
    number (`3.5×10^4 IU/mL`). Of a range of counts (`2-3个`) the lower is taken, as a
    lower bound. Any other text of two numbers is ambiguous: `5.3(4.1)`, `5.3±0.4`,
    `2-3`, `1 234`, and `1,5` where the decimal sign is a point.

    Parameters
    ----------
    text
        Texts without codes for missing values.
    decimal
        The decimal sign of the export; the other one sets thousands apart.

    Returns
    -------
    DataFrame
        One row a text. `value`, never infinite; `comparator`, one of `<`, `<=`, `>`,
        `>=`; `unit`, as written but in half-width signs; `parsed`, True if the text is
        more than a plain number; `problem`, `number_unreadable` or `number_ambiguous`
        where there is no value. No digit is dropped: what is not consumed is a problem.

    Examples
    --------
    >>> parse_numbers(pl.Series(["＞60500", "35g/L"])).rows()
    [(60500.0, '>', None, True, None), (35.0, None, 'g/L', True, None)]
    """
    return parse_distinct(text, lambda frame: _read(frame, decimal))


def _read(frame: pl.DataFrame, decimal: Decimal) -> pl.DataFrame:
    text = pl.col("text")
    parts = frame.select(
        "raw",
        "text",
        text.str.extract_groups(in_ascii(_form(decimal))).struct.unnest(),
        text.str.extract_groups(in_ascii(_RANGE))
        .struct.rename_fields(["low", "high", "counted"])
        .struct.unnest(),
        text.str.extract_groups(in_ascii(_TIME))
        .struct.rename_fields(["hours", "minutes"])
        .struct.unnest(),
    )
    found = parts.select(
        "raw", "text", value=_value(decimal), comparator=_sign(), unit=_unit()
    )
    known = pl.col("value").is_not_null()
    plain = pl.col("raw").str.strip_chars(" ").str.contains(_PLAIN[decimal])
    several = text.str.count_matches(_NUMBER[decimal] + _EXPONENT) > 1
    problem = pl.when(several).then(pl.lit("number_ambiguous"))
    return found.select(
        "value",
        pl.when(known).then("comparator").alias("comparator"),
        pl.when(known).then("unit").alias("unit"),
        parsed=known & ~plain,
        problem=pl.when(~known).then(problem.otherwise(pl.lit("number_unreadable"))),
    )


def as_alternatives(words: Iterable[str]) -> str:
    """Make a pattern of any of the words, the longest first."""
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


def _form(decimal: Decimal) -> str:
    """Make the pattern of a number and what may stand around it."""
    before, behind = as_alternatives(BEFORE), as_alternatives(BEHIND)
    # ASSUME: a letter L set apart by a space says low, as H says high; one that touches
    # its number is the litre.
    return (
        rf"^(?:{_MARK} ?|[HL] )?(?:{_ABOUT} ?)?(?:=|(?P<before>(?i:{before})))? ?"
        rf"(?:(?P<number>{_NUMBER[decimal]})(?P<exponent>[eE][+-]?\d{{1,4}})?"
        r"|10\^(?P<alone>-?\d{1,3}))"
        rf"(?:(?P<scaled>{_SCALED})|(?: ?[×xX*] ?10\^(?P<raised>-?\d{{1,3}}))?"
        rf"(?: ?(?P<many>[千万亿]))?(?P<plus>\+)?(?: ?{_MARK})?"
        rf"(?P<unit>{_UNIT})??)"
        rf" ?(?:(?P<behind>{behind})|左右)?(?: [HL]|H| ?{_MARK})?[.。]?$"
    )


def _float(text: pl.Expr) -> pl.Expr:
    return text.cast(pl.Float64, strict=False)


def _value(decimal: Decimal) -> pl.Expr:
    """Make a number of its parts; null where a float cannot hold it."""
    thousands = "," if decimal == "." else "."
    digits = pl.coalesce(
        "number", pl.when(pl.col("alone").is_not_null()).then(pl.lit("1"))
    )
    digits = digits.str.replace_all(thousands, "", literal=True)
    digits = digits.str.replace(",", ".", literal=True)
    many = pl.col("many").replace_strict(_MANY, default=None, return_dtype=pl.String)
    powers = (pl.col("exponent").str.slice(1), pl.col("raised"), pl.col("alone"), many)
    value = _float(digits + "e" + pl.coalesce(*powers, pl.lit("0")))
    held = (
        value.is_finite()
        & (pl.sum_horizontal(each.is_not_null() for each in powers) <= 1)
        & (digits.str.extract(r"^[+-]?(\d*)").str.len_chars() <= _DIGITS)
        & ((value != 0) | ~digits.str.contains("[1-9]"))
        & ~_contradicted()
    )
    lowest, highest = _float(pl.col("low")), _float(pl.col("high"))
    counts = {word: count for word, (count, _) in _COUNTS.items()}
    return pl.coalesce(
        pl.when(held).then(value),
        60 * _float(pl.col("hours")) + _float(pl.col("minutes")),
        pl.when(lowest < highest).then(lowest),
        _float(pl.col("text").replace_strict(counts, default=None)),
    )


def _signs() -> tuple[pl.Expr, pl.Expr]:
    return (
        pl.col("before").str.to_lowercase().replace_strict(BEFORE, default=None),
        pl.coalesce("plus", "behind").replace_strict(BEHIND, default=None),
    )


def _contradicted() -> pl.Expr:
    before, behind = _signs()
    return (before != behind).fill_null(value=False)


def _sign() -> pl.Expr:
    signs = {word: sign for word, (_, sign) in _COUNTS.items()}
    counted = pl.when(pl.col("low").is_not_null()).then(pl.lit(">="))
    told = pl.col("text").replace_strict(signs, default=None, return_dtype=pl.String)
    return pl.coalesce(*_signs(), counted, told)


def _unit() -> pl.Expr:
    """Tell the unit: without the brackets and the spaces around it."""
    timed = pl.when(pl.col("hours").is_not_null()).then(pl.lit("min"))
    unit = pl.coalesce("scaled", "unit", "counted", timed)
    return unit.str.strip_chars(" ()×*").str.replace(r"^[xX] ?10", "10")
