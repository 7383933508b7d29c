"""A study on a real SLURM, through the profile that docs/cluster.md tells of.

`tests/cluster/slurm.sh with .venv/bin/python -m pytest tests/cluster` starts one, runs
this in it and stops it. STUDY_RUNS names a folder in which `tests/study` left what it
ran, so that it is not run anew on this machine; CLUSTER_FAULTS=1 also lets nodes,
memory and time give out, which takes some ten minutes.
"""

import os
import re
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SLURM = Path(os.environ.get("CLUSTER_ROOT", "none"))
FEWER = yaml.safe_load((ROOT / "tests/study/fewer.yaml").read_text())
EFFECTS = "results/heart/survival/estimate_effects/os.parquet"
ARMS = "results/heart/cohort/derive_arms/arms.parquet"
DATA = ROOT.parent / "shared" / "data"
WHOLE = ("sysucc", []) if (DATA / "sysucc_hcc.csv").exists() else ("heart", [EFFECTS])
"""A study of real patients whole, or a part of one of public data."""
SLURMS = "workflow/profiles/slurm"
# Steps of seconds: do not wait as for steps of hours.
SOON = ["--seconds-between-status-checks", "1"]
PROFILE = [
    *("--workflow-profile", SLURMS, *SOON),
    *("--slurm-init-seconds-before-status-checks", "1"),
]
# A queue with the commands of PBS, which Debian has of SLURM.
QUEUE = [
    *("--profile", SLURMS, *SOON),
    *("--workflow-profile", "workflow/profiles/generic"),
]

pytestmark = pytest.mark.skipif(
    not SLURM.is_dir(), reason="there is no SLURM: see tests/cluster/slurm.sh"
)
faulty = pytest.mark.skipif(
    "CLUSTER_FAULTS" not in os.environ, reason="takes minutes: set CLUSTER_FAULTS=1"
)


def folder_of(place):
    """Make a folder to run studies in, with the data that are beside the project."""
    place.mkdir()
    for name in ("Snakefile", "workflow", "config", "profiles"):
        (place / name).symlink_to(ROOT / name)
    (place / "data").mkdir()
    for file in DATA.glob("*.csv"):
        (place / "data" / file.name).symlink_to(file)
    return place


def start(folder, *arguments, study="heart", **environment):
    with (folder / "shown.txt").open("w") as shown:
        return subprocess.Popen(
            [
                *(sys.executable, "-m", "snakemake", *arguments),
                *("--configfile", f"config/studies/{study}.yaml"),
                *("--config", *FEWER[study]),
            ],
            cwd=folder,
            stdout=shown,
            stderr=shown,
            env={**os.environ, **environment},
        )


def finish(run, folder, seconds=1500):
    code = run.wait(timeout=seconds)
    assert code == 0, (folder / "shown.txt").read_text()[-4000:]


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted((folder / "results").rglob("*"))
        if path.is_file()
    }


def queue():
    """Jobs that SLURM knows of: number, folder, and what executors call them."""
    told = subprocess.run(
        ["squeue", "--noheader", "--states=all", "--format=%i|%Z|%k %j"],
        capture_output=True,
        text=True,
        check=True,
    )
    return told.stdout.splitlines()


def accounts_of(folder):
    """What SLURM wrote of the jobs of a folder: number to fields."""
    lines = (SLURM / "log" / "jobcomp.log").read_text().splitlines()
    jobs = [dict(re.findall(r"(\w+)=(\S*)", line)) for line in lines]
    return [job for job in jobs if job["WorkDir"] == str(folder)]


def run_here(study, targets, folder):
    """Make what an undisturbed run on this machine makes, or take what there is."""
    kept = Path(os.environ.get("STUDY_RUNS", "none"), study)
    if kept.is_dir() and not targets:
        return contents(kept)
    finish(start(folder_of(folder), "--cores", "2", *targets, study=study), folder)
    return contents(folder)


@pytest.mark.parametrize(
    ("study", "targets", "profile", "number", "abreast"),
    [
        (*WHOLE, PROFILE, r"SLURM jobid (\d+)", False),
        ("heart", [EFFECTS], QUEUE, r"external jobid '(\d+)'", True),
    ],
    ids=["slurm", "generic"],
)
def test_a_study_on_a_queue_is_that_of_one_machine(
    study, targets, profile, number, abreast, tmp_path
):
    folder = folder_of(tmp_path / "run")
    began = time.monotonic()
    finish(start(folder, *targets, *profile, study=study), folder)
    took = time.monotonic() - began

    jobs = accounts_of(folder)
    assert {job["JobState"] for job in jobs} == {"COMPLETED"}
    assert {job["NodeList"] for job in jobs} <= {"n1", "n2"}
    log = next((folder / ".snakemake" / "log").glob("*.log")).read_text()
    submitted = set(re.findall(number, log))
    assert {job["JobId"] for job in jobs} == submitted
    steps = int(re.search(r"(?m)^total +(\d+)$", log)[1])
    assert 1 < len(jobs) <= steps / 2
    told = [line.split("|") for line in queue()]
    names = {number: name for number, _, name in told if number in submitted}
    print(f"\n{study}: {steps} steps in {len(jobs)} jobs, {took:.0f} s")
    for job in jobs:
        seconds = [
            datetime.fromisoformat(job[f"{end}Time"]) for end in ("Start", "End")
        ]
        job["Took"] = (seconds[1] - seconds[0]).total_seconds()
        shown = (job[key] for key in ("JobId", "ProcCnt", "NodeList", "Took"))
        print(*shown, names.get(job["JobId"]), sep=" | ")
    assert abreast == any(int(job["ProcCnt"]) > 1 for job in jobs)
    assert not any("fetch_source" in name for name in names.values())

    assert contents(folder) == run_here(study, targets, tmp_path / "here")

    again = start(folder, *targets, *profile, study=study)
    finish(again, folder)
    assert "Nothing to be done" in (folder / "shown.txt").read_text()
    assert len(accounts_of(folder)) == len(jobs)


def held_by(mark):
    """Hold the first step until a fault ends it; it leaves the mark."""
    paths = [str(Path(__file__).parent / "held"), os.environ.get("PYTHONPATH", "")]
    return {"CLUSTER_HELD": str(mark), "PYTHONPATH": ":".join(paths)}


@pytest.fixture(scope="module")
def arms(tmp_path_factory):
    """What an undisturbed run makes of the arms of a small study."""
    folder = folder_of(tmp_path_factory.mktemp("arms") / "run")
    finish(start(folder, "--cores", "2", ARMS), folder)
    return contents(folder)


def await_(condition, seconds):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, queue()
        time.sleep(0.5)


def lose_power(job):
    node = node_of(job)
    subprocess.run([ROOT / "tests/cluster/slurm.sh", "slay", node], check=True)
    return node


def close_node(job):
    node = node_of(job)
    control(f"update nodename={node} state=down reason=test")
    return node


def delete_job(job):
    subprocess.run(["qdel", job], check=True)


def preempt(job):
    """Have a job of a partition that goes before ask for the whole of the node."""
    node = node_of(job)
    whole = ["--cpus-per-task=4", "--mem=6000", "--time=1", f"--nodelist={node}"]
    told = ["--partition=urgent", "--output=/dev/null", "--wrap=sleep 5"]
    subprocess.run(["sbatch", *whole, *told], check=True, capture_output=True)


def control(words):
    subprocess.run(["scontrol", *words.split()], check=True, capture_output=True)


def down():
    """Nodes that take no jobs."""
    told = ["sinfo", "--noheader", "--Node", "--states=down,drain", "--format=%N"]
    run = subprocess.run(told, capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def node_of(job):
    told = subprocess.run(
        ["squeue", "--noheader", f"--jobs={job}", "--format=%N"],
        capture_output=True,
        text=True,
        check=True,
    )
    return told.stdout.strip()


@faulty
@pytest.mark.parametrize(
    ("strike", "profile"),
    [
        *((each, PROFILE) for each in (lose_power, close_node, preempt)),
        *((each, QUEUE) for each in (lose_power, delete_job)),
    ],
)
def test_job_that_is_lost_comes_again(strike, profile, arms, tmp_path):
    folder = folder_of(tmp_path / "run")
    held = tmp_path / "held"
    run = start(folder, ARMS, *profile, **held_by(held))
    await_(held.exists, 900)
    (number,) = [each.split("|")[0] for each in queue() if str(folder) in each]

    node = strike(number)
    finish(run, folder)
    if strike is lose_power:
        subprocess.run([ROOT / "tests/cluster/slurm.sh", "revive", node], check=True)
    elif node and node in down():  # a daemon that lives on may have brought it back
        control(f"update nodename={node} state=resume")

    # SLURM queues the job itself again, or ends it and Snakemake sends another.
    *before, last = [job["JobState"] for job in accounts_of(folder)]
    print(f"\n{strike.__name__}: {before}, then {last}")
    assert last == "COMPLETED"
    assert contents(folder) == arms


STEPS = [
    *("read_centre", "harmonise_centre", "derive_table", "select_cohort"),
    "derive_arms",
]
LIMITS = {
    # Snakemake itself takes more than the first attempt is given.
    "FAILED": [f"{rule}:mem_mb=60 * 20 ** (attempt - 1)" for rule in STEPS],
    # The times of a group add up.
    "TIMEOUT": ["read_centre:runtime=attempt ** 4"]
    + [f"{rule}:runtime=0" for rule in STEPS[1:]],
}


@faulty
@pytest.mark.parametrize("state", LIMITS)
def test_job_that_a_limit_ended_comes_again_with_more(state, arms, tmp_path):
    folder = folder_of(tmp_path / "run")
    held = tmp_path / "held"
    if state == "FAILED":
        held.touch()  # memory gives out at once: nothing need be held
    given = held_by(held)
    finish(
        start(
            *(folder, ARMS, *PROFILE, "--set-resources", *LIMITS[state]),
            **given,
        ),
        folder,
    )

    states = [job["JobState"] for job in accounts_of(folder)]
    assert states == [state, "COMPLETED"]
    assert contents(folder) == arms
