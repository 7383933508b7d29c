"""What made the tables of a release."""

import hashlib
from pathlib import Path

import polars as pl
import pytest

from twoarm.origins import KEY, Job, Origins, read_origins

ROWS = [
    ("os", "matched", "hazard_ratio", "treated", None),
    ("os", "matched", "survival", "Surgery", 36.0),
]
SCHEMA = {name: pl.Float64 if name == "months" else pl.String for name in KEY}
RELEASED = {"effects.csv": "disclosed/effects.csv"}
JOBS = [
    {
        "rule": "suppress_counts",
        "script": "workflow/scripts/disclosure/suppress_counts.py",
        "params": ["minimum_count=5"],
        "inputs": ["os.parquet", "other.parquet"],
        "outputs": ["disclosed/effects.csv"],
    },
    {
        "rule": "estimate_effects",
        "script": "workflow/scripts/survival/estimate_effects.py",
        "params": ["label='总生存'"],
        "inputs": ["arms.parquet", "gone.parquet"],
        "outputs": ["os.parquet"],
    },
]


def checksum(file):
    return hashlib.sha256(Path("bucket", file).read_bytes()).hexdigest()


@pytest.fixture
def listed(script, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pl.DataFrame(ROWS, SCHEMA, orient="row").with_columns(estimate=0.5).write_parquet(
        "os.parquet"
    )
    for name in ("other.parquet", "arms.parquet"):
        Path(name).write_text(name)
    names = ["os.parquet", "other.parquet", "arms.parquet", "gone.parquet"]
    Path("bucket").mkdir()
    for name in names[:3]:
        Path(name).rename(Path("bucket") / name)
    script("reporting/list_origins").main(
        [f"bucket/{name}" for name in names],
        *(["bucket/os.parquet"], "origins.json"),
        **{"jobs": JOBS, "names": names, "released": RELEASED},
    )
    return read_origins("origins.json")


def test_each_job_has_its_inputs_with_checksums(listed):
    assert listed == Origins(
        RELEASED,
        [
            Job(
                *("suppress_counts", JOBS[0]["script"], ("minimum_count=5",)),
                tuple((name, checksum(name)) for name in JOBS[0]["inputs"]),
                ("disclosed/effects.csv",),
            ),
            Job(
                *("estimate_effects", JOBS[1]["script"], ("label='总生存'",)),
                (("arms.parquet", checksum("arms.parquet")), ("gone.parquet", "")),
                ("os.parquet",),
            ),
        ],
        {"os.parquet": ROWS},
    )
    assert "总生存" in Path("origins.json").read_text(encoding="utf-8")


def test_a_row_is_followed_through_the_file_that_holds_it(listed):
    row = dict(zip(KEY, ROWS[1], strict=True))

    steps = [
        (job.rule, [*files]) for job, files in listed.trace(*RELEASED.values(), row)
    ]

    assert steps == [
        ("suppress_counts", ["os.parquet"]),
        ("estimate_effects", ["arms.parquet", "gone.parquet"]),
    ]
    (_, followed), *_ = listed.trace(*RELEASED.values(), row | {"months": 12.0})
    assert followed == ["os.parquet", "other.parquet"]
    assert listed.trace("arms.parquet", row) == []


def test_a_file_without_a_name_is_a_fault(script, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="longer"):
        script("reporting/list_origins").main(
            ["a.parquet", "b.parquet"], [], "origins.json",
            jobs=JOBS, names=["a.parquet"], released=RELEASED,
        )  # fmt: skip
    assert not Path("origins.json").exists()
