"""One form for the many ways to write a text, so that each parser reads one only."""

from collections.abc import Callable

import polars as pl

# NFKC makes `109` of `10⁹`, `11⁄2` of `1½` and `12` of `1②`: what it would glue to the
# digits beside it is set apart first.
_RAISED = {
    **dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789", strict=True)),
    "⁻": "-",
    "⁺": "+",
}
_RAISED_RUN = f"([{''.join(_RAISED)}]+)"
_SET_APART = "([¼-¾⅐-⅟↉①-⓿㉈-㉟㊱-㋋㍘-㍰㏠-㏾🄀-🄊₀-₉])"
_UNSEEN = r"[\u00AD\u180E\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFE0E\uFE0F\uFEFF]"
_ONE_SIGN = {
    **dict.fromkeys("‐‑‒–—―−⁃﹣", "-"),
    **dict.fromkeys("～〜∼˜", "~"),
    **dict.fromkeys("✕✖╳⨯⨉х", "×"),
    **dict.fromkeys("≤≦⩽", "<="),
    **dict.fromkeys("≥≧⩾", ">="),
    **dict.fromkeys("〈‹", "<"),
    **dict.fromkeys("〉›", ">"),
    **dict.fromkeys("µ", "μ"),
}


def normal_form(text: pl.Expr) -> pl.Expr:
    """Bring a text to its normal form.

    Half-width signs, plain spaces, one sign for each dash, multiplication and
    comparison; no characters that are not seen. Superscripts are powers (`^9`);
    fractions, circled and lowered digits stand apart, as they are no digits of the
    number beside them.

    Unicode Standard Annex 15, Unicode Normalization Forms (NFKC)

    Examples
    --------
    >>> texts = pl.DataFrame({"text": ["＞６０.5", "5.3×１０⁹／Ｌ", "Ⅲ Ａ", "3½"]})
    >>> texts.select(normal_form(pl.col("text"))).to_series().to_list()
    ['>60.5', '5.3×10^9/L', 'III A', '3 1⁄2']
    """
    apart = text.str.replace_all(_UNSEEN, "")
    apart = apart.str.replace_all(_RAISED_RUN, "^$1").str.replace_many(_RAISED)
    apart = apart.str.replace_all(_SET_APART, " $1 ")
    half = apart.str.normalize("NFKC").str.replace_many(_ONE_SIGN)
    return half.str.replace_all(r"\s+", " ").str.strip_chars()


def printable(text: pl.Expr) -> pl.Expr:
    r"""Leave what can be seen: no signs that steer a terminal, a page or a line.

    No XML may hold most of them, so that no figure or Word file could show such a text;
    and two texts that look alike are one.

    Examples
    --------
    >>> texts = pl.DataFrame({"text": ["a\x07b", "two\n lines", "\u202eabc"]})
    >>> texts.select(printable(pl.col("text"))).to_series().to_list()
    ['a b', 'two lines', 'abc']
    """
    seen = text.str.replace_all(r"\p{Cf}+", "").str.replace_all(r"[\p{Cc}\s]+", " ")
    return seen.str.strip_chars()


def in_ascii(pattern: str) -> str:
    """Let a pattern's digits be 0 to 9: those of other scripts are no number here."""
    return pattern.replace(r"\d", "[0-9]")


def parse_distinct(
    text: pl.Series, read: Callable[[pl.DataFrame], pl.DataFrame]
) -> pl.DataFrame:
    """Read each distinct text once.

    Parameters
    ----------
    text
        Texts; null where nothing is told.
    read
        Makes the columns of the answer, row by row, of a frame with the columns `raw`
        (the distinct texts, none null) and `text` (their normal forms).

    Returns
    -------
    DataFrame
        The answer for each text in its order; a row of nulls for a null.
    """
    raw = text.cast(pl.String).alias("raw")
    distinct = raw.drop_nulls().unique().to_frame()
    found = read(distinct.with_columns(text=normal_form(pl.col("raw"))))
    told = pl.concat([distinct, found], how="horizontal")
    return raw.to_frame().join(told, on="raw", how="left", maintain_order="left")[
        found.columns
    ]
