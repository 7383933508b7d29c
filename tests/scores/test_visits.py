"""What several visits of a patient say together."""

import polars as pl
import pytest

from twoarm.scores.response import recist_target
from twoarm.scores.visits import (
    best_response,
    best_so_far,
    days_to_response,
    nadir_before,
)

RESPONSE, DAYS = pl.col("response"), pl.col("days")


@pytest.mark.parametrize(
    ("responses", "days", "best", "first"),
    [
        (["SD", "PR", "PD"], [40, 80, 120], "PR", 80),
        (["SD"], [41], "NE", None),
        (["SD"], [42], "SD", None),
        (["SD", "PD"], [41, 80], "PD", None),
        (["NE", "PR", "CR"], [60, 120, 180], "CR", 120),
    ],
)
def test_best_response_and_the_days_to_it(responses, days, best, first):
    visits = pl.DataFrame({"response": responses, "days": days})

    found = visits.select(
        best_response(RESPONSE, DAYS).alias("best"),
        days_to_response(RESPONSE, DAYS).alias("first"),
        last=best_so_far(RESPONSE, DAYS).last(),
    )

    assert found.row(0) == (best, first, best)


def test_best_so_far_of_two_patients():
    visits = pl.DataFrame(
        {
            "patient_id": ["p", "p", "p", "q", "q"],
            "response": ["NE", "SD", "PR", "PR", "SD"],
            "days": [30, 60, 90, 30, 60],
        }
    )

    found = visits.select(best_so_far(RESPONSE, DAYS).over("patient_id")).to_series()

    assert found.to_list() == ["NE", "SD", "PR", "PR", "PR"]


def test_course_of_the_worked_example():
    sums = [75.0, 64.0, 67.0, None, 76.8]
    visits = pl.DataFrame({"target_sum_mm": sums, "baseline_mm": [103.0] * 5})
    flags = {name: pl.lit(None, pl.Boolean) for name in ("incomplete", "targets_gone")}
    nadir = nadir_before(pl.col("target_sum_mm"), pl.col("baseline_mm"))

    found = visits.select(recist_target(nadir_mm=nadir, **flags)).to_series()

    assert found.to_list() == ["SD", "PR", "PR", "NE", "PD"]
