"""The drugs of each regimen, one row a drug."""

import numpy as np
import polars as pl

CYCLE_DAYS = 21
"""Days between two cycles."""
LAG_DAYS = 7
"""Days by which the second drug may begin after the first."""

# ASSUME: the drugs of a class are given equally often.
GENERICS = {
    ("ici_tki", "ici"): ("sintilimab", "camrelizumab", "tislelizumab", "toripalimab"),
    ("ici_tki", "tki"): ("lenvatinib", "apatinib", "donafenib"),
    ("ici_antivegf", "ici"): ("atezolizumab", "sintilimab"),
    ("ici_antivegf", "antivegf"): ("bevacizumab",),
}
"""Regimen and class to the generic names."""


def simulate_drugs(rng: np.random.Generator, regimens: pl.DataFrame) -> pl.DataFrame:
    """Divide regimens into their drugs: the second begins within a week of the first.

    Parameters
    ----------
    rng
        Source of the random numbers.
    regimens
        As `simulate_treatments` gives them.

    Returns
    -------
    pl.DataFrame
        The dictionary's table, with `centre`. Drugs that are infused have a number of
        cycles, tablets none; both drugs end on one day.
    """
    lag = pl.lit(rng.integers(0, LAG_DAYS + 1, regimens.height))
    first = regimens.with_columns(drug_class=pl.lit("ici"))
    second = regimens.with_columns(
        drug_class=pl.col("regimen").str.strip_prefix("ici_"),
        start_date=pl.min_horizontal(
            pl.col("start_date") + pl.duration(days=lag), "until_date"
        ),
    )
    # ASSUME: cycles are given on time, but few-cycle patients had one, whatever the
    # days on which the tablets beside it ended.
    given = (pl.col("until_date") - pl.col("start_date")).dt.total_days()
    cycles = pl.when("few_cycles").then(1).otherwise(1 + given // CYCLE_DAYS)
    infused = pl.col("drug_class") != "tki"
    rows = pl.concat([first, second])
    chosen = [
        str(rng.choice(GENERICS[pair]))
        for pair in rows.select("regimen", "drug_class").iter_rows()
    ]
    return (
        rows.with_columns(drug=pl.Series(chosen))
        .with_columns(n_cycles=pl.when(infused).then(cycles).cast(pl.Int64))
        .select(
            "centre",
            "patient_id",
            "drug_class",
            "drug",
            "n_cycles",
            "start_date",
            "end_date",
        )
        .sort("centre", "patient_id", "start_date", "drug_class")
    )
