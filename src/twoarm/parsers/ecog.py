"""Performance status by ECOG, also where it is told by Karnofsky."""

from functools import partial

import polars as pl

from twoarm.parsers.normal import in_ascii, parse_distinct

_TOLD = r"(?:评分|分级)?[ :=]*"
_ECOG = rf"^(?:ecog[- ]?(?:ps)?|ps|体力状[况态])?{_TOLD}([0-4])(?:\.0)? ?[分级]?$"
_KPS = rf"^(kps|karnofsky|卡氏)?{_TOLD}([1-9]0|100)(?:\.0)? ?[分%]?$"
# SOURCE: the usual table of the two scales, two steps of Karnofsky to one of ECOG; Oken
# 1982, Am J Clin Oncol 5:649, names the grades.
_OF_KPS = {
    **{"100": 0, "90": 0, "80": 1, "70": 1, "60": 2, "50": 2},
    **{"40": 3, "30": 3, "20": 4, "10": 4},
}


def parse_ecog(text: pl.Series, *, kps: bool = False) -> pl.DataFrame:
    """Read a performance status of 0 to 4.

    A text that names its scale is read by it; a bare number by that of the column.

    Parameters
    ----------
    text
        Texts without codes for missing values.
    kps
        True if bare numbers are of Karnofsky's scale, in tens.

    Returns
    -------
    DataFrame
        One row a text. `value`, whole, 0 to 4; `parsed`, True if the text is more than
        this number; `problem`, `ecog_unreadable` or `ecog_ambiguous` (`1-2`), where
        there is no value.

    Examples
    --------
    >>> parse_ecog(pl.Series(["ECOG 1", "KPS 70", "2"]))["value"].to_list()
    [1, 1, 2]
    """
    return parse_distinct(text, partial(_read, kps=kps))


def _read(frame: pl.DataFrame, *, kps: bool) -> pl.DataFrame:
    told = pl.col("text").str.to_lowercase()
    bare = told.str.contains(r"^[0-9.]+ ?[分%级]?$")
    ecog = told.str.extract(in_ascii(_ECOG)).cast(pl.Int64, strict=False)
    karnofsky = told.str.extract(in_ascii(_KPS), 2).replace_strict(
        _OF_KPS, default=None, return_dtype=pl.Int64
    )
    asked = told.str.extract(in_ascii(_KPS)).is_not_null() | kps
    value = pl.coalesce(
        pl.when(~bare | (not kps)).then(ecog), pl.when(asked).then(karnofsky)
    )
    several = told.str.contains(in_ascii(r"\d[^\d.]+\d"))
    words = pl.when(several).then(pl.lit("ambiguous")).otherwise(pl.lit("unreadable"))
    found = frame.select("raw", value=value, problem=pl.lit("ecog_") + words)
    known = pl.col("value").is_not_null()
    plain = pl.col("raw").str.contains("^ *[0-4] *$")
    return found.select(
        "value", parsed=known & ~plain, problem=pl.when(~known).then("problem")
    )
