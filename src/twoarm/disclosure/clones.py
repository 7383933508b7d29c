"""Hide small counts in what tells of clones and of trials."""

import polars as pl

from twoarm.disclosure.counts import suppress_cells


def suppress_truncations(
    truncations: pl.DataFrame, *, minimum_count: int
) -> pl.DataFrame:
    """Blank what rests on few patients, by their effective number in either arm.

    Parameters
    ----------
    truncations
        As the contract Truncations.
    minimum_count
        Smallest number to show.
    """
    arms = pl.col("effective_n_treated", "effective_n_control")
    enough = pl.all_horizontal(arms >= minimum_count)
    shown = pl.exclude("endpoint", "design", "truncate", "cap")
    return truncations.with_columns(pl.when(enough).then(shown))


def suppress_carried(carried: pl.DataFrame, *, minimum_count: int) -> pl.DataFrame:
    """Blank small counts of intervals, and ages of few; none is shown as none.

    Parameters
    ----------
    carried
        As the contract Carried.
    minimum_count
        Smallest number to show.
    """
    few = pl.col("n_intervals") < minimum_count
    old, rest = pl.col("n_stale"), pl.col("n_intervals") - pl.col("n_stale")
    # Of a small rest the larger part tells it.
    hidden = old.is_between(1, minimum_count - 1) | rest.is_between(
        1, minimum_count - 1
    )
    ages = pl.col("n_intervals", "median_days", "largest_days")
    return carried.with_columns(
        pl.when(~few).then(ages),
        pl.when(~few & ~hidden).then(old),
    )


def suppress_windows(windows: pl.DataFrame, *, minimum_count: int) -> pl.DataFrame:
    """Blank the counts of who is in trials where the treated, or the rest, are few.

    Parameters
    ----------
    windows
        As the contract Windows.
    minimum_count
        Smallest number to show.
    """
    treated, everybody = pl.col("n_treated"), pl.col("n_patients")
    few = pl.min_horizontal(treated, everybody - treated) < minimum_count
    counts = pl.col("n_patients", "n_treated", "n_entries")
    return windows.with_columns(pl.when(~few).then(counts))


def suppress_clones(clones: pl.DataFrame, *, minimum_count: int) -> pl.DataFrame:
    """Blank small counts of clones, and the weights of few.

    Parameters
    ----------
    clones
        As the contract ClonesOverTime.
    minimum_count
        Smallest number to show.
    """
    counts = [name for name in clones.columns if name.startswith("n_")]
    weights = pl.selectors.matches("^(weight_|largest_|effective_n)")
    enough = pl.col("n_at_risk") >= minimum_count
    shown = clones.with_columns(pl.when(enough).then(weights))
    return suppress_cells(shown, counts, minimum_count=minimum_count)
