"""Sizes of lesions out of reports, in mm."""

from functools import partial
from typing import Literal

import polars as pl

from twoarm.parsers.normal import in_ascii, parse_distinct
from twoarm.parsers.numbers import BEFORE, BEHIND, as_alternatives

Unit = Literal["mm", "cm"]

_UNIT = r"(?i:cm|mm|厘米|公分|毫米)"
_AXES = ("long_mm", "short_mm", "third_mm")
_CM, _MM = "(?i)cm|厘米|公分", "(?i)mm|毫米"
_AXIS = rf"\d+(?:\.\d+)?(?: ?{_UNIT})?"
_TIMES = "(?: ?[×xX*] ?| by )"
_SIGNED = rf"(?:(?i:{as_alternatives(BEFORE)}) ?)?"
_LESION = (
    rf"{_SIGNED}{_AXIS}(?:{_TIMES}{_AXIS}){{0,2}}(?: ?(?:{as_alternatives(BEHIND)}))?"
)
_SEGMENT = r"(?:肝)?(?:S[1-8](?:段|\b)|[左右][前后内外]?叶|尾状叶)"
_LABELLED = rf"长径(?:约|为)? ?({_AXIS})[,、; ]*短径(?:约|为)? ?({_AXIS})"
# What may stand around a size and changes nothing of it: no word that tells of another
# time, of what is not there or of another measure.
_AROUND = (
    r"^(?:约为?|大约|近|左右|大小|直径|最大径|长径|[最较]?大者|[最较]大|其中|分别|为|及|和|与|"
    r"肿瘤|病灶|肿块|肿物|结节|占位|病变|多发|多个|单发|[一二两三四五六七八九十多]枚|可见|见|"
    r"(?i:approximately|approx\.?|about|ca\.?|max(?:imum)?|largest|longest|diameter|size|"
    r"measur(?:es|ing)|mass|lesions?|nodules?|tumou?r|and)|[ ,;:、()≈=])*$"
)
_DOUBT = (
    r"[-~至到/±]",  # a range
    r"\d \d",  # two numbers that nothing sets apart
    r"\d[^()]*\([^()]*\d|\)[^()]*\d",  # one in brackets: of which time?
    r"\d{5}",  # no size of a lesion
    r"(?:^|[^\d.])\d+,\d+(?:[^\d.]|$)",  # a decimal sign, or two lesions
)
# ASSUME: a lesion of more than 30 without a unit is told in mm, as none of 30 cm is.
_MOST_CM = 30


def parse_sizes(text: pl.Series, *, unit: Unit | None) -> pl.DataFrame:
    """Read one to three axes of a lesion; of several lesions the largest.

    Axes are told from long to short, in whatever order they are written. A unit that
    stands in the text counts; else that of the column, but a number above 30 is of mm.
    Without either a number up to 30 is ambiguous, as are ranges (`2-3cm`), and commas
    between whole numbers (`3,2cm`).

    Parameters
    ----------
    text
        Texts without codes for missing values.
    unit
        The unit of the column; None if nobody says.

    Returns
    -------
    DataFrame
        One row a text. `long_mm`, `short_mm`, `third_mm`; `comparator`, as of numbers;
        `inferred`, True if the unit is neither of the text nor the column's; `parsed`,
        True if the text is more than a number; `problem`, `size_unreadable` or
        `size_ambiguous`, where there is no size.

    Examples
    --------
    >>> parse_sizes(pl.Series(["65*58mm", "约6.5cm"]), unit="cm")["long_mm"].to_list()
    [65.0, 65.0]
    """
    return parse_distinct(text, partial(_read, unit=unit))


def _read(frame: pl.DataFrame, unit: Unit | None) -> pl.DataFrame:
    lesion = in_ascii(_LESION)
    text = pl.col("text").str.strip_chars(" .。").str.replace_all(_SEGMENT, "")
    told = frame.select("raw", text=text.str.replace(in_ascii(_LABELLED), "$1×$2"))
    told = told.with_row_index("row").with_columns(
        lesion=pl.col("text").str.extract_all(lesion),
        around=pl.col("text").str.replace_all(lesion, ""),
        in_cm=pl.col("text").str.contains(_CM),
        in_mm=pl.col("text").str.contains(_MM),
    )
    lesions = _lesions(told, unit).sort("row", "long_mm", descending=[False, True])
    sizes = lesions.unique("row", keep="first", maintain_order=True)
    sized = told.join(sizes, on="row", how="left", maintain_order="left")
    known = pl.col("problem").is_null()
    plain = pl.col("raw").str.strip_chars(" ").str.contains(r"^[0-9]+(\.[0-9]+)?$")
    swapped = pl.col("longest") > _MOST_CM if unit == "cm" else pl.lit(unit is None)
    return sized.with_columns(problem=_problem()).select(
        *(pl.when(known).then(name).alias(name) for name in (*_AXES, "comparator")),
        inferred=known & ~pl.col("in_cm") & ~pl.col("in_mm") & swapped,
        parsed=known & ~plain,
        problem="problem",
    )


def _lesions(told: pl.DataFrame, unit: Unit | None) -> pl.DataFrame:
    """Give each lesion of each text a row: its axes from long to short, in mm."""
    lesions = told.explode("lesion").drop_nulls("lesion").with_row_index("place")
    own = pl.col("lesion").str.contains(rf"{_CM}|{_MM}")
    lesions = lesions.with_columns(
        in_cm=pl.when(own).then(pl.col("lesion").str.contains(_CM)).otherwise("in_cm"),
        in_mm=pl.when(own).then(pl.col("lesion").str.contains(_MM)).otherwise("in_mm"),
    )
    number = pl.col("axis").str.extract(in_ascii(r"^(\d+(?:\.\d+)?)"))
    axes = (
        lesions.with_columns(axis=pl.col("lesion").str.extract_all(in_ascii(_AXIS)))
        .explode("axis")
        .with_columns(longest=number.cast(pl.Float64, strict=False).max().over("row"))
        .with_columns(power=_power(unit))
        .with_columns(mm=(number + pl.col("power")).cast(pl.Float64, strict=False))
    )
    long, short, third = (
        pl.col("mm").sort(descending=True).get(place, null_on_oob=True)
        for place in range(3)
    )
    sizes = axes.group_by("place", maintain_order=True).agg(
        pl.col("row", "longest", "lesion").first(),
        unsure=~pl.col("mm").is_finite().all(ignore_nulls=False).fill_null(value=False),
        long_mm=long,
        short_mm=short,
        third_mm=third,
    )
    return sizes.with_columns(
        comparator=_comparator(),
        unsure=pl.col("unsure").any().over("row"),
        several=pl.len().over("row") > 1,
        bounded=_comparator().is_not_null().any().over("row"),
    ).drop("place", "lesion")


def _power(unit: Unit | None) -> pl.Expr:
    """Tell the power of ten that makes mm of an axis; null where nobody says."""
    own, silent = pl.col("axis"), ~pl.col("in_cm") & ~pl.col("in_mm")
    stated = {"cm": "e1", "mm": "e0", None: None}[unit]
    return (
        pl.when(own.str.contains(_CM))
        .then(pl.lit("e1"))
        .when(own.str.contains(_MM) | silent & (pl.col("longest") > _MOST_CM))
        .then(pl.lit("e0"))
        .when(silent)
        .then(pl.lit(stated, dtype=pl.String))
        .when(~pl.col("in_mm"))
        .then(pl.lit("e1"))
        .when(~pl.col("in_cm"))
        .then(pl.lit("e0"))
    )


def _comparator() -> pl.Expr:
    before = pl.col("lesion").str.extract(rf"^((?i:{as_alternatives(BEFORE)}))")
    behind = pl.col("lesion").str.extract(rf"({as_alternatives(BEHIND)})$")
    return pl.coalesce(
        before.str.to_lowercase().replace_strict(BEFORE, default=None),
        behind.replace_strict(BEHIND, default=None),
    )


def _problem() -> pl.Expr:
    doubts = (
        *(pl.col("text").str.contains(in_ascii(doubt)) for doubt in _DOUBT),
        pl.col("unsure"),
        pl.col("several") & pl.col("bounded"),
    )
    readable = pl.col("long_mm").is_not_null() & pl.col("around").str.contains(_AROUND)
    return (
        pl.when(pl.any_horizontal(doubts) & pl.col("lesion").list.len().gt(0))
        .then(pl.lit("size_ambiguous"))
        .when(readable.not_())
        .then(pl.lit("size_unreadable"))
    )
