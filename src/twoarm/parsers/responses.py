"""Categories of response out of reports of imaging."""

import polars as pl

from twoarm.parsers.normal import in_ascii, parse_distinct

_LEVELS = {
    "CR": r"\bi?cr\b|完全(?:缓解|反应|应答)|complete (?:response|remission)",
    "PR": r"\bi?pr\b|部分(?:缓解|反应|应答)|partial (?:response|remission)",
    "SD": r"\bi?sd\b|(?:疾病|病情|病灶)?稳定|stable(?: disease)?",
    "PD": r"\bi?pd\b|(?:疾病|病情|肿瘤)?进展|progressive disease|progression",
    "NE": r"\bne\b|(?:无法|不能|不可)评[估价]|not evaluable|inevaluable",
}
"""Level to how it is told, in lower case."""
_FALLS, _RISES = "缩小|减小|减少|下降", "增大|增加|长大"
_CHANGE = rf"({_FALLS}|{_RISES})?(?:约|了)? ?([+-]?\d+(?:\.\d+)?) ?%"
_AROUND = (
    r"i?m?recist ?v?(?:1\.[01])?|疗效|最佳|总体|评[估价效]为?|影像学?|"
    r"overall|best|response"
)
_SIGNS = r"[ ,;:()\[\]/，、。]"


def parse_responses(text: pl.Series) -> pl.DataFrame:
    """Read a category of response, and the change of size that stands beside it.

    A change alone (`缩小`, `-35%`) is no category. The levels of iRECIST are read as
    those that they are named for. Two levels, or a change without a direction, are
    ambiguous.

    Parameters
    ----------
    text
        Texts without codes for missing values.

    Returns
    -------
    DataFrame
        One row a text. `value`, one of CR, PR, SD, PD, NE; `change_percent`, negative
        if smaller; `parsed`, True if the text is more than the two letters; `problem`,
        `response_unreadable` or `response_ambiguous`, where there is no value.

    Examples
    --------
    >>> parse_responses(pl.Series(["PR(-35%)", "疾病进展"])).rows()
    [('PR', -35.0, True, None), ('PD', None, True, None)]
    """
    return parse_distinct(text, _read)


def _read(frame: pl.DataFrame) -> pl.DataFrame:
    told = _parts(frame)
    doubt = pl.col("several") | pl.col("adrift").fill_null(value=False)
    told = told.with_columns(
        problem=pl.when(pl.col("value").is_null() | (pl.col("left") != ""))
        .then(pl.lit("response_unreadable"))
        .when(doubt)
        .then(pl.lit("response_ambiguous"))
    )
    known = pl.col("problem").is_null()
    plain = pl.col("raw").str.strip_chars(" ").is_in(list(_LEVELS))
    return told.select(
        value=pl.when(known).then("value"),
        change_percent=pl.when(known).then("change"),
        parsed=known & ~plain,
        problem="problem",
    )


def _parts(frame: pl.DataFrame) -> pl.DataFrame:
    """Tell the level, the change, and what is left of the text without both."""
    pattern, lower = in_ascii(_CHANGE), pl.col("text").str.to_lowercase()
    groups = lower.str.extract_groups(pattern).struct
    told = frame.select(
        "raw",
        turn=groups["1"],
        percent=groups["2"],
        rest=lower.str.replace(pattern, ""),
    )
    found = [
        pl.when(pl.col("rest").str.contains(words)).then(pl.lit(level))
        for level, words in _LEVELS.items()
    ]
    left = pl.col("rest").str.replace_all("|".join(_LEVELS.values()), "")
    percent, turn = pl.col("percent"), pl.col("turn")
    number = percent.cast(pl.Float64, strict=False)
    falls = turn.str.contains(_FALLS).fill_null(value=False)
    return told.with_columns(
        value=pl.coalesce(found),
        change=pl.when(falls).then(-number).otherwise(number),
        left=left.str.replace_all(_AROUND, "").str.replace_all(_SIGNS, ""),
        several=pl.sum_horizontal(each.is_not_null() for each in found) > 1,
        # A change has a word or a sign for its direction, not both and not neither.
        adrift=(turn.is_not_null() == percent.str.contains(r"^[+-]"))
        | number.is_infinite(),
    )
