"""Answers of yes or no."""

from functools import partial

import polars as pl

from twoarm.parsers.normal import parse_distinct

_YES = (
    *(
        "是",
        "有",
        "对",
        "存在",
        "可见",
        "阳",
        "阳性",
        "弱阳性",
        "强阳性",
        "+",
        "++",
        "+++",
    ),
    *("++++", "√", "✓", "y", "yes", "t", "true", "pos", "positive", "present"),
)
_NO = (
    *("否", "无", "没有", "未见", "不存在", "阴", "阴性", "-", "--", "n", "no", "f"),
    *("false", "neg", "negative", "absent", "none"),
)
_DOUBT = ("±", "+-", "+/-", "-/+", "可疑", "疑似", "可能", "是/否", "有/无")
_NUMBERS = {"1": True, "1.0": True, "0": False, "0.0": False}
_WORDS: dict[str, bool] = {**dict.fromkeys(_YES, True), **dict.fromkeys(_NO, False)}


def parse_flags(text: pl.Series, *, numeric: bool = False) -> pl.DataFrame:
    """Read an answer of yes or no, in Chinese, English or signs.

    Parameters
    ----------
    text
        Texts without codes for missing values.
    numeric
        True if 1 stands for yes and 0 for no, as the codebook of the centre says.

    Returns
    -------
    DataFrame
        One row a text. `value`, True for yes; `problem`, `flag_unreadable` or
        `flag_ambiguous` (`±`, `可疑`), where there is no value.

    Examples
    --------
    >>> parse_flags(pl.Series(["有", "(－)", "1"])).rows()
    [(True, None), (False, None), (None, 'flag_unreadable')]
    """
    return parse_distinct(text, partial(_read, numeric=numeric))


def _read(frame: pl.DataFrame, *, numeric: bool) -> pl.DataFrame:
    words = {**_WORDS, **(_NUMBERS if numeric else {})}
    told = pl.col("text").str.to_lowercase().str.strip_chars(" ()[]。.")
    value = told.replace_strict(words, default=None, return_dtype=pl.Boolean)
    problem = (
        pl.when(value.is_null() & told.is_in(_DOUBT))
        .then(pl.lit("flag_ambiguous"))
        .when(value.is_null())
        .then(pl.lit("flag_unreadable"))
    )
    return frame.select(value=value, problem=problem)
