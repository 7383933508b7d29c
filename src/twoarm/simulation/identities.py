"""Invented names and identity numbers, which the exports hold to be taken out again."""

import numpy as np
import polars as pl

from twoarm.pseudonyms import DEMONSTRATION, derive_pseudonym, find_check_sign

# ASSUME: characters that the simplified and the traditional script share, so that one
# name is written alike in GB18030 and in Big5.
SURNAMES = "王李何林江高梁朱徐胡郭曹田石白方丁金杜余文"
GIVEN = "明文安平志永春德海秀英玉青立和光大山成友克天中正仁"
REGION = "99"
"""First digits of the identity numbers: no region of the standard has them."""


def simulate_identities(
    rng: np.random.Generator, patients: pl.DataFrame
) -> pl.DataFrame:
    """Add an invented name and an invented identity number to each person.

    Parameters
    ----------
    rng
        Source of the random numbers.
    patients
        As `simulate_patients` gives them.

    Returns
    -------
    pl.DataFrame
        With `national_id`, of 18 characters, none twice, and `person_name`.
    """
    n = patients.height
    surname = rng.choice(list(SURNAMES), n)
    given = rng.choice(list(GIVEN), (2, n))
    region = rng.integers(0, 10_000, n)
    # The last digit of the sequence is odd for men.
    men = (patients["sex"] == "male").to_numpy().astype(int)
    order = 2 * rng.permutation(500)[np.arange(n) % 500] + men
    born = patients["birth_date"].dt.to_string("%Y%m%d")
    stems = [
        f"{REGION}{place:04d}{day}{number:03d}"
        for place, day, number in zip(region, born, order, strict=True)
    ]
    names = [first + second for first, second in zip(*given, strict=True)]
    return patients.with_columns(
        national_id=pl.Series([stem + find_check_sign(stem) for stem in stems]),
        person_name=pl.Series([a + b for a, b in zip(surname, names, strict=True)]),
    )


def derive_patient_ids(centres: pl.Series, records: pl.Series) -> pl.Series:
    """Give the pseudonyms that a study of the invented exports has for its patients.

    Parameters
    ----------
    centres, records
        Centre and record number of each.
    """
    return pl.Series(
        [
            f"{centre}:"
            + derive_pseudonym(record, "patient_id", key=DEMONSTRATION, within=centre)
            for centre, record in zip(centres, records, strict=True)
        ],
        dtype=pl.String,
    )
