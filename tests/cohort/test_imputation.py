import os
import subprocess
import sys

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from twoarm.cohort.donors import draw_donors, draw_levels, find_donors
from twoarm.cohort.imputation import estimate_hazard, impute_covariates
from twoarm.engine import fit_cox
from twoarm.errors import InputError
from twoarm.survival.pooling import pool_estimates
from twoarm.tables.cohort import Patients
from twoarm.terms import expand_terms

STAGE = pl.Enum(["A", "B", "C", "D"])
SEX = pl.Enum(["female", "male"])
COVARIATES = ["x", "z", "sex", "stage"]
seeds = st.integers(0, 10_000)


def invent(seed, size=120, *, share=0.25):
    """Patients with gaps at random in all but `z`; nobody has stage D."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=size)
    x = z + rng.normal(size=size)
    time = rng.exponential(400 * np.exp(-0.5 * x)) + 1
    sex = np.where(rng.logistic(size=size) < z, "male", "female")
    stage = np.array(["A", "B", "C"])[np.digitize(x, [-0.5, 0.5])]
    gone = rng.random((3, size)) < share
    gone[:, : size // 2] = False
    return pl.DataFrame(
        {
            "patient_id": [f"P{row:06}" for row in range(size)],
            "treated": rng.random(size) < 0.4,
            "treatment_days": None,
            "index_date": None,
            "first_dose_days": None,
            "os_days": time,
            "os_event": rng.random(size) < 0.7,
            "x": x,
            "z": z,
            "sex": sex,
            "stage": stage,
        },
        schema_overrides={
            "treatment_days": pl.Float64,
            "index_date": pl.Date,
            "first_dose_days": pl.Float64,
        },
    ).with_columns(
        pl.when(pl.lit(pl.Series(lost)).not_()).then(pl.col(name).cast(dtype))
        for name, dtype, lost in zip(
            ("x", "sex", "stage"), (pl.Float64, SEX, STAGE), gone, strict=True
        )
    )


def impute(patients, imputation=1, **settings):
    settings = {"covariates": COVARIATES, "seed": 7, "iterations": 3} | settings
    return impute_covariates(
        patients, endpoints=["os"], imputation=imputation, **settings
    )


class TestOneDataSet:
    @given(seeds, st.integers(1, 50))
    def test_only_gaps_change_and_by_values_that_were_seen(self, seed, imputation):
        patients = invent(seed)

        completed, _ = impute(patients, imputation)

        Patients.check(completed)
        assert completed.schema == patients.schema
        assert not completed.select(COVARIATES).null_count().sum_horizontal().item()
        for name in patients.columns:
            observed = patients[name].is_not_null()
            assert_frame_equal(
                completed.filter(observed).select(name),
                patients.filter(observed).select(name),
                check_exact=True,
            )
        for name in COVARIATES:
            assert set(completed[name]) <= set(patients[name].drop_nulls())

    @given(seeds, st.randoms())
    def test_order_of_rows_does_not_matter(self, seed, random):
        patients = invent(seed, size=40)
        order = random.sample(range(40), 40)

        one, other = impute(patients), impute(patients[order])

        assert_frame_equal(one.completed, other.completed, check_exact=True)
        assert_frame_equal(one.trace, other.trace, check_exact=True)

    def test_number_and_seed_decide_the_draws(self):
        patients = invent(3)

        sets = [
            impute(patients, imputation, seed=seed).completed
            for imputation, seed in ((1, 7), (1, 7), (2, 7), (1, 8))
        ]

        assert sets[0].equals(sets[1])
        assert not sets[0].equals(sets[2])
        assert not sets[0].equals(sets[3])

    @pytest.mark.parametrize("size", [60, 20_000])
    def test_bytes_are_the_same_on_any_number_of_cores(self, size):
        code = (
            "import importlib.util as u, hashlib, io, sys\n"
            f"spec = u.spec_from_file_location('tests', {__file__!r})\n"
            "m = u.module_from_spec(spec); spec.loader.exec_module(m)\n"
            f"completed = m.impute(m.invent(5, {size})).completed\n"
            "out = io.BytesIO(); completed.write_parquet(out)\n"
            "print(hashlib.sha256(out.getvalue()).hexdigest())\n"
        )
        found = set()
        for cores in ("1", "4"):
            names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS")
            run = subprocess.run(
                [sys.executable, "-c", code],
                env=os.environ | dict.fromkeys(names, cores),
                capture_output=True,
                text=True,
                check=True,
            )
            found.add(run.stdout)

        assert len(found) == 1

    def test_nothing_missing_is_nothing_to_do(self):
        patients = invent(1, share=0)

        completed, trace = impute(patients)

        assert_frame_equal(completed, patients, check_exact=True)
        assert trace.is_empty()

    def test_trace_tells_what_was_imputed_last(self):
        patients = invent(2)

        completed, trace = impute(patients)

        gaps = patients["x"].is_null()
        last = trace.filter(iteration=3, covariate="x").row(0, named=True)
        drawn = completed["x"].filter(gaps)
        assert last["mean"] == pytest.approx(drawn.mean())
        assert last["sd"] == pytest.approx(drawn.std())
        stages = trace.filter(iteration=3, covariate="stage")
        assert stages["level"].to_list() == ["A", "B", "C"]
        assert stages["mean"].sum() == pytest.approx(1)
        share = (completed["stage"].filter(patients["stage"].is_null()) == "B").mean()
        assert stages["mean"][1] == pytest.approx(share)
        assert trace["iteration"].unique().to_list() == [1, 2, 3]

    def test_structural_gaps_stay_and_predict_nothing(self):
        patients = invent(2)
        other = patients.with_columns(x=-3 * pl.col("x"))

        one, two = (impute(each, skip=["x"]).completed for each in (patients, other))

        assert one["x"].equals(patients["x"])
        assert not one["sex"].null_count()
        assert one.drop("x").equals(two.drop("x"))

    def test_names_what_is_missing_in_all(self):
        empty = invent(2).with_columns(x=pl.lit(None, pl.Float64))

        with pytest.raises(InputError, match="covariates: x missing in all 120"):
            impute(empty)
        assert impute(empty, skip=["x"]).completed["x"].null_count() == 120

    def test_one_level_seen_is_the_one_imputed(self):
        patients = invent(2).with_columns(
            sex=pl.when(pl.col("sex").is_not_null()).then(pl.lit("male")).cast(SEX)
        )

        assert set(impute(patients).completed["sex"]) == {"male"}

    def test_twins_and_certainty_break_nothing(self):
        """A covariate twice, one that is the same in all, one that tells the arm."""
        patients = invent(2).with_columns(
            twin=pl.col("x"),
            flat=pl.lit(1.0),
            sex=pl.when(pl.col("sex").is_not_null())
            .then(pl.when("treated").then(pl.lit("male")).otherwise(pl.lit("female")))
            .cast(SEX),
        )

        completed, _ = impute(patients, covariates=[*COVARIATES, "twin", "flat"])

        agree = (completed["sex"] == "male") == completed["treated"]
        assert agree.filter(patients["sex"].is_null()).mean() > 0.8

    def test_few_patients(self):
        completed, _ = impute(invent(4, size=8))

        assert not completed.select(COVARIATES).null_count().sum_horizontal().item()


class TestHazard:
    def test_is_rs(self, oracle, rotterdam):
        expected = oracle("imputation")["hazard"]

        found = estimate_hazard(
            rotterdam["dtime"].to_numpy(), rotterdam["death"].to_numpy() == 1
        )

        rows = np.array(expected["row"]) - 1
        assert found[rows] == pytest.approx(expected["value"], rel=1e-9)

    def test_five_by_hand(self):
        time = np.array([3.0, 1, 2, 2, 3])
        event = np.array([False, True, True, False, True])

        expected = [1 / 5 + 1 / 4 + 1 / 2, 1 / 5, 1 / 5 + 1 / 4]
        assert estimate_hazard(time, event)[:3] == pytest.approx(expected)


class TestDonors:
    @given(
        st.lists(st.integers(-20, 20), min_size=1, max_size=30),
        st.lists(st.integers(-25, 25), min_size=1, max_size=10),
        st.integers(1, 6),
        st.randoms(),
    )
    def test_are_the_nearest(self, fitted, target, donors, random):
        fitted = np.sort(np.array(fitted, float))
        target = np.array(target, float)
        width = min(donors, len(fitted))
        pick = np.array([random.randrange(width) for _ in target])

        found = find_donors(fitted, target, pick)

        distances = np.abs(fitted - target[:, None])
        expected = np.sort(distances, axis=1)[np.arange(len(target)), pick]
        assert (distances[np.arange(len(target)), found] == expected).all()

    def test_follow_the_line(self):
        rng = np.random.default_rng(1)
        known = rng.normal(size=(2000, 1))
        values = 3 * known[:, 0] + rng.normal(size=2000)
        unknown = np.full((4000, 1), 1.0)

        drawn = draw_donors(values, known, unknown, donors=20, generator=rng)

        # around 3, with the scatter of the values there; the line's own doubt is 0.03
        assert drawn.mean() == pytest.approx(3, abs=0.6)
        assert set(drawn) <= set(values)

    def test_the_doubt_of_the_line_is_in_the_draws(self):
        """Far out, what is drawn differs between the draws by the slope's error."""
        rng = np.random.default_rng(1)
        known = rng.normal(size=(200, 1))
        values = known[:, 0] + 0.1 * rng.normal(size=200)
        doubtful = known[:20], values[:20] + 2 * rng.normal(size=20)
        unknown = np.full((1, 1), 0.5)

        spreads = [
            np.std(
                [
                    draw_donors(y, x, unknown, donors=1, generator=rng)[0]
                    for _ in range(200)
                ]
            )
            for x, y in ((known, values), doubtful)
        ]

        assert spreads[0] < 0.25 < spreads[1]

    def test_levels_have_the_probabilities_of_the_regression(self):
        rng = np.random.default_rng(3)
        known = rng.normal(size=(20_000, 1))
        logits = np.column_stack([np.zeros(20_000), known, 1 - known])
        probability = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        codes = (rng.random((20_000, 1)) > probability.cumsum(axis=1)).sum(axis=1)
        unknown = np.full((20_000, 1), 0.7)

        drawn, estimate = draw_levels(codes, known, unknown, generator=rng)

        expected = np.exp([0, 0.7, 0.3]) / np.exp([0, 0.7, 0.3]).sum()
        shares = np.bincount(drawn, minlength=3) / 20_000
        assert shares == pytest.approx(expected, abs=0.03)
        # columns are standardised within, so the intercepts are those at the mean
        assert estimate[1] == pytest.approx([1, -1], abs=0.08)

    def test_start_changes_no_more_than_the_way(self):
        rng = np.random.default_rng(3)
        known, unknown = rng.normal(size=(300, 3)), rng.normal(size=(50, 3))
        codes = np.digitize(known[:, 0] + rng.normal(size=300), [-0.5, 0.5])

        _, plain = draw_levels(codes, known, unknown, generator=rng)
        far = np.full(plain.shape, 9.0)
        _, again = draw_levels(codes, known, unknown, generator=rng, start=far)

        assert again == pytest.approx(plain, abs=1e-4)

    def test_separated_levels_stay_finite(self):
        rng = np.random.default_rng(3)
        known = np.r_[np.zeros(30), np.ones(30)][:, None]
        codes = known[:, 0].astype(int)

        # One draw of the coefficients may stray: it is the mean that must be right.
        draws = [draw_levels(codes, known, known, generator=rng) for _ in range(200)]

        assert max(np.abs(estimate).max() for _, estimate in draws) < 10
        assert 0.93 < np.mean([drawn == codes for drawn, _ in draws]) < 1


@pytest.fixture(scope="module")
def gappy(cohort):
    row = pl.int_range(1, pl.len() + 1)
    size = pl.Enum(["<=20", "20-50", ">50"])
    pgr = (pl.col("pgr") + 1).log10()
    return cohort("rotterdam").with_columns(
        log10_pgr=pl.when(row * 7919 % 100 >= 20 + 40 * pl.col("death")).then(pgr),
        size=pl.when(row * 104729 % 97 >= 15 + 20 * pl.col("hormon")).then(
            pl.col("size").cast(pl.String).cast(size)
        ),
        meno=pl.when(row * 1299709 % 89 >= 12).then("meno"),
    )


@pytest.fixture(scope="module")
def imputed(gappy):
    return [
        impute_covariates(
            gappy,
            covariates=["age", "meno", "size", "nodes", "log10_pgr"],
            endpoints=["os"],
            imputation=number,
            seed=1,
            iterations=5,
        ).completed
        for number in range(1, 16)
    ]


class TestAgainstMice:
    """Rotterdam with gaps that follow from death and treatment."""

    def test_gaps_are_mices(self, gappy, oracle):
        for name, count in oracle("imputation")["n_missing"].items():
            assert gappy[name].null_count() == count

    def test_pooled_regression_is_mices(self, imputed, oracle):
        expected = oracle("imputation")["pooled"]
        covariates = ["age", "meno", "size", "nodes", "log10_pgr"]
        fits = []
        for each in imputed:
            columns, _ = expand_terms(each, covariates)
            matrix = np.column_stack([each["treated"].to_numpy(), columns])
            fits.append(
                fit_cox(each["os_days"].to_numpy(), each["os_event"].to_numpy(), matrix)
            )
        for place, (name, block) in enumerate(expected.items()):
            found = pool_estimates(
                np.array([fit.estimate[place] for fit in fits]),
                np.array([fit.std_error[place] for fit in fits]),
            )
            # both are means of draws: m of ours, 100 of mice's
            doubt = (block["between"] * (1 / len(fits) + 1 / 100)) ** 0.5
            assert abs(found.estimate - block["estimate"]) < 4 * doubt, name
            assert found.std_error == pytest.approx(block["std_error"], rel=0.12), name

    def test_imputed_values_are_as_mices(self, gappy, imputed, oracle):
        expected = oracle("imputation")["imputed"]
        for name in ("meno", "size"):
            drawn = pl.concat(
                each[name].filter(gappy.sort("patient_id")[name].is_null())
                for each in imputed
            ).cast(pl.String)
            for level, share in expected[name].items():
                assert (drawn == level).mean() == pytest.approx(share, abs=0.02)
        gaps = gappy.sort("patient_id")["log10_pgr"].is_null()
        drawn = pl.concat(each["log10_pgr"].filter(gaps) for each in imputed)
        assert drawn.mean() == pytest.approx(expected["log10_pgr"]["mean"], abs=0.03)
        assert drawn.std() == pytest.approx(expected["log10_pgr"]["sd"], abs=0.03)


class TestCoverage:
    """Many cohorts of a known truth, with gaps that follow from the outcome."""

    TRUTH = np.array([-0.5, 0.5, 0.6])

    def draw(self, rng, size=250):
        """Treatment, a continuous and a binary covariate; hazard by TRUTH."""
        other = rng.normal(size=size)
        x = 0.6 * other + 0.8 * rng.normal(size=size)
        b = rng.random(size) < 1 / (1 + np.exp(-other))
        treated = rng.random(size) < 1 / (1 + np.exp(-x + 0.5 * b))
        matrix = np.column_stack([treated, x, b]).astype(float)
        time = rng.exponential(500 * np.exp(-matrix @ self.TRUTH)) + 1e-6
        censored = rng.uniform(200, 1500, size)
        event, time = time <= censored, np.minimum(time, censored)
        lose_x = rng.random(size) < 0.05 + 0.75 * (treated & event)
        lose_b = rng.random(size) < np.where(event, 0.05, 0.45)
        patients = pl.DataFrame(
            {
                "patient_id": [f"{row:04}" for row in range(size)],
                "treated": treated,
                "os_days": time,
                "os_event": event,
                "x": np.where(lose_x, np.nan, x),
                "other": other,
                "b": pl.Series(
                    [
                        None if gap else str(int(v))
                        for v, gap in zip(b, lose_b, strict=True)
                    ],
                    dtype=pl.Enum(["0", "1"]),
                ),
            }
        ).with_columns(pl.col("x").fill_nan(None))
        return patients

    @staticmethod
    def fit(patients):
        columns, _ = expand_terms(patients, ["x", "b"])
        matrix = np.column_stack([patients["treated"].to_numpy(), columns])
        return fit_cox(
            patients["os_days"].to_numpy(), patients["os_event"].to_numpy(), matrix
        )

    def test_pooled_limits_cover_the_truth_and_complete_cases_do_not(self):
        rng = np.random.default_rng(2)
        pooled, complete = [], []
        for replicate in range(120):
            patients = self.draw(rng)
            fit = self.fit(patients.drop_nulls())
            complete.append((fit.estimate, fit.std_error))
            fits = [
                self.fit(
                    impute_covariates(
                        patients,
                        covariates=["x", "other", "b"],
                        endpoints=["os"],
                        imputation=number,
                        seed=replicate,
                        iterations=4,
                    ).completed
                )
                for number in range(1, 6)
            ]
            found = pool_estimates(
                np.array([each.estimate for each in fits]),
                np.array([each.std_error for each in fits]),
            )
            pooled.append((found.estimate, found.conf_low, found.conf_high))
        estimate, low, high = np.array(pooled).swapaxes(0, 1)
        covered = ((low < self.TRUTH) & (high > self.TRUTH)).mean(axis=0)
        # 120 cohorts: the standard error of a coverage of 0.95 is 0.02
        assert (covered > 0.89).all()
        assert np.abs(estimate.mean(axis=0) - self.TRUTH).max() < 0.07
        alone, error = np.array(complete).swapaxes(0, 1)
        within = np.abs(alone - self.TRUTH) < 1.96 * error
        assert within.mean(axis=0)[0] < 0.6  # the treatment's coefficient
        assert alone.mean(axis=0)[0] < self.TRUTH[0] - 0.3
