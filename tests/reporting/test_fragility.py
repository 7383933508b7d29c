import polars as pl

from twoarm.reporting.fragility import (
    adjuvant_rows,
    checks_in_words,
    fragility_in_words,
    support_weaknesses,
)
from twoarm.reporting.support_methods import support_methods
from twoarm.tables.fragility import Checks, Influence, Tipping
from twoarm.tables.survival import Effects

ONE = {"endpoint": "os", "design": "cloned"}


def row(measure, term, estimate=None, low=None, high=None, **changed):
    counts = {"n_treated": 50, "n_control": 50}
    counts |= {"events_treated": 9, "events_control": 9}
    ends = {"estimate": estimate, "conf_low": low, "conf_high": high}
    return {**ONE, "measure": measure, "term": term, "method": "x", **counts, **ends,
            **changed}  # fmt: skip


def tip(kind, strength, **changed):
    return {**ONE, "kind": kind, "strength": strength, "estimate": 0.8, **changed}


EFFECTS = Effects.of(
    [
        row("e_value", "treated", 2.11),
        row("e_value", "treated_limit", 1.0),
        row("hazard_ratio", "without centre: a", 0.5, 0.3, 0.9),
    ]
)
TIPS = [
    tip("confounder", 2.0, prevalence_treated=0.2, prevalence_control=0.8,
        needed_estimate=2.5, needed_limit=1.5),
    tip("confounder", 2.0, prevalence_treated=0.2, prevalence_control=0.5),
    tip("censoring", 1.0, needed_limit=3.0),
    tip("censoring", 10.0, needed_limit=3.0),
]  # fmt: skip
MOVED = {**ONE, "n_patients": 128, "estimate": 0.6, "lowest": 0.57, "highest": 0.67,
         "n_tipping": 11, "method": "refitted"}  # fmt: skip


def told(tips=TIPS, moved=MOVED, effects=EFFECTS):
    tables = {"effects": effects, "tipping": Tipping.of(tips)}
    tables["influence"] = Influence.of([moved] if moved else [])
    return fragility_in_words(
        tables,
        designs={"cloned": "Clones"},
        endpoints={"os": "Survival"},
        supporting=["cloned"],
    )


def test_everything_that_is_known_is_said():
    assert told() == [
        "Survival, Clones: E-value 2.11 (limit 1.00); a confounder in 20 % against 80 "
        "% would need a hazard ratio of 2.5 to bring the estimate to 1; it tips if the "
        "hazard of the censored is 3 times as high; without any one patient it is 0.57 "
        "to 0.67, and each of 11 patients tips the verdict; without centre a 0.50 "
        "(0.30–0.90)."
    ]


def test_one_patient_none_and_what_tips_nothing():
    (one,) = told(moved={**MOVED, "n_tipping": 1})
    assert "one patient tips the verdict" in one
    (none,) = told(moved={**MOVED, "n_tipping": 0})
    assert "tips the verdict" not in none
    (firm,) = told(tips=[tip("censoring", 10.0)])
    assert "no hazard of the censored up to 10 times as high tips it" in firm
    (open_,) = told(tips=[tip("censoring", 1.0, needed_limit=1.0)])
    assert "its limits hold 1 as it is" in open_
    assert told([], None, Effects.of([])) == []


def test_checks_are_counted():
    rows = [
        {**ONE, "check": name, "n_compared": 600, "tolerance": 0.0, "passed": True}
        for name in ("a", "b")
    ]

    assert checks_in_words(Checks.of(rows)).startswith("1,200 numbers were come to by")


def weaknesses(effects, *, control=False, subgroups=()):
    study = {
        "analysis": {"subgroups": list(subgroups)},
        "endpoints": {"os": {"negative_control": control}},
    }
    found = Effects.of(effects)
    return [*support_weaknesses(found, study=study, endpoints={"os": "Survival"})]


def test_number_of_subgroups_is_said():
    tests = [
        row("wald", f"interaction: {name}", 1.0, p_value=p, design=design)
        for name, p in (("a", 0.01), ("b", 0.5))
        for design in ("x", "y")
    ]

    (said,) = weaknesses(tests, subgroups=[1, 2])

    assert said.startswith("2 subgroups were named beforehand and 4 interactions")
    assert "2 have p below 0.05, and chance alone gives 0.2" in said


def test_negative_control_that_is_moved_is_said():
    off = row("hazard_ratio", "treated", 0.5, 0.3, 0.8)
    fine = row("hazard_ratio", "treated", 0.9, 0.7, 1.2, design="y")

    assert weaknesses([fine], control=True) == []
    assert weaknesses([off], control=False) == []
    (said,) = weaknesses([off, fine], control=True)
    assert "should be 1; the limits of 1 of 2 designs leave 1 out" in said


def test_collinear_covariates_are_said():
    method = "Cox with covariates, 9.0 events a term, variance of age inflated 7.2-fold"
    rows = [row("hazard_ratio", "treated_adjusted", 0.5, 0.3, 0.8, method=method)]

    (said,) = weaknesses(rows)

    assert "age is inflated more than fivefold" in said


def test_therapy_after_surgery_has_a_row_a_landmark():
    after = {"design": "resumed_60", "p_value": 0.118}
    rows = Effects.of(
        [
            row("hazard_ratio", "resumed", 0.45, 0.17, 1.22, **after,
                events_control=None),
            row("hazard_ratio", "resumed_adjusted", 0.44, 0.16, 1.21, **after),
            row("logrank", "resumed", 2.6, **after),
        ]
    )  # fmt: skip

    assert adjuvant_rows(rows, {"landmark_days": [60]}, {"os": "Survival"}) == [
        {"endpoint": "Survival", "day": "60", "events": "9 of 50 / few of 50",
         "ratio": "0.45 (0.17–1.22)", "p": "0.118", "adjusted": "0.44 (0.16–1.21)"}
    ]  # fmt: skip
    assert adjuvant_rows(rows, None, {}) == []
    assert isinstance(rows, pl.DataFrame)


def test_methods_name_what_was_asked_alone():
    covariates = {"age": {"label": "Age"}, "ecog": {"label": "ECOG"}}
    asked = {
        "subgroups": [{"covariate": "ecog"}],
        "cox": {"splines": {"age": 4}},
        "adjuvant": {"landmark_days": [60.0, 90.0]},
    }
    none = {"subgroups": [], "cox": {"splines": {}}, "adjuvant": None}

    first, second, third, last = (
        *support_methods({"analysis": asked, "covariates": covariates}),
    )
    plain = [*support_methods({"analysis": none, "covariates": covariates})]

    assert "beforehand: ECOG." in first
    assert "straight line of Age" in second
    assert "day 60 and 90 after surgery" in third
    assert plain == [last]
