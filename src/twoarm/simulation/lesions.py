"""Single lesions at each exam, and what the report says of them all."""

import numpy as np
import polars as pl

REPORT_DAYS = 5
"""Days by which a report is dated after the exam, at most."""
LONGEST_MM = 280
"""Sum beyond which there are three lesions."""
KEY = ("centre", "patient_id")
SITES = ("liver", "liver", "liver", "lung", "node")


def simulate_reports(
    rng: np.random.Generator, assessments: pl.DataFrame
) -> pl.DataFrame:
    """Add the day of the report, the response that it charts, and the remnant.

    Parameters
    ----------
    rng
        Source of the random numbers.
    assessments
        As `simulate_assessments` gives them, with the sums of the target lesions.
    """
    n = assessments.height
    late = pl.Series(rng.integers(0, REPORT_DAYS + 1, n))
    remnant = pl.Series(rng.uniform(28, 75, n)).round(1)
    noted = pl.Series(rng.uniform(size=n) >= 0.30)
    total = pl.col("target_sum_mm")
    first = total.first().over(KEY)
    change = 100 * (total / first - 1)
    # ASSUME: the report compares with the baseline alone, as reports do.
    charted = (
        pl.when(pl.col("new_lesion") | (change >= 20))
        .then(pl.lit("PD"))
        .when(total <= 0)
        .then(pl.lit("CR"))
        .when(change <= -30)
        .then(pl.lit("PR"))
        .otherwise(pl.lit("SD"))
    )
    later = pl.col("exam_date") > pl.col("exam_date").first().over(KEY)
    return assessments.with_columns(
        report_date=pl.col("exam_date") + pl.duration(days=pl.lit(late)),
        charted_response=pl.when(later & total.is_not_null()).then(charted),
        flr_percent=pl.when(noted).then(remnant),
    )


def simulate_lesions(
    rng: np.random.Generator, assessments: pl.DataFrame
) -> pl.DataFrame:
    """Divide the sum of each exam among one to three target lesions; add one other.

    Parameters
    ----------
    rng
        Source of the random numbers.
    assessments
        As `simulate_assessments` gives them, with both sums.

    Returns
    -------
    pl.DataFrame
        The dictionary's table, with `centre`. The long axes of the target lesions of
        an exam, each rounded to 0.1 mm, add up to its sum within 0.15 mm.
    """
    measured = assessments.filter(pl.col("target_sum_mm").is_not_null())
    owners = measured.select(KEY).unique(maintain_order=True)
    n = owners.height
    shares = rng.dirichlet((8, 5, 3), n)
    count = rng.integers(1, 4, n)
    shares[count < 3, 2] = 0
    shares[count < 2, 1] = 0
    shares /= shares.sum(axis=1, keepdims=True)
    largest = measured.group_by(KEY, maintain_order=True).agg(
        pl.col("target_sum_mm").max()
    )
    # No single lesion is longer than the dictionary's limit.
    shares[largest["target_sum_mm"].to_numpy() > LONGEST_MM] = (0.5, 0.3, 0.2)
    shape = rng.uniform(0.6, 0.95, (4, n))
    other = rng.uniform(6, 15, n)
    parts = []
    for place in range(4):
        target = place < 3
        each = owners.with_columns(
            share=pl.Series(shares[:, place] if target else np.zeros(n)),
            shape=pl.Series(shape[place]),
            other=pl.Series(np.zeros(n) if target else other),
            lesion_id=pl.lit(f"{'T' if target else 'N'}{place % 3 + 1}"),
            target=pl.lit(target),
            site=pl.lit("liver" if target else SITES[3]),
        )
        parts.append(measured.join(each, on=list(KEY), maintain_order="left"))
    long = pl.col("target_sum_mm") * pl.col("share") + pl.col("other")
    viable = pl.col("viable_sum_mm") * pl.col("share") + pl.col("other")
    rows = pl.concat(parts).filter((pl.col("share") > 0) | ~pl.col("target"))
    return rows.select(
        *KEY,
        "exam_date",
        "lesion_id",
        "target",
        "site",
        long_mm=long.round(1),
        short_mm=(long * pl.col("shape")).round(1),
        viable_mm=viable.round(1),
    ).sort(*KEY, "exam_date", "lesion_id")
