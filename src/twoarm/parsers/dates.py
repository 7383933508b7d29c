"""Dates out of clinical text, as exact as they are told."""

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Literal

import polars as pl

from twoarm.parsers.dateforms import (
    COUNTS,
    DIGITS,
    FORMS,
    HALF,
    MILLISECONDS,
    MONTHS,
    NUMERALS,
    PARTS,
    PLAIN,
    SECONDS,
    SERIAL,
    TIME,
    WEEKDAY,
)
from twoarm.parsers.normal import in_ascii, parse_distinct

Order = Literal["ymd", "dmy", "mdy"]
Epoch = Literal["1900", "1904"]

# ASSUME: nobody of a study was born before 1880, or treated after 2100.
_FIRST, _LAST = 1880, 2100
# ASSUME: what systems write for no date at all: the first day of Unix, of Excel, of
# Delphi, of SQL Server and of .NET, and the last day of a far year.
_OPEN = (
    r"^(?:0000-00-00|0001-01-01|1753-01-01|1899-12-3[01]|1900-01-01|1970-01-01|9999-.*|"
    r"(?:20[5-9]\d|2[1-9]\d\d|[3-9]\d{3})-12-31)$"
)
_DAY = 86_400_000
_CHINA = 57_600_000
"""Milliseconds of a day, and those of a day of UTC at which one of China begins."""
_EPOCHS = {"1900": -25_569, "1904": -24_107}
"""Date system to the day 0 of its serial numbers, in days since 1970."""


def parse_dates(
    text: pl.Series,
    *,
    order: Order | None = None,
    epoch: Epoch | None = None,
    pivot: int = 30,
    minguo: bool = False,
) -> pl.DataFrame:
    """Read a date, or the month or the year that is told.

    A day and a month before a year need an order (`dmy` or `mdy`), unless only one can
    be meant; a stated order is never changed. A time is dropped: the day is as written,
    in the zone that it was written in. Seconds and milliseconds since 1970 are of UTC;
    they are ambiguous at 16:00, which is the midnight of China. A name of a month
    stands between a day and a year, in this order. Chinese numerals tell the digits of
    a year and count months and days (`二〇二一年十二月二十五日`).

    Parameters
    ----------
    text
        Texts without codes for missing values.
    order
        Of the three parts of a date; also of those with a year of two digits.
    epoch
        The date system of the workbook; without it serial numbers are ambiguous.
    pivot
        Years of two digits below it are of this century, others of the last.
    minguo
        True if years of two and three digits count from 1912, as in Taiwan.

    Returns
    -------
    DataFrame
        One row a text. `value`, a date: of a month its 15th, of a year 1 July;
        `precision`, `day`, `month` or `year`; `earliest` and `latest`, the first and
        the last day that it can be; `parsed`, True if it is not plainly year, month and
        day; `problem`, where there is no value: `date_unreadable`, `date_ambiguous`,
        `date_impossible`, or `date_open`, which stands for no date.

    Examples
    --------
    >>> parse_dates(pl.Series(["2021/3/5", "2021年3月"]))["value"].to_list()
    [datetime.date(2021, 3, 5), datetime.date(2021, 3, 15)]
    """
    read = partial(_read, order=order, epoch=epoch, pivot=pivot, minguo=minguo)
    return parse_distinct(text, read)


def _read(
    frame: pl.DataFrame,
    *,
    order: Order | None,
    epoch: Epoch | None,
    pivot: int,
    minguo: bool,
) -> pl.DataFrame:
    lower = pl.col("text").str.to_lowercase().str.replace(WEEKDAY, "")
    told = frame.with_columns(
        told=_in_digits(lower.str.replace(in_ascii(TIME), "$1$2"))
    )
    parts = pl.concat(
        [
            told,
            told.select(_groups(FORMS, "era", "year", "month", "day", "name")),
            told.select(_groups(PARTS, "first", "second", "third")),
        ],
        how="horizontal",
    ).with_columns(
        month=pl.coalesce("month", pl.col("name").replace_strict(MONTHS, default=None))
    )
    year = _year(pl.col("year"), pivot, minguo=pl.col("era").is_not_null() | minguo)
    parts = parts.with_columns(
        _written(year, pl.col("month"), pl.col("day")).alias("written"),
        *_ordered(order, pivot, minguo=minguo),
    ).with_columns(counted=_counted(epoch))
    return _answer(parts, epoch)


def _in_digits(told: pl.Expr) -> pl.Expr:
    """Write the Chinese numerals of a date that begins with its year as digits."""
    parts = told.str.extract_groups(NUMERALS).struct
    era, year, month, day, rest = (parts[str(place)] for place in range(1, 6))
    month, day = (
        (part.replace(COUNTS) + sign).fill_null("")
        for part, sign in ((month, "月"), (day, ""))
    )
    dated = era + year.str.replace_many(DIGITS) + "年" + month + day + rest
    return pl.coalesce(dated, told)


def _groups(forms: Sequence[str], *names: str) -> list[pl.Expr]:
    """Take the named groups of the one form that a text has."""
    found = [pl.col("told").str.extract_groups(in_ascii(form)) for form in forms]
    return [
        pl.coalesce(
            groups.struct.field(name)
            for groups, form in zip(found, forms, strict=True)
            if f"?P<{name}>" in form
        )
        for name in names
    ]


def _year(told: pl.Expr, pivot: int, *, minguo: pl.Expr) -> pl.Expr:
    """Make a year of its digits; null where these do not tell which."""
    number = told.replace({"元": "1"}).cast(pl.Int64, strict=False)
    digits = told.str.len_chars()
    return (
        pl.when(digits == 4)
        .then(number)
        .when(minguo)
        .then(number + 1911)
        .when(digits == 2)
        .then(number + pl.when(number < pivot).then(2000).otherwise(1900))
    )


def _written(year: pl.Expr, month: pl.Expr, day: pl.Expr) -> pl.Expr:
    """Write year, month and day as ISO 8601 does; what is not told is the first."""
    parts = (year.cast(pl.String), month.fill_null("1"), day.fill_null("1"))
    return pl.concat_str(
        *(part.str.zfill(n) for part, n in zip(parts, (4, 2, 2), strict=True)),
        separator="-",
    )


def _ordered(order: Order | None, pivot: int, *, minguo: bool) -> list[pl.Expr]:
    """Read three parts in each order that may be meant; say whether these differ."""
    first, second, third = map(pl.col, ("first", "second", "third"))
    year_last, three = third.str.len_chars() == 4, first.str.len_chars() == 3
    free = pl.lit(order is None) & ~(three | minguo) | year_last & (
        order in (None, "ymd")
    )
    leading = _year(first, pivot, minguo=pl.lit(minguo))
    trailing = _year(third, pivot, minguo=pl.lit(value=False))
    readings = [
        pl.when(asked).then(_date(_written(*parts)))
        for asked, parts in (
            (~year_last & (order in (None, "ymd")), (leading, second, third)),
            (free | (order == "dmy"), (trailing, second, first)),
            (free | (order == "mdy"), (trailing, first, second)),
        )
    ]
    apart = pl.min_horizontal(readings) != pl.max_horizontal(readings)
    return [pl.coalesce(readings).alias("ordered"), apart.alias("apart")]


def _date(written: pl.Expr) -> pl.Expr:
    return written.str.to_date("%Y-%m-%d", strict=False)


def _counted(epoch: Epoch | None) -> pl.Expr:
    """Read a count of days in a workbook, or of time since 1970."""
    told = pl.col("told")
    moment = _milliseconds()
    days = moment // _DAY
    if epoch:
        # A year, or a year and a month, is no serial number: that were one of 1905.
        serial = pl.when(pl.col("written").is_null()).then(
            told.str.extract(in_ascii(SERIAL))
        )
        number = serial.cast(pl.Int64, strict=False)
        if epoch == "1900":
            # SOURCE: this system counts a 29 February 1900, its day 60, that never was
            # (ECMA-376, part 1, 18.17.4.1).
            number = pl.when(number != 60).then(number + (number < 60).cast(pl.Int64))
        days = pl.coalesce(days, number + _EPOCHS[epoch])
    return days.cast(pl.Int32, strict=False).cast(pl.Date)


def _milliseconds() -> pl.Expr:
    told = pl.col("told")
    number = told.cast(pl.Int64, strict=False)
    return (
        pl.when(told.str.contains(in_ascii(SECONDS)))
        .then(number * 1000)
        .when(told.str.contains(in_ascii(MILLISECONDS)))
        .then(number)
    )


def _answer(parts: pl.DataFrame, epoch: Epoch | None) -> pl.DataFrame:
    """Tell the date, how exact it is, and what hinders it."""
    by_day = pl.col("written").is_null() | pl.col("day").is_not_null()
    found = parts.with_columns(
        start=pl.coalesce(_date(pl.col("written")), "ordered", "counted"),
        precision=pl.when(by_day)
        .then(pl.lit("day"))
        .when(pl.col("month").is_not_null())
        .then(pl.lit("month"))
        .otherwise(pl.lit("year")),
    ).with_columns(problem=_problem(epoch))
    known, start = pl.col("problem").is_null(), pl.when("known").then("start")
    plain = (pl.col("raw").str.strip_chars(" ") == pl.col("text")) & (
        pl.col("year").is_not_null() & pl.col("text").str.contains(PLAIN)
    )
    day, month = pl.col("precision") == "day", pl.col("precision") == "month"
    return found.with_columns(known=known).select(
        value=pl.when(day)
        .then(start)
        .when(month)
        .then(start.dt.offset_by("14d"))
        .otherwise(start.dt.offset_by("6mo")),
        precision=pl.when("known").then("precision"),
        earliest=start,
        latest=pl.when(day)
        .then(start)
        .when(month)
        .then(start.dt.month_end())
        .otherwise(start.dt.offset_by("11mo").dt.month_end()),
        parsed=pl.col("known") & ~plain,
        problem="problem",
    )


def _problem(epoch: Epoch | None) -> pl.Expr:
    told, start = pl.col("told"), pl.col("start")
    readings = (_date(pl.col("written")), pl.col("ordered"), pl.col("counted"))
    doubts = (
        pl.sum_horizontal(each.is_not_null() for each in readings) > 1,
        pl.col("apart"),
        told.str.contains(in_ascii(HALF)),
        (pl.coalesce("year", "first").str.len_chars() == 3) & start.is_null(),
        _milliseconds() % _DAY == _CHINA,
        told.str.contains(in_ascii(r"^\d{5}(?:\.\d+)?$")) & (epoch is None),
    )
    formal = pl.any_horizontal(
        pl.col("written", "third", "start").is_not_null()
    ) | told.str.contains(in_ascii(SERIAL)) & (epoch is not None)
    iso = pl.coalesce("written", start.dt.to_string("iso"))
    cases = {
        "date_ambiguous": pl.any_horizontal(doubts),
        "date_open": iso.str.contains(_OPEN) & (pl.col("precision") == "day"),
        "": start.is_between(date(_FIRST, 1, 1), date(_LAST, 12, 31)),
        "date_impossible": formal,
    }
    names = [pl.when(case).then(pl.lit(name)) for name, case in cases.items()]
    return pl.coalesce(*names, pl.lit("date_unreadable")).replace({"": None})
