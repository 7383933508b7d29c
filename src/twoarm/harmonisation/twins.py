"""Samples that are told twice, once in fewer decimals: by a laboratory and a record."""

import polars as pl

from twoarm.tables.harmonisation import PLACE

OF = ["patient_id", "sample_date"]
ROUNDING = 1e-9
"""Room for what floats lose, beside half a unit of the last decimal."""


def find_twins(labs: pl.DataFrame) -> pl.DataFrame:
    """Find the rows all of whose values another row of the same day tells as exactly.

    A value is told by another that is equal, or that becomes it if it is rounded to its
    decimals. Decimals are those of the dictionary's unit, so that a twin in another
    unit is kept.

    Parameters
    ----------
    labs
        Records of samples: `source_file`, `source_row`, `patient_id`, `sample_date`,
        and numbers.

    Returns
    -------
    pl.DataFrame
        `source_file` and `source_row` of the rows that say less. Two that say the same
        are not in it.

    Examples
    --------
    >>> from datetime import date
    >>> day = {"patient_id": "a:1", "sample_date": date(2021, 3, 5)}
    >>> rows = [{"inr": 1.08, "source_row": 2}, {"inr": 1.1, "source_row": 3}]
    >>> labs = pl.DataFrame([day | row for row in rows])
    >>> find_twins(labs.with_columns(source_file=pl.lit("a")))["source_row"].to_list()
    [3]
    """
    numbers = [name for name, kind in labs.schema.items() if kind.is_float()]
    rows = labs.with_row_index("row").filter(pl.len().over(OF) > 1)
    told = rows.select("row", n=pl.sum_horizontal(pl.col(numbers).is_not_null()))
    pairs = pl.concat([_pairs(rows, name) for name in numbers] or [_pairs(rows, "row")])
    less = (
        pairs.group_by("row", "other")
        .agg(n_told=pl.len(), n_less=pl.col("fewer").sum())
        .join(told, on="row")
        .join(told.rename({"row": "other", "n": "n_other"}), on="other")
        .filter(
            pl.col("n_told") == pl.col("n"),
            (pl.col("n_less") > 0) | (pl.col("n") < pl.col("n_other")),
        )
    )
    return rows.join(less, on="row", how="semi").select(PLACE)


def _pairs(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    """Pair the rows that tell a number with those that tell it as exactly or more."""
    known = rows.select("row", *OF, value=pl.col(name).cast(pl.Float64)).drop_nulls()
    known = known.filter(pl.len().over(OF) > 1).with_columns(decimals=_decimals())
    both = known.join(known, on=OF, suffix="_b").filter(
        pl.col("row") != pl.col("row_b"), pl.col("decimals") <= pl.col("decimals_b")
    )
    fewer = pl.col("decimals") < pl.col("decimals_b")
    half = 0.5 * pl.lit(10.0).pow(-pl.col("decimals")) + ROUNDING
    apart = (pl.col("value") - pl.col("value_b")).abs()
    return both.filter(apart <= pl.when(fewer).then(half).otherwise(0.0)).select(
        "row", other="row_b", fewer=fewer
    )


def _decimals() -> pl.Expr:
    """Count the decimals of a number as it is written shortest."""
    text = pl.col("value").cast(pl.String)
    places = text.str.extract(r"\.(\d*?)0*$").str.len_chars()
    return places.fill_null(0).cast(pl.Int32)
