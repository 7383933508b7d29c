"""Where the numbers of a page come from: the rules behind each row."""

import polars as pl

from twoarm.origins import KEY, Job, Origins
from twoarm.reporting.lineage import lineage_of

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


def job(stage, rule, output, params=(), inputs=()):
    script = f"workflow/scripts/{stage}/{rule}.py"
    return Job(rule, script, tuple(params), tuple(inputs), (output,))


EFFECTS = {
    "os.parquet": [ROWS[k] for k in (0, 1, 2)],
    "boot.parquet": [ROWS[3]],
    "pfs.parquet": [ROWS[4]],
    "cox.parquet": [ROWS[1]],
}
READ = [("arms/1.parquet", "ab"), ("arms/2.parquet", "cd")]
ORIGINS = Origins(
    {"effects.csv": "disclosed/effects.csv"},
    [
        job(
            *("disclosure", "suppress_counts", "disclosed/effects.csv", ["minimum=5"]),
            [(name, "ef") for name in EFFECTS],
        ),
        job(
            *("survival", "estimate_effects", "os.parquet"),
            ["endpoint='os'", "end=datetime.date(2024, 6, 30)"],
            READ,
        ),
        job("survival", "bootstrap_effects", "boot.parquet", (), READ),
        job("survival", "estimate_effects", "pfs.parquet", ["endpoint='pfs'"], READ),
        job("survival", "estimate_regressions", "cox.parquet", (), READ),
        *(
            job(
                *("ingestion", "read_centre", file, [f"centre='{name}'"]),
                [(f"exports/{name}.xlsx", "0a")],
            )
            for (file, _), name in zip(READ, ("west", "east"), strict=True)
        ),
    ],
    EFFECTS,
)


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
    assert told["jobs"][0]["inputs"][0] == ("os.parquet", "ef")


def test_neither_exports_nor_dates_leave():
    jobs = {each["script"].split("/")[2]: each for each in found()["jobs"][:3]}

    assert (jobs["ingestion"]["params"], jobs["ingestion"]["inputs"]) == ([], [])
    assert jobs["survival"]["params"] == ["endpoint='os'"]
    assert "2024" not in str(found())
    assert "west" not in str(found())


def test_hidden_count_of_a_step_is_a_dash():
    told = [each["counts"] for each in found()["flow"]]

    assert told == ["1,613 − 41 = 1,572", "9 − – = –"]
