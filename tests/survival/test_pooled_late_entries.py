import numpy as np
import polars as pl
import pytest

from twoarm.survival.curves import Arm, estimate_curve
from twoarm.survival.effects import estimate_effects
from twoarm.survival.pooled_curves import pool_curves
from twoarm.survival.pooled_effects import pool_effects
from twoarm.tables.survival import Curves, Effects

MONTH = 30.4375
NAMED = {"endpoint": "os", "design": "changing"}


def arm(label, entry, time, event):
    columns = (np.array(each, float) * MONTH for each in (time, entry))
    times, entries = columns
    patients = pl.Series([f"{label}{k}" for k in range(len(time))])
    return Arm(label, times, np.array(event), None, None, entries, patients)


# Nobody is treated at time zero; of the untreated two are treated, at 1 and 2 months.
ARMS = {
    "treated": arm("Surgery", [1, 2], [6, 8], [True, False]),
    "control": arm("No surgery", [0, 0, 0], [1, 2, 5], [False, False, True]),
}


def curves_of(numbers):
    return pl.concat(
        estimate_curve(each, confidence=0.95).with_columns(
            imputation=pl.lit(number, pl.Int64),
            **{name: pl.lit(value) for name, value in NAMED.items()},
        )
        for number in numbers
        for each in ARMS.values()
    )


def test_curve_of_an_arm_that_nobody_is_in_at_first_is_pooled():
    pooled = Curves.check(pool_curves(curves_of([1, 2]), confidence=0.95))

    alone = curves_of([1]).drop("imputation").select(Curves.column_names())
    own = ["endpoint", "design", "arm", "months"]
    assert pooled.sort(own).equals(alone.sort(own))
    treated = pooled.filter(arm="Surgery").sort("months")
    assert treated["n_risk"].to_list() == [0, 0, 1, 2, 1]


def test_what_changing_arms_do_not_have_is_not_read_off_their_curves():
    how = {"horizons_months": [3.0], "rmst_months": 3.0, "confidence": 0.95}
    rows = [
        {**row, **NAMED, "imputation": number}
        for number in (1, 2)
        for row in estimate_effects(ARMS, **how)
    ]
    curves = pool_curves(curves_of([1, 2]), confidence=0.95)

    pooled = pool_effects(Effects.many(rows), curves=curves, confidence=0.95)

    medians = pooled.filter(measure="median")
    assert medians.height == 2
    assert medians["estimate"].null_count() == 2
    assert medians["method"].str.starts_with("not estimated").all()
    ratio = pooled.filter(measure="hazard_ratio").row(0, named=True)
    assert (ratio["n_treated"], ratio["n_control"]) == (2, 3)


@pytest.mark.parametrize("number", [1, 3])
def test_one_data_set_or_several_alike_give_the_same_counts(number):
    pooled = pool_curves(curves_of(range(1, number + 1)), confidence=0.95)

    assert pooled["n_event"].sum() == 2
    assert pooled["n_censor"].sum() == 3
