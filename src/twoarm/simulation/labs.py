"""Laboratory values: before the first dose, and when the criteria are met."""

import numpy as np
import polars as pl

from twoarm.simulation.people import shift

SECOND_DAYS = 60
"""Day of the second sample of those who never meet the criteria."""


def simulate_labs(rng: np.random.Generator, people: pl.DataFrame) -> pl.DataFrame:
    """Draw two samples of each patient.

    When the criteria are met the albumin-bilirubin score is the model's, and AFP has
    fallen by half or more in just those whom the model calls AFP responders.

    Parameters
    ----------
    rng
        Source of the random numbers.
    people
        As `simulate_people` gives them.

    Returns
    -------
    pl.DataFrame
        The dictionary's table, with `centre`; values that were not measured are null,
        all of them of patients who never met the criteria.
    """
    n = people.height
    responds = people["afp_response"].to_numpy()
    albi = people["albi_z"].to_numpy()
    # ASSUME: the spread of AFP is that of advanced hepatocellular carcinoma: median
    # 200 ng/mL, a tenth above 4000.
    afp = np.clip(rng.lognormal(np.log(200), 2.3, n), 5, 60_000)
    left = np.where(responds, rng.uniform(0.03, 0.45, n), rng.uniform(0.55, 1.80, n))
    at_second = people["criteria_days"].fill_null(SECOND_DAYS).to_numpy()
    first = _simulate_samples(rng, people, albi + rng.normal(0, 0.5, n), afp)
    second = _simulate_samples(rng, people, albi, afp * left)
    samples = [
        first.with_columns(day=pl.Series(-rng.integers(0, 8, n))),
        second.with_columns(day=pl.Series(at_second - rng.integers(0, 4, n))),
    ]
    return (
        pl.concat(samples)
        .filter(pl.col("day") < pl.col("last_days"))
        .select(
            "centre",
            patient_id="record",
            sample_date=shift("first_dose_date", "day"),
            bilirubin_umol_l="bilirubin_umol_l",
            albumin_g_l="albumin_g_l",
            afp_ng_ml="afp_ng_ml",
        )
        .sort("centre", "patient_id", "sample_date")
    )


def _simulate_samples(
    rng: np.random.Generator, people: pl.DataFrame, albi_z: np.ndarray, afp: np.ndarray
) -> pl.DataFrame:
    n = people.height
    bilirubin, albumin = derive_liver_values(albi_z, rng.normal(size=n))
    never = people["criteria_days"].is_null()
    measured = {
        "bilirubin_umol_l": pl.Series(bilirubin),
        "albumin_g_l": pl.Series(albumin),
        "afp_ng_ml": pl.Series(afp),
    }
    missing = dict(zip(measured, rng.uniform(size=(3, n)), strict=True))
    # ASSUME: AFP is missing in 6 %, each input of the score in 3 %.
    shares = {"bilirubin_umol_l": 0.03, "albumin_g_l": 0.03, "afp_ng_ml": 0.06}
    return people.select(
        "centre",
        "record",
        "first_dose_date",
        "last_days",
        **{
            name: pl.when(~(never & pl.Series(missing[name] < shares[name]))).then(
                values
            )
            for name, values in measured.items()
        },
    )


def derive_liver_values(
    albi_z: np.ndarray, noise: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Find a bilirubin and an albumin that give an albumin-bilirubin score.

    Parameters
    ----------
    albi_z
        The score in standard deviations of 0.38 from its mean of -2.55.
    noise
        Standard normal draws: which of the many pairs it is.

    Returns
    -------
    bilirubin, albumin
        In umol/L and g/L.

    References
    ----------
    .. [1] Johnson PJ et al. Assessment of liver function in patients with
       hepatocellular carcinoma. J Clin Oncol 2015;33:550-558.
       doi:10.1200/JCO.2014.57.9151

    Examples
    --------
    >>> bilirubin, albumin = derive_liver_values(np.zeros(1), np.zeros(1))
    >>> (0.66 * np.log10(bilirubin) - 0.085 * albumin).round(3)
    array([-2.55])
    """
    # ASSUME: a median bilirubin of 13 umol/L, higher where the score is worse.
    log_bilirubin = np.log10(13) + 0.12 * albi_z + 0.12 * noise
    albumin = (0.66 * log_bilirubin + 2.55 - 0.38 * albi_z) / 0.085
    return 10**log_bilirubin, albumin
