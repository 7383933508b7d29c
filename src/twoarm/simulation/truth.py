"""What only the model knows of those who met the criteria."""

import polars as pl

from twoarm.simulation.identities import derive_patient_ids
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
    met = people.filter(pl.col("reason").is_null())
    return Truth.check(
        met.with_columns(patient_id=derive_patient_ids(met["centre"], met["record"]))
        .select(*Truth.column_names())
        .sort("patient_id")
    )
