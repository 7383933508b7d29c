"""Hide small counts in what tells of clones and of trials."""

import numpy as np
import polars as pl

from twoarm.disclosure.curves import ARM, find_months, find_steps


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


def suppress_clones(clones: pl.DataFrame, *, minimum_mark: int) -> pl.DataFrame:
    """Blank counts of clones that are small, or differ little from those told before.

    Those at risk and those who left add up, so a day is told on which each count, and
    that of those who left otherwise, is nobody or enough, and so is its difference from
    the last day told. Events and others lost may be few where they are not told apart:
    their number is blank then. The effective number goes with those at risk: of equal
    weights it is their count.

    Parameters
    ----------
    clones
        As the contract ClonesOverTime.
    minimum_mark
        Fewest to tell of: as of the curves, each of which is drawn with 1.
    """
    parts = clones.sort(*ARM, "days").partition_by(ARM, maintain_order=True)
    days = [_tell_days(part, minimum_mark) for part in parts]
    empty = clones.clear().with_columns(
        told=pl.lit(value=True), apart=pl.lit(value=True)
    )
    enough = pl.col("n_at_risk") >= minimum_mark
    weights = pl.selectors.matches("^(weight_|largest_weight)")
    counts = ("n_at_risk", "n_censored", "n_late", "n_barred")
    shown = {
        **{name: pl.col("told") for name in counts},
        **{name: enough & pl.col("told") for name in ("effective_n", "largest_share")},
        "n_event": pl.col("apart"),
    }
    return (
        pl.concat([empty, *days])
        .with_columns(
            pl.when(enough).then(weights),
            *(pl.when(here).then(name).alias(name) for name, here in shown.items()),
        )
        .drop("told", "apart")
    )


def _tell_days(part: pl.DataFrame, mark: int) -> pl.DataFrame:
    """Mark the days of an arm, in order, that may be told, and of which the events."""
    names = ("n_censored", "n_late", "n_barred", "n_event")
    at_risk, *counts = part.select("n_at_risk", *names).to_numpy().T
    # Who was treated late is still at risk, and so is who was not seen to be.
    others = at_risk[0] - at_risk - counts[0] - counts[3]
    usable = np.r_[True, (at_risk == 0) | (at_risk >= mark)]
    apart = np.pad(np.vstack([*counts, others]), ((0, 0), (1, 0)))
    together = np.vstack([apart[:3], apart[3] + apart[4]])
    days = find_months(apart, usable, mark)
    steps = find_steps(together, usable, days, mark)
    return part.with_columns(
        told=_alike(together, usable, steps), apart=_alike(apart, usable, days)
    )


def _alike(totals: np.ndarray, usable: np.ndarray, days: np.ndarray) -> pl.Series:
    """Tell the days on which nothing changed since one that is told."""
    same = (totals[:, 1:, None] == totals[:, None, days]).all(axis=0)
    return pl.Series(same.any(axis=1) & usable[1:])
