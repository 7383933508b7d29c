"""Where a released number comes from."""

import hashlib
from pathlib import Path

import polars as pl
import pytest

from twoarm.errors import InputError
from twoarm.origins import KEY, Job, Origins, spell_origins
from twoarm.why import ORIGINS, explain_row, main

MADE = {name: f"made/{name}.parquet" for name in ("os", "pfs")}
DISCLOSED = "disclosed/effects.csv"
RELEASED = "mine/release/effects.csv"


def effects_of(*endpoints):
    rows = [(name, "matched", "hazard_ratio", "treated", None) for name in endpoints]
    frame = pl.DataFrame(rows, schema=list(KEY), orient="row")
    return frame.with_columns(pl.col("months").cast(pl.Float64), estimate=0.5)


def job(rule, inputs, output):
    read = tuple((file, checksum(file)) for file in inputs)
    script = f"workflow/scripts/stage/{rule}.py"
    return Job(rule, script, ("code='abc'", "n=5"), read, (output,))


def checksum(file):
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()


@pytest.fixture
def study(tmp_path, monkeypatch):
    """Results of three rules, from a source to a release."""
    monkeypatch.chdir(tmp_path)
    for folder in ("made", "mine/release/tables", ORIGINS.parent, "data"):
        Path(folder).mkdir(parents=True)
    (Path("mine") / ORIGINS).parent.mkdir(parents=True)
    Path("data/a.csv").write_text("id\n1\n")
    for name, file in MADE.items():
        effects_of(name).write_parquet(file)
    effects_of("os", "pfs").write_csv(RELEASED)
    flow = "step,reason,n_before,n_excluded,n_after\n1,Too old,613,41,572\n"
    Path("mine/release/attrition.csv").write_text(flow)
    Path("mine/release/report.html").write_text("<p>a</p>\n<p>b, c</p>\n")
    jobs = [job("suppress_counts", MADE.values(), DISCLOSED)]
    jobs += [job(f"estimate_{k}", ["data/a.csv"], file) for k, file in MADE.items()]
    effects = {file: effects_of(k).select(KEY).rows() for k, file in MADE.items()}
    origins = Origins({"effects.csv": DISCLOSED}, jobs, effects)
    (Path("mine") / ORIGINS).write_text(spell_origins(origins))


def test_all_is_told_of_a_number(study, capsys):
    assert main([f"{RELEASED}:2"]) == 0

    told = capsys.readouterr().out
    for words in (
        "endpoint: pfs",
        "1. suppress_counts, workflow/scripts/stage/suppress_counts.py",
        "2. estimate_pfs, workflow/scripts/stage/estimate_pfs.py",
        "params: code='abc', n=5",
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


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("mine/release/none.csv:1", "There is no table mine/release/none.csv"),
        (f"{RELEASED}:3", "has the rows 1 to 2, and no 3"),
        (f"{RELEASED}:0", "has the rows 1 to 2, and no 0"),
        ("mine/release/attrition.csv:1", "What made mine/release/attrition.csv is not"),
        ("mine/release/report.html:1", "is no table of rows"),
        ("data/a.csv:1", "Name a table of the release"),
        (RELEASED, "python -m twoarm.why TABLE.csv:ROW"),
        ("", "python -m twoarm.why TABLE.csv:ROW"),
    ],
)
def test_what_cannot_be_told_is_refused(study, capsys, asked, told):
    assert main([asked]) == 2

    out, error = capsys.readouterr()
    assert out == ""
    assert told in error


def test_a_release_without_its_study_is_refused(study):
    (Path("mine") / ORIGINS).unlink()

    with pytest.raises(InputError, match="is not known"):
        [*explain_row(RELEASED, 1)]
