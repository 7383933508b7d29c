"""Where the numbers of a page come from: the rules behind each row."""

import polars as pl

from twoarm.reporting.lineage import lineage_of
from twoarm.why import KEY, Job, Origin

STUDY = {"study": "mine", "treatment": {"labels": {"treated": "A", "control": "B"}}}
FLOW = pl.DataFrame(
    {
        "reason": ["Too old", "Few"],
        "n_before": [1613, 9],
        "n_excluded": [41, None],
        "n_after": [1572, None],
    },
    schema_overrides={"n_excluded": pl.Int64, "n_after": pl.Int64},
)
ROWS = [
    ("os", "matched", "hazard_ratio", "treated", None),
    ("os", "matched", "hazard_ratio", "age", None),
    ("os", "matched", "survival", "A", 36.0),
    ("os", "matched", "hazard_ratio", "treated_bootstrap", None),
    ("pfs", "matched", "hazard_ratio", "treated", None),
]


def table(*places):
    schema = {name: pl.Float64 if name == "months" else pl.String for name in KEY}
    return pl.DataFrame([ROWS[place] for place in places], schema, orient="row")


def job(stage, rule, params=(), inputs=(), sums=()):
    script = f"workflow/scripts/{stage}/{rule}.py"
    return Job(rule, script, tuple(params), tuple(inputs), tuple(sums))


LAST = job(
    "disclosure", "suppress_counts", ["5"], ["os.parquet"], [("os.parquet", "ab")]
)
EFFECTS = job("survival", "estimate_effects", ["'os'", "datetime.date(2024, 6, 30)"])
READ = [
    job("ingestion", "read_centre", [f"'{name}'"], [f"exports/{name}.xlsx"])
    for name in ("west", "east")
]
ORIGINS = [
    Origin(table(0, 1, 2), [LAST, EFFECTS, *READ]),
    Origin(table(3), [LAST, job("survival", "bootstrap_effects"), *READ]),
    Origin(table(4), [LAST, job("survival", "estimate_effects", ["'pfs'"]), *READ]),
    Origin(table(1), [LAST, job("survival", "estimate_regressions")]),
]


def found():
    tables = {"effects": table(*range(5)), "attrition": FLOW}
    return lineage_of(STUDY, tables, ORIGINS)


def test_each_shown_row_has_its_place_and_the_rules_behind_it():
    told = found()

    rules = [
        (
            [row[0] for row in each["rows"]],
            [told["jobs"][k]["rule"] for k in each["jobs"]],
        )
        for each in told["groups"]
    ]
    assert rules == [
        ([1, 3], ["suppress_counts", "estimate_effects", "read_centre"]),
        ([4], ["suppress_counts", "bootstrap_effects", "read_centre"]),
        ([5], ["suppress_counts", "estimate_effects", "read_centre"]),
    ]
    assert told["groups"][0]["rows"][1] == (3, "survival", "A", 36.0)
    assert told["jobs"][0]["inputs"] == [("os.parquet", "ab")]


def test_neither_exports_nor_dates_leave():
    jobs = {each["script"].split("/")[2]: each for each in found()["jobs"][:3]}

    assert (jobs["ingestion"]["params"], jobs["ingestion"]["inputs"]) == ([], [])
    assert jobs["survival"]["params"] == ["'os'"]
    assert "2024" not in str(found())
    assert "west" not in str(found())


def test_hidden_count_of_a_step_is_a_dash():
    told = [each["counts"] for each in found()["flow"]]

    assert told == ["1,613 − 41 = 1,572", "9 − – = –"]


def test_without_records_no_rule_is_told():
    tables = {"effects": table(0), "attrition": FLOW}

    told = lineage_of(STUDY, tables, [])

    assert (told["jobs"], told["groups"]) == ([], [])
