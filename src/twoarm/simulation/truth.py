"""What only the model knows of those who met the criteria."""

import polars as pl

from twoarm.tables.simulation import Truth


def derive_truth(people: pl.DataFrame) -> pl.DataFrame:
    """Keep what the model knows of those who met the criteria.

    Parameters
    ----------
    people
        As `simulate_people` gives them.

    Returns
    -------
    pl.DataFrame
        As the contract Truth.
    """
    return Truth.check(
        people.filter(pl.col("reason").is_null())
        .with_columns(patient_id=pl.concat_str("centre", "record", separator=":"))
        .select(*Truth.column_names())
        .sort("patient_id")
    )
