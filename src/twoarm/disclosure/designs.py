"""Hide small counts in the balance of designs, and of those they leave out."""

import polars as pl

from twoarm.disclosure.counts import ARMS, UNADJUSTED, suppress_cells

ROW = ["covariate", "level"]
FIGURES = ("mean_treated", "mean_control", "smd", "variance_ratio", "ks")


def find_hidden(
    balance: pl.DataFrame, diagnostics: pl.DataFrame, *, minimum_count: int
) -> pl.DataFrame:
    """List the covariates, by design, whose balance would tell a small count.

    A share times the size of its arm is a count. A covariate is listed that has a level
    which few patients of an arm have, or lack; or few of those whom the design leaves
    out of an arm: their number is a difference of two designs. Of few left out every
    mean tells the values: all covariates are listed.

    Parameters
    ----------
    balance, diagnostics
        As the contracts of these names.
    minimum_count
        Smallest count to show.

    Returns
    -------
    pl.DataFrame
        `design` and `covariate`.
    """
    sizes = diagnostics.select(
        "design", **{f"size_{arm}": pl.col(f"n_{arm}") for arm in ARMS}
    )
    rows = balance.join(sizes, on="design", how="left").with_columns(
        # A continuous covariate is had by the whole arm.
        pl.coalesce(f"n_{arm}", f"size_{arm}").alias(f"n_{arm}")
        for arm in ARMS
    )
    numbers = [f"{what}_{arm}" for what in ("n", "size") for arm in ARMS]
    whole = rows.filter(design=UNADJUSTED).select(
        *ROW, *(pl.col(name).alias(f"{name}_all") for name in numbers)
    )
    told = rows.join(whole, on=ROW, how="left", nulls_equal=True)
    few = [
        count.is_between(1, minimum_count - 1) for arm in ARMS for count in _counts(arm)
    ]
    return told.filter(pl.any_horizontal(few)).select("design", "covariate").unique()


def _counts(arm: str) -> list[pl.Expr]:
    """Count who has a level, or lacks it: in the design, and of those left out."""
    n, size = pl.col(f"n_{arm}"), pl.col(f"size_{arm}")
    n_all, size_all = pl.col(f"n_{arm}_all"), pl.col(f"size_{arm}_all")
    # ASSUME: an arm smaller than that of all is a part of it.
    left = pl.when(size < size_all)
    out = [left.then(n_all - n), left.then(size_all - n_all - size + n)]
    return [n, size - n, *out]


def suppress_levels(balance: pl.DataFrame, hidden: pl.DataFrame) -> pl.DataFrame:
    """Blank the covariates that are hidden in a design; the counts leave the table.

    The row's other figures, and the other levels of the covariate in the same design,
    would give a share away, so all go.

    Parameters
    ----------
    balance
        As the contract Balance.
    hidden
        `design` and `covariate`, as `find_hidden` lists them.
    """
    told = hidden.with_columns(hidden=pl.lit(value=True))
    joined = balance.join(told, on=hidden.columns, how="left", maintain_order="left")
    shown = pl.col("hidden").is_null()
    figures = (pl.when(shown).then(name).alias(name) for name in FIGURES)
    return joined.select("design", *ROW, *figures)


def suppress_interactions(
    interactions: pl.DataFrame, hidden: pl.DataFrame
) -> pl.DataFrame:
    """Leave out squares and products of covariates that the balance table blanks.

    Parameters
    ----------
    interactions
        As the contract Interactions.
    hidden
        `design` and `covariate`, as `find_hidden` lists them.
    """
    parts = interactions.select("design", "term", covariate=_covariates_in("term"))
    told = parts.explode("covariate").join(hidden, on=hidden.columns, how="semi")
    return interactions.join(
        told, on=["design", "term"], how="anti", maintain_order="left"
    )


def _covariates_in(term: str) -> pl.Expr:
    return pl.col(term).str.replace_all(r"[=^][^:]*", "").str.split(":")


def suppress_diagnostics(
    diagnostics: pl.DataFrame, hidden: pl.DataFrame, *, minimum_count: int
) -> pl.DataFrame:
    """Blank small counts of patients, and differences in covariates that are hidden.

    Parameters
    ----------
    diagnostics
        As the contract Diagnostics.
    hidden
        `design` and `covariate`, as `find_hidden` lists them.
    """
    names = hidden.group_by("design").agg(told=pl.col("covariate"))
    joined = diagnostics.join(names, on="design", how="left", maintain_order="left")
    told = pl.col("told").fill_null([])
    level = told.list.contains(pl.col("smd_covariate")).fill_null(value=False)
    parts = _covariates_in("interaction_term").fill_null([])
    product = parts.list.set_intersection(told).list.len() > 0
    blank = {
        **dict.fromkeys(("smd_max", "smd_covariate"), level),
        **dict.fromkeys(("interaction_max", "interaction_term"), product),
    }
    short = pl.col("verdict").str.replace(":.*", "")
    named = pl.col("verdict").str.extract(r"not balanced: ([^=\s]+)")
    told_in_words = told.list.contains(named).fill_null(value=False)
    shown = joined.with_columns(
        *(pl.when(~where).then(name).alias(name) for name, where in blank.items()),
        verdict=pl.when(level | told_in_words).then(short).otherwise("verdict"),
    ).drop("told")
    counts = [*(f"n_{arm}" for arm in ARMS), "n_truncated"]
    shown = suppress_cells(shown, counts, minimum_count=minimum_count)
    out = [_suppress_out(arm, minimum_count) for arm in ARMS]
    return shown.with_columns(out)


def _suppress_out(arm: str, minimum_count: int) -> pl.Expr:
    """Blank few who are left out, unless the arms leave no other number."""
    out, n = pl.col(f"n_{arm}_out"), pl.col(f"n_{arm}")
    whole = n.filter(pl.col("design") == UNADJUSTED).first()
    told = (whole - n == out).fill_null(value=False)
    few = out.is_between(1, minimum_count - 1) | n.is_null()
    return pl.when(told | ~few).then(out).alias(f"n_{arm}_out")


def suppress_dropped(dropped: pl.DataFrame, *, minimum_count: int) -> pl.DataFrame:
    """Leave out an arm of a design of whom few were dropped, or few stayed.

    Of the others, a covariate goes that has a level which few of either have, or lack:
    a share times its number is a count.
    """
    counts = [
        count.round()
        for end in ("kept", "dropped")
        for number, share in [(pl.col(f"n_{end}"), pl.col(f"mean_{end}"))]
        for count in (number, number * share, number * (1 - share))
    ]
    levelled = pl.col("level").is_not_null()
    few = [
        count.is_between(1, minimum_count - 1) & (levelled if place % 3 else True)
        for place, count in enumerate(counts)
    ]
    telling = pl.any_horizontal(few).any().over("design", "arm", "covariate")
    return dropped.filter(~telling)
