"""Where a released number comes from."""

import hashlib
import json
from base64 import urlsafe_b64encode
from pathlib import Path

import polars as pl
import pytest

from twoarm.errors import InputError
from twoarm.why import KEY, explain_row, list_origins, main, read_job, trace_row

SURVIVAL = ["made/os.parquet", "made/pfs.parquet"]
RELEASED = "release/effects.csv"
DISCLOSED = "disclosed/effects.csv"
DEEP = "made/" + "x" * 300 + ".parquet"
"""A name so long that Snakemake folds its record."""


def effects_of(*endpoints):
    rows = [(name, "matched", "hazard_ratio", "treated", None) for name in endpoints]
    frame = pl.DataFrame(rows, schema=list(KEY), orient="row")
    return frame.with_columns(pl.col("months").cast(pl.Float64), estimate=0.5)


def write_record(file, rule, inputs, params=("'abc'", "5")):
    """Write a record as Snakemake does."""
    name = urlsafe_b64encode(file.encode()).decode()
    folds = [name[place : place + 254] for place in range(0, len(name), 254)]
    folder = Path(".snakemake/metadata").joinpath(*(f"@{each}" for each in folds[:-1]))
    folder.mkdir(parents=True, exist_ok=True)
    sums = {each: "sha256:" + checksum(each) for each in inputs}
    told = {
        "rule": rule, "code": f'    "../scripts/stage/{rule}.py"\n', "params": params,
        "input": inputs, "input_checksums": sums,
    }  # fmt: skip
    (folder / folds[-1]).write_text(json.dumps(told))


def checksum(file):
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A run of four rules, from a source to a release."""
    monkeypatch.chdir(tmp_path)
    for folder in ("made", "disclosed", "release", "data"):
        Path(folder).mkdir()
    Path("data/a.csv").write_text("id\n1\n")
    for name, file in zip(("os", "pfs"), SURVIVAL, strict=True):
        effects_of(name).write_parquet(file)
    both = effects_of("os", "pfs")
    both.write_csv(DISCLOSED)
    both.write_csv(RELEASED)
    Path("disclosed/other.csv").write_text("a\n1\n")
    flow = "step,reason,n_before,n_excluded,n_after\n1,Too old,613,41,572\n"
    Path("release/attrition.csv").write_text(flow)
    write_record(RELEASED, "publish_release", ["disclosed/other.csv", DISCLOSED])
    write_record(DISCLOSED, "suppress_counts", SURVIVAL)
    for file in SURVIVAL:
        write_record(file, f"estimate_{Path(file).stem}", ["data/a.csv"])


def test_row_is_followed_back_to_the_source(study):
    steps = trace_row(RELEASED, effects_of("pfs").row(0, named=True))

    assert [(job.rule, list(followed)) for job, followed in steps] == [
        ("publish_release", [DISCLOSED]),
        ("suppress_counts", ["made/pfs.parquet"]),
        ("estimate_pfs", ["data/a.csv"]),
    ]


def test_all_is_told_of_a_number(study, capsys):
    assert main([f"{RELEASED}:2"]) == 0

    told = capsys.readouterr().out
    for words in (
        "endpoint: pfs",
        "1. publish_release, workflow/scripts/stage/publish_release.py",
        "params: 'abc', 5",
        f"from made/pfs.parquet  {checksum('made/pfs.parquet')}",
        f"Files of the source:\n  data/a.csv  {checksum('data/a.csv')}",
        "  1. Too old: 613 - 41 = 572",
    ):
        assert words in told
    assert "os.parquet" not in told
    assert "changed since" not in told


def test_what_is_changed_or_gone_since_is_told(study):
    Path("data/a.csv").write_text("id\n2\n")
    assert "(changed since)" in "\n".join(explain_row(RELEASED, 1))

    Path("data/a.csv").unlink()
    told = "\n".join(explain_row(RELEASED, 1))
    assert "(no longer there)" in told
    assert "data/a.csv  no longer there" in told


def test_row_that_no_input_is_known_to_hold_is_followed_through_all(study):
    steps = dict(trace_row(RELEASED, {"covariate": "age"}))

    assert {job.rule for job in steps} == {
        *("publish_release", "suppress_counts", "estimate_os", "estimate_pfs")
    }


def test_a_table_of_effects_tells_what_it_was_put_together_from(study):
    rules = [
        (origin.rows["endpoint"].to_list(), [job.rule for job in origin.jobs])
        for origin in list_origins(DISCLOSED)
    ]

    assert rules == [
        (["os"], ["suppress_counts", "estimate_os"]),
        (["pfs"], ["suppress_counts", "estimate_pfs"]),
    ]
    assert list_origins("made/unknown.csv") == []


def test_record_of_a_long_name_is_found(study):
    write_record(DEEP, "deep", [])

    assert read_job(DEEP).rule == "deep"
    assert read_job("made/unknown.parquet") is None


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("release/none.csv:1", "There is no table release/none.csv"),
        (f"{RELEASED}:3", "has the rows 1 to 2, and no 3"),
        (f"{RELEASED}:0", "has the rows 1 to 2, and no 0"),
        ("release/attrition.csv:1", "Snakemake has no record of release/attrition.csv"),
        (RELEASED, "python -m twoarm.why TABLE.csv:ROW"),
        ("", "python -m twoarm.why TABLE.csv:ROW"),
    ],
)
def test_what_cannot_be_told_is_refused(study, capsys, asked, told):
    assert main([asked]) == 2

    out, error = capsys.readouterr()
    assert out == ""
    assert told in error
    with pytest.raises(InputError):
        trace_row("release/attrition.csv", {})
