"""The exports of all centres, and the key to their faults."""

from typing import NamedTuple

import numpy as np
import polars as pl

from twoarm.simulation.centre_a import simulate_centre_a
from twoarm.simulation.centre_b import simulate_centre_b
from twoarm.simulation.centre_c import simulate_centre_c
from twoarm.simulation.centre_d import simulate_centre_d
from twoarm.simulation.centre_e import simulate_centre_e
from twoarm.simulation.export import Records
from twoarm.simulation.exports import Simulated
from twoarm.simulation.faults import Grid
from twoarm.simulation.identities import derive_patient_ids
from twoarm.tables.simulation import AnswerKey

WRITERS = {
    "a": simulate_centre_a,
    "b": simulate_centre_b,
    "c": simulate_centre_c,
    "d": simulate_centre_d,
    "e": simulate_centre_e,
}
FILES = 4
"""Sets the random numbers of the files apart from those of the tables."""


class Folder(NamedTuple):
    """The files of all centres by name, and the contract AnswerKey."""

    files: dict[str, bytes]
    key: pl.DataFrame


def write_exports(seed: int, simulated: Simulated) -> Folder:
    """Write what the hospitals hand over, with its faults.

    Parameters
    ----------
    seed
        Seed of the random numbers.
    simulated
        As `simulate_exports` gives it.
    """
    files: dict[str, bytes] = {}
    keys = []
    sources = np.random.default_rng([seed, FILES]).spawn(len(WRITERS))
    for rng, (centre, write) in zip(sources, WRITERS.items(), strict=True):
        own = {
            name: rows.filter(centre=centre) for name, rows in simulated.tables.items()
        }
        eligible = simulated.eligible.filter(centre=centre)["patient_id"].to_list()
        export = write(rng, Records(own, eligible))
        files |= export.files
        second = simulated.second.filter(centre=centre)
        key = pl.concat([export.key, list_second(export.patients, second)])
        behind = pl.concat_str(pl.lit(centre), "file", separator="/")
        keys.append(key.with_columns(file=behind))
    return Folder(files, AnswerKey.check(pl.concat(keys)))


def list_second(patients: Grid, second: pl.DataFrame) -> pl.DataFrame:
    """List the rows of patients that are a person's second, as the contract AnswerKey.

    Parameters
    ----------
    patients
        The sheet of a centre's patients.
    second
        As of `Simulated`: `truth` is the study's pseudonym of the first record.
    """
    row = pl.int_range(patients.first_row, patients.first_row + pl.len())
    names = {field: name for name, field in patients.pair.fields.items()}
    (column,) = (names[field] for field in names if field.endswith(".patient_id"))
    told = second.with_columns(
        first=derive_patient_ids(second["first_centre"], second["first_id"])
    )
    own = pl.col(names["patients.birth_date"]).is_not_null()
    repeated = (pl.col("_place") > 0) == (pl.col("kind") == "repeat")
    return (
        patients.pair.text.select("_record", "_place", own=own, row=row.cast(pl.Int64))
        .filter("own")
        .join(told, left_on="_record", right_on="patient_id", maintain_order="left")
        .filter(repeated)
        .select(
            file=pl.lit(patients.file),
            sheet=pl.lit(patients.sheet, pl.String),
            row="row",
            column=pl.lit(column),
            field=pl.lit("patients.patient_id"),
            kind="kind",
            raw=pl.lit(None, pl.String),
            truth="first",
        )
    )


def derive_answers(second: pl.DataFrame) -> pl.DataFrame:
    """Answer for those of whom no rule is sure, as a data manager would who knows them.

    Parameters
    ----------
    second
        As of `Simulated`.

    Returns
    -------
    pl.DataFrame
        As `source.linkage` has them: `patient_id`, `other_id` and `same`.
    """
    unsure = second.filter(kind="transfer_unsure")
    return pl.DataFrame(
        {
            "patient_id": derive_patient_ids(
                unsure["first_centre"], unsure["first_id"]
            ),
            "other_id": derive_patient_ids(unsure["centre"], unsure["patient_id"]),
        }
    ).with_columns(same=pl.lit(value=True))
