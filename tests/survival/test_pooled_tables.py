"""Effects and curves of several imputations, pooled."""

import numpy as np
import polars as pl
import pytest
from scipy import stats

from twoarm.survival.pooled_curves import pool_curves, pool_medians
from twoarm.survival.pooled_effects import pool_effects
from twoarm.survival.pooling import pool_estimates
from twoarm.tables.survival import Curves, Effects

COUNTS = {"n_treated": 30, "n_control": 40, "events_treated": 10, "events_control": 20}


def effect(imputation, measure="hazard_ratio", **values):
    usual = {"endpoint": "os", "design": "iptw", "term": "treated", "method": "Cox"}
    return {**usual, **COUNTS, "imputation": imputation, "measure": measure, **values}


def pooled(*rows):
    found = pool_effects(Effects.many(list(rows)), confidence=0.95)
    return Effects.check(found).rows(named=True)


def ratio(imputation, log_ratio, error, **more):
    return effect(imputation, estimate=np.exp(log_ratio), std_error=error, **more)


def test_one_imputation_is_as_it_came():
    row = ratio(0, -0.5, 0.2, conf_low=0.4, conf_high=0.9, p_value=0.01)

    table = Effects.many([row])

    assert pool_effects(table, confidence=0.95).equals(table.drop("imputation"))


def test_hazard_ratios_are_pooled_as_logarithms_by_rubins_rules():
    logs, errors = np.array([-0.5, -0.3, -0.7]), np.array([0.2, 0.25, 0.15])
    z = stats.norm.ppf(0.975)
    rows = [
        ratio(
            k,
            logs[k],
            errors[k],
            conf_low=np.exp(logs[k] - z * errors[k]),
            p_value=2 * stats.norm.sf(abs(logs[k] / errors[k])),
        )
        for k in range(3)
    ]

    (row,) = pooled(*rows)

    within, between = (errors**2).mean(), logs.var(ddof=1)
    total = within + between * (1 + 1 / 3)
    assert row["estimate"] == pytest.approx(np.exp(-0.5))
    assert row["std_error"] == pytest.approx(total**0.5)
    # 30 events less 1 coefficient were nothing missing
    lost = between * (1 + 1 / 3) / total
    observed = (29 + 1) / (29 + 3) * 29 * (1 - lost)
    degrees = 1 / (lost**2 / 2 + 1 / observed)
    reach = stats.t.ppf(0.975, degrees) * total**0.5
    assert row["conf_low"] == pytest.approx(np.exp(-0.5 - reach))
    assert row["conf_high"] == pytest.approx(np.exp(-0.5 + reach))
    p_value = 2 * stats.t.sf(0.5 / total**0.5, degrees)
    assert row["p_value"] == pytest.approx(p_value)
    assert "3 imputations" in row["method"]
    whole = pool_estimates(logs, errors, complete_degrees=29.0)
    assert row["std_error"] == pytest.approx(whole.std_error)


def test_what_one_imputation_could_not_estimate_is_not_estimable():
    lost = effect(2, estimate=None, method="not estimable: an arm has no event")

    (row,) = pooled(ratio(1, -0.5, 0.2), lost, ratio(3, -0.4, 0.2))

    assert row["estimate"] is None
    assert row["conf_low"] is None
    assert row["method"].startswith("not estimable")


def test_rows_that_agree_keep_their_numbers():
    same = {"conf_low": 0.4, "conf_high": 0.9, "p_value": 0.01}

    (row,) = pooled(*(ratio(k, -0.5, 0.2, **same) for k in (1, 2, 3)))

    assert (row["conf_low"], row["conf_high"], row["p_value"]) == (0.4, 0.9, 0.01)


def test_survival_stays_between_0_and_1():
    rows = [
        effect(k, "survival", term="A", months=12.0, estimate=s, std_error=0.02)
        for k, s in enumerate((0.97, 0.99, 0.985), start=1)
    ]

    (row,) = pooled(*rows)

    assert 0.97 < row["estimate"] < 0.99
    assert 0 < row["conf_low"] < row["estimate"] < row["conf_high"] < 1


def test_counts_are_rounded_means():
    (row,) = pooled(
        ratio(1, -0.5, 0.2, n_treated=30), ratio(2, -0.5, 0.3, n_treated=33)
    )

    assert row["n_treated"] == 32


def test_every_measure_of_real_effects_is_pooled(cohort):
    """Two halves of a cohort stand for two imputations."""
    from twoarm.survival.curves import Arm
    from twoarm.survival.effects import estimate_effects

    patients = cohort("rotterdam")
    rows = []
    for number, part in enumerate((patients[::2], patients[1::2]), start=1):
        arms = {}
        for name in ("treated", "control"):
            one = part.filter(treated=name == "treated")
            time, event = (one[f"os_{end}"].to_numpy() for end in ("days", "event"))
            arms[name] = Arm(name.capitalize(), time, event, None, None)
        found = estimate_effects(
            arms, horizons_months=[12.0, 60.0], rmst_months=60.0, confidence=0.95
        )
        place = {"endpoint": "os", "design": "unadjusted", "imputation": number}
        rows += [{**row, **place} for row in found]

    table = pooled(*rows)

    assert len(table) == len(rows) / 2
    for row in table:
        key = ("measure", "term", "months")
        same = [each for each in rows if all(each.get(k) == row[k] for k in key)]
        both = [each["estimate"] for each in same]
        if row["measure"] in ("logrank", "proportional_hazards"):
            assert 0 <= row["p_value"] <= 1
        elif row["estimate"] is not None:
            low, high = min(both), max(both)
            assert low - 1e-9 <= row["estimate"] <= high + 1e-9, row["measure"]
        if row["conf_low"] is not None:
            assert row["conf_low"] <= row["estimate"] <= row["conf_high"]


# -------------------------------------------------------------------------- curves


def curve(imputation, *points):
    return [
        {
            "endpoint": "os", "design": "iptw", "arm": "A", "imputation": imputation,
            "months": months, "n_risk": n_risk, "n_event": n_event, "n_censor": 0,
            "estimate": estimate, "conf_low": low, "conf_high": high,
        }
        for months, n_risk, n_event, estimate, low, high in points
    ]  # fmt: skip


FIRST = curve(
    1, (0.0, 10, 0, 1.0, None, None), (2.0, 10, 4, 0.6, 0.25, 0.83),
    (5.0, 6, 3, 0.3, 0.07, 0.58),
)  # fmt: skip
SECOND = curve(
    2, (0.0, 10, 0, 1.0, None, None), (3.0, 10, 4, 0.6, 0.25, 0.83),
    (5.0, 6, 3, 0.3, 0.07, 0.58),
)  # fmt: skip


def pool(*rows):
    table = pl.DataFrame(
        [each for part in rows for each in part], infer_schema_length=None
    )
    return pool_curves(table, confidence=0.95)


def test_one_curve_is_as_it_came():
    found = Curves.check(pool(FIRST))

    assert found.equals(Curves.check(pl.DataFrame(FIRST).drop("imputation")))


def test_curves_are_pooled_at_all_their_times():
    found = Curves.check(pool(FIRST, SECOND))

    assert found["months"].to_list() == [0.0, 2.0, 3.0, 5.0]
    # at 3 and 5 they agree, to the last bit
    assert found["estimate"].to_list()[2:] == [0.6, 0.3]
    assert 0.6 < found["estimate"][1] < 1
    assert (found["estimate"].diff().drop_nulls() <= 0).all()
    assert (found["n_risk"].diff().drop_nulls() <= 0).all()
    assert found["n_event"].sum() == 7


def test_median_is_read_off_the_pooled_curve():
    (row,) = pool_medians(pool(FIRST, SECOND)).rows(named=True)

    assert 5.0 in row.values()
