"""From patients to designs: every method, through the scripts."""

import numpy as np
import polars as pl
import pytest

from twoarm.cohort.arms import derive_arms
from twoarm.config.plan import clocks_of
from twoarm.config.study import complete, read_study
from twoarm.errors import InputError
from twoarm.propensity.matching import match_design
from twoarm.propensity.refitting import refit_design
from twoarm.propensity.sample import Sample, select_sample
from twoarm.propensity.sets import check_sets
from twoarm.propensity.weighting import weight_design
from twoarm.propensity.weights import weight_by_score
from twoarm.tables.cohort import Arms, Patients
from twoarm.tables.propensity import Scores, Sets, Weights

MODEL = {"method": "logistic", "penalty": 1.0, "folds": None, "seed": 1}
COVARIATES = {
    "age": {"kind": "continuous"},
    "nodes": {"kind": "continuous"},
    "meno": {"kind": "binary"},
    "grade": {"kind": "binary"},
}


def complete_design(**design):
    """A design as the workflow gives it to the scripts."""
    study = {
        "study": "toy", "title": "Toy", "source": {"kind": "table", "path": "-"},
        "patient_id": "id", "covariates": COVARIATES, "designs": {"one": design},
        "treatment": {"column": "arm", "treated": 1, "control": 0, "days": "wait"},
        "endpoints": {"os": {"time": "t", "event": "e"}},
    }  # fmt: skip
    own = "covariates" in design
    filled = complete(read_study(study))["designs"]["one"]
    return {**filled, "score": "one" if own else "unadjusted"}


@pytest.fixture(scope="module")
def patients(cohort, filled):
    """Four hundred patients of rotterdam; the treated waited up to two years."""
    rows = cohort("rotterdam")
    both = [rows.filter(treated=arm).head(n) for arm, n in ((True, 100), (False, 300))]
    place = pl.int_range(pl.len())
    wait = pl.when("treated").then((place * 7919 % 730).cast(float))
    rows = pl.concat(both).sort("patient_id").with_columns(treatment_days=wait)
    return filled(rows)


@pytest.fixture
def run(script, tmp_path, patients):
    """Score the patients, then match or weight them by the rule's script."""

    def start(rule, *, name="one", shuffle=False, **design):
        filled = complete_design(**design)
        rows = (
            patients.sample(fraction=1, shuffle=True, seed=3) if shuffle else patients
        )
        names = ("patients", "arms", "scores", "coefs", "out")
        paths = [tmp_path / each for each in names]
        Patients.write(rows, paths[0])
        ends = {"endpoints": ["os", "rfs"]}
        clocks = clocks_of({name: filled, "one": filled})
        Arms.write(derive_arms(rows, clocks, **ends), paths[1])
        model = {**MODEL, "within": None}
        script("propensity/estimate_score").main(
            *paths[:4],
            imputation="0",
            terms={filled["score"]: filled["covariates"]},
            model=model,
            **ends,
        )
        given = {"name": name, "design": filled, **ends}
        if rule == "weight_patients":
            given = {"weighted": {name: filled}, "model": model, **ends}
        script(f"propensity/{rule}").main(*paths[:3], paths[4], **given)
        table = {"match_patients": Sets, "weight_patients": Weights}[rule]
        return table.read(paths[4]), Scores.read(paths[2])

    return start


MATCHED = [
    {"method": "nearest"},
    {"method": "nearest", "estimand": "ATC", "caliper_sd": None},
    {"method": "nearest", "ratio": 2, "order": "closest", "exact": ["meno"]},
    {"method": "nearest", "replace": True},
    {"method": "nearest", "distance": "score", "caliper": 0.02},
    {
        "method": "nearest",
        "distance": "mahalanobis",
        "mahalanobis_of": ["age", "nodes"],
    },
    {"method": "optimal", "ratio": 2, "caliper_scale": "pooled"},
    {"method": "full", "estimand": "ATE"},
    {"method": "full", "min_controls": 0.5, "max_controls": 2},
    {"method": "coarsened", "bins": {"age": 4, "nodes": [0.5, 3.5]}},
    {"method": "risk_set", "ratio": 2},
]


@pytest.mark.parametrize(
    "design", MATCHED, ids=lambda d: "-".join(map(str, d.values()))
)
def test_matched_design_is_whole_and_does_not_hang_on_row_order(run, patients, design):
    sets, _ = run("match_patients", **design)
    shuffled, _ = run("match_patients", **design, shuffle=True)

    assert shuffled.equals(sets)
    per_set = sets.group_by("set_id").agg(
        pl.col("treated").any().alias("has"), pl.col("treated").all().alias("only")
    )
    assert per_set["has"].all()
    assert not per_set["only"].any()
    arms = dict(patients.select("patient_id", "treated").iter_rows())
    late = design["method"] == "risk_set"
    for row in sets.iter_rows(named=True):
        if not late or row["treated"]:
            assert arms[row["patient_id"]] == row["treated"]
    assert sets["entry_days"].null_count() == (0 if late else sets.height)
    assert (sets["entry_days"] > 0).any() == late


def test_risk_sets_start_at_the_treatment_and_end_at_a_controls_own(run, patients):
    sets, _ = run(
        "match_patients", method="risk_set", caliper_sd=None, censor_crossovers=True
    )

    wait = dict(patients.select("patient_id", "treatment_days").iter_rows())
    ends = dict(
        patients.select("patient_id", pl.min_horizontal("os_days", "rfs_days")).rows()
    )
    for row in sets.iter_rows(named=True):
        own = wait[row["patient_id"]]
        if row["treated"]:
            assert row["entry_days"] == own
            assert row["exit_days"] is None
        else:
            assert own is None or own > row["entry_days"]
            assert row["exit_days"] == own
        assert ends[row["patient_id"]] > row["entry_days"]


def test_crossovers_are_followed_on_unless_the_study_asks(run):
    sets, _ = run("match_patients", method="risk_set")

    assert sets["exit_days"].null_count() == sets.height


LANDMARK = {"landmark_days": 300, "covariates": ["age", "grade"]}


@pytest.mark.parametrize(
    ("rule", "design"),
    [
        ("match_patients", {"method": "nearest", **LANDMARK}),
        ("weight_patients", {"method": "weighting", **LANDMARK}),
    ],
)
def test_a_landmark_holds_who_is_followed_in_the_arms_of_that_day(
    run, patients, rule, design
):
    table, scores = run(rule, **design)

    followed = patients.filter(pl.min_horizontal("os_days", "rfs_days") > 300)
    treated = followed.filter(pl.col("treatment_days") <= 300)["patient_id"]
    assert set(scores["patient_id"]) == set(followed["patient_id"])
    assert set(scores.filter("treated")["patient_id"]) == set(treated)
    assert 0 < len(treated) < patients["treated"].sum()
    assert set(table["patient_id"]) <= set(followed["patient_id"])
    if rule == "match_patients":
        assert set(table.filter("treated")["patient_id"]) <= set(treated)
        assert table["entry_days"].null_count() == table.height


def test_exact_strata_are_kept(run, patients):
    sets, _ = run("match_patients", method="nearest", exact=["meno", "grade"])

    levels = sets.join(patients, on="patient_id").select("set_id", "meno", "grade")
    assert levels.n_unique() == sets["set_id"].n_unique()


@pytest.mark.parametrize(
    ("design", "key"),
    [
        ({"method": "nearest", "caliper": 0.5}, "designs.one.caliper"),
        ({"method": "optimal", "caliper_sd": 0.1}, "designs.one.caliper_sd"),
        ({"method": "full", "exact": ["meno"]}, "or take covariates out of exact"),
        ({"method": "coarsened"}, "designs.one.bins"),
        ({"method": "risk_set", "caliper_sd": None}, "designs.one.caliper"),
    ],
)
def test_design_that_matches_nobody_names_its_key(design, key):
    logit, treated = np.array([3.0, 2.0, 0.0, -1.0]), np.array([1, 1, 0, 0], bool)
    sample = Sample(
        treated, logit, logit, logit[:, None], ["x"], None,
        bins=np.arange(4)[:, None], strata=np.array([0, 0, 1, 1]),
        treatment_days=np.full(4, np.inf), follow_up_days=np.ones(4),
    )  # fmt: skip

    with pytest.raises(InputError, match="one matches nobody") as error:
        match_design(sample, complete_design(**design), "one")

    assert key in str(error.value)


WEIGHTED = [
    *(
        {"method": "weighting", "estimand": each}
        for each in ("ATE", "ATC", "ATO", "ATM")
    ),
    {"method": "weighting", "stabilised": True, "truncate": [5, 95]},
    {"method": "weighting", "trim": "crump"},
    {"method": "weighting", "trim": {"preference": [0.3, 0.7]}},
    {"method": "entropy", "moments": 2},
    {"method": "entropy", "estimand": "ATE"},
    {"method": "covariate_balancing"},
]


@pytest.mark.parametrize(
    "design", WEIGHTED, ids=lambda d: "-".join(map(str, d.values()))
)
def test_weighted_design_does_not_hang_on_row_order(run, design):
    weights, _ = run("weight_patients", **design)
    shuffled, _ = run("weight_patients", **design, shuffle=True)

    assert shuffled.equals(weights)
    assert weights["altered"].any() == bool(design.get("truncate"))
    assert (weights.height < 400) == bool(design.get("trim"))


def test_weights_are_those_of_the_score(run):
    weights, scores = run("weight_patients", method="weighting", estimand="ATT")

    score, treated = (
        scores[name].to_numpy() for name in ("propensity_score", "treated")
    )
    expected = weight_by_score(score, treated, estimand="ATT")
    np.testing.assert_array_equal(weights["weight"], expected)


def sample_of(patients, scores, design):
    return select_sample(patients, scores, design, endpoints=["os"])


def test_score_is_fitted_again_on_who_is_left_by_trimming(run, patients):
    trim = {"score": [0.15, 0.6]}
    design = complete_design(method="weighting", estimand="ATO", trim=trim)
    _, scores = run("weight_patients", method="weighting", trim=trim)
    sample = sample_of(patients, scores, design)

    found = weight_design(sample, design, MODEL, "one").weight

    kept = (sample.score >= 0.15) & (sample.score <= 0.6)
    assert 0 < kept.sum() < len(kept)
    assert ((found > 0) == kept).all()
    # Overlap weights of a fitted score balance the means exactly, of the kept too.
    treated = sample.treated
    for column in sample.matrix.T:
        means = [np.average(column, weights=found * arm) for arm in (treated, ~treated)]
        assert means[0] == pytest.approx(means[1], rel=1e-9)


def test_entropy_balances_the_spread_of_continuous_covariates(run, patients):
    weights, _ = run("weight_patients", method="entropy", moments=2)

    rows = patients.join(weights, on="patient_id")
    for name in ("age", "nodes"):
        spreads = []
        for arm in (True, False):
            part = rows.filter(treated=arm)
            x, w = part[name].to_numpy(), part["weight"].to_numpy()
            mean = np.average(x, weights=w)
            spreads.append((mean, np.average((x - mean) ** 2, weights=w)))
        np.testing.assert_allclose(*spreads, rtol=1e-8)


def test_trim_that_empties_an_arm_names_its_key(run):
    with pytest.raises(InputError, match=r"designs\.one\.trim"):
        run("weight_patients", method="weighting", trim={"score": [0.98, 0.99]})


def test_script_without_weighted_designs_writes_an_empty_table(script, tmp_path, run):
    run("weight_patients", method="weighting")

    script("propensity/weight_patients").main(
        *(tmp_path / name for name in ("patients", "arms", "scores", "none")),
        weighted={}, model={**MODEL, "within": None}, endpoints=["os"],
    )  # fmt: skip

    assert Weights.read(tmp_path / "none").is_empty()


@pytest.mark.parametrize(
    "design", [*MATCHED[:4], MATCHED[6], MATCHED[7], *WEIGHTED[:5]]
)
def test_refitted_on_all_rows_a_design_is_itself(run, patients, design):
    rule = "weight_patients" if design["method"] == "weighting" else "match_patients"
    table, scores = run(rule, **design)
    filled = complete_design(**design)
    refit = refit_design(sample_of(patients, scores, filled), filled, MODEL)

    weight = refit(np.arange(patients.height))

    own = patients.select("patient_id", weight=weight).filter(pl.col("weight") > 0)
    found = own.join(table.unique("patient_id"), on="patient_id", how="full")
    assert found["weight"].null_count() + found["weight_right"].null_count() == 0
    np.testing.assert_allclose(found["weight"], found["weight_right"], rtol=1e-9)


def test_refitted_on_a_resample_copies_are_patients_of_their_own(run, patients):
    design = complete_design(method="nearest", caliper_sd=None)
    _, scores = run("match_patients", method="nearest")
    refit = refit_design(sample_of(patients, scores, design), design, MODEL)
    rows = np.sort(np.random.default_rng(2).integers(0, 400, 400))

    weight = refit(rows)

    treated = patients["treated"].to_numpy()[rows]
    assert set(weight[treated]) == {1.0}
    assert (weight[~treated] > 0).sum() == treated.sum()


def test_checker_is_asked_of_every_match(run, monkeypatch):
    from twoarm.propensity import matching

    asked = []

    def check(*arguments, **promises):
        asked.append(promises)
        check_sets(*arguments, **promises)

    monkeypatch.setattr(matching, "check_sets", check)
    for design in MATCHED:
        run("match_patients", **design)

    assert len(asked) == len(MATCHED)
    assert all("weight" in promises for promises in asked)
