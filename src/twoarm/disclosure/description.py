"""Hide small counts in Table 1 and in the table of what is missing."""

from collections.abc import Sequence

import polars as pl

from twoarm.disclosure.counts import ARMS

FIGURES = ("n", "weighted", "share", "mean", "sd")
QUARTILES = ("lower_quartile", "median", "upper_quartile")


def suppress_description(
    description: pl.DataFrame, *, minimum_count: int, structural: Sequence[str] = ()
) -> pl.DataFrame:
    """Blank a covariate that has a level which few patients of an arm have.

    As in the table of balance the covariate's other levels in the design would give the
    count away, so all go. Those who lack a level are the other levels; few of them are
    few at one. So goes a continuous covariate that few patients of an arm have. Missing
    counts go where few in an arm miss the covariate or have it, or where few of them
    are not in the design; of both arms, as the table of what is missing has their sum.
    A level goes that few have of those whom the design leaves out of an arm, as two
    designs tell them by their difference; and with few left out every covariate.
    Quartiles may be a patient's own value, and are rounded to three digits of the
    largest, or to two of the standard deviation where that is finer.

    Parameters
    ----------
    description
        As the contract Description.
    minimum_count
        Smallest count to show; 1 shows all as it is.
    structural
        Covariates with gaps that are not imputed: who has a value, and who has none,
        are the whole arm, so neither may be few.
    """
    place = ("design", "covariate")
    unfilled = pl.col("covariate").is_in(list(structural))
    absent = pl.any_horizontal(_absent(minimum_count)).any().over(place)
    # A column, as a window within a window sees its own rows alone.
    left = pl.any_horizontal(_few_left_out(arm, minimum_count) for arm in ARMS)
    held = description.with_columns(left=left)
    few = pl.any_horizontal(
        pl.col(f"n_{arm}").is_between(1, minimum_count - 1) for arm in ARMS
    )
    telling = (few | pl.col("left")).any().over(place) | (unfilled & absent)
    figures = [f"{name}_{arm}" for name in (*FIGURES, *QUARTILES) for arm in ARMS]
    missing = [f"n_missing_{arm}" for arm in ARMS]
    whole = pl.col("design") == "unadjusted"
    rounded = held if minimum_count == 1 else _round_quartiles(held)
    return rounded.with_columns(
        *(pl.when(~telling).then(name).alias(name) for name in (*figures, "smd")),
        *(
            pl.when(~absent & ~_left_out(name, whole, minimum_count)).then(name)
            for name in missing
        ),
    ).drop("left")


def _absent(minimum_count: int) -> list[pl.Expr]:
    """Tell where few miss the covariate, or few of those counted do not."""
    small = []
    for arm in ARMS:
        missing = pl.col(f"n_missing_{arm}")
        counted = pl.col(f"n_{arm}").sum().over("design", "covariate")
        for count in (missing, counted - missing):
            small.append(count.is_between(1, minimum_count - 1))
    return small


def _left_out(name: str, whole: pl.Expr, minimum_count: int) -> pl.Expr:
    """Tell where few of those who miss a covariate are not in the design."""
    of_all = pl.col(name).filter(whole).first().over("covariate")
    few = (of_all - pl.col(name)).is_between(1, minimum_count - 1)
    return few.fill_null(value=False)


def _few_left_out(arm: str, minimum_count: int) -> pl.Expr:
    """Tell where few at a level are in the arm of all and not in that of the design."""
    whole, n = pl.col("design") == "unadjusted", pl.col(f"n_{arm}")
    row = ["covariate", "level"]
    size = n.sum().over("design", "covariate")
    out = n.filter(whole).first().over(row) - n
    # ASSUME: an arm smaller than that of all is a part of it.
    nested = size < size.filter(whole).first().over("covariate")
    return (nested & out.is_between(1, minimum_count - 1)).fill_null(value=False)


def _round_quartiles(description: pl.DataFrame) -> pl.DataFrame:
    names = [f"{each}_{arm}" for each in QUARTILES for arm in ARMS]
    largest = pl.max_horizontal(pl.col(name).abs() for name in names)
    spread = pl.max_horizontal(f"sd_{arm}" for arm in ARMS)
    digits = pl.max_horizontal(decimals_of(largest, 3), decimals_of(spread, 2))
    factor = pl.lit(10.0).pow(digits)
    return description.with_columns(
        ((pl.col(name) * factor).round() / factor).alias(name) for name in names
    )


def decimals_of(size: pl.Expr, significant: int) -> pl.Expr:
    """Return the decimals that a number of this size has if it has so many digits."""
    decimals = significant - 1 - size.log10().floor()
    return pl.when(size > 0).then(decimals.clip(-9, 9))


def suppress_missingness(
    missingness: pl.DataFrame, *, minimum_count: int
) -> pl.DataFrame:
    """Blank the groups of a covariate of which few miss it, or few have it.

    All arms go together, and all centres, as the count of everybody would tell the last
    one. Where few of a group miss any covariate, or the group is small, all counts of
    arms or centres go: patients set aside are the group less those analysed.
    """
    n, missing = pl.col("n_patients"), pl.col("n_missing")
    small = [each.is_between(1, minimum_count - 1) for each in (missing, n - missing)]
    few = pl.any_horizontal(small).any().over("covariate", "by")
    of_any = pl.col("covariate").is_null() & missing.is_between(1, minimum_count - 1)
    group = of_any | n.is_between(1, minimum_count - 1)
    shown = ~few & ~group.any().over("by")
    return missingness.with_columns(
        pl.when(shown).then(name).alias(name)
        for name in ("n_patients", "n_missing", "share_missing")
    )
