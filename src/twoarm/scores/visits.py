"""What the visits of a patient say together, in the order of their days.

Expressions of one patient's visits: in a group, or `.over("patient_id")`.
"""

import polars as pl

from twoarm.scores.quantities import RESPONSES

# ASSUME: stable disease is one from six weeks after the first dose on, as most trials
# of this disease have it; seen earlier alone it is not evaluable.
STABLE_DAYS = 42


def smallest_so_far(size: pl.Expr) -> pl.Expr:
    """Smallest size up to each visit, that visit included; null before any is known.

    >>> sizes = pl.DataFrame({"size": [80, None, 50, 60]})
    >>> sizes.select(smallest_so_far(pl.col("size"))).to_series().to_list()
    [80, 80, 50, 50]
    """
    return size.cum_min().forward_fill()


def nadir_before(size: pl.Expr, baseline: pl.Expr) -> pl.Expr:
    """Smallest size before each visit, the baseline included.

    >>> sizes = pl.DataFrame({"size": [80, 50, 60], "baseline": [70, 70, 70]})
    >>> sizes.select(nadir_before(pl.col("size"), pl.col("baseline"))).rows()
    [(70,), (70,), (50,)]
    """
    return pl.min_horizontal(baseline, smallest_so_far(size).shift(1))


def counted_response(response: pl.Expr, days: pl.Expr) -> pl.Expr:
    """Response of a visit as it counts for the best: early stable disease is NE.

    The result has an order, the best first.
    """
    early = (response == "SD") & (days < STABLE_DAYS)
    counted = pl.when(early).then(pl.lit("NE")).otherwise(response)
    return counted.cast(pl.Enum(RESPONSES))


def best_response(response: pl.Expr, days: pl.Expr) -> pl.Expr:
    """Best overall response of visits up to progression, surgery or a new treatment.

    Responses need no confirmation, which RECIST 1.1 asks for only where response is the
    aim of a single-arm trial (Eisenhauer 2009, doi:10.1016/j.ejca.2008.10.026).
    """
    return counted_response(response, days).min()


def best_so_far(response: pl.Expr, days: pl.Expr) -> pl.Expr:
    """Best overall response up to each visit, that visit included."""
    order = counted_response(response, days).to_physical().cast(pl.Int64)
    codes = list(range(len(RESPONSES)))
    return order.cum_min().replace_strict(
        codes, RESPONSES, return_dtype=pl.Enum(RESPONSES)
    )


def days_to_response(response: pl.Expr, days: pl.Expr) -> pl.Expr:
    """Days to the first complete or partial response; null if there was none.

    >>> visits = pl.DataFrame({"response": ["SD", "PR", "CR"], "days": [60, 120, 180]})
    >>> visits.select(days_to_response(pl.col("response"), pl.col("days"))).item()
    120
    """
    return days.filter(response.cast(pl.String).is_in(["CR", "PR"])).min()
