"""Kill runs at random moments, and see that nothing is lost.

`python tests/study/kills.py 20 1` kills Snakemake or a job of it twenty times, at the
moments that the seed 1 gives, and prints as Markdown what was under way and what was
done twice.
"""

import hashlib
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parents[2]
STUDY = """
study: small
title: Surgery against no surgery
source: {kind: table, path: patients.csv}
patient_id: id
treatment:
  {column: surgery, treated: 1, control: 0, labels: {treated: Surgery, control: None}}
covariates:
  age: {kind: continuous, label: Age, unit: years}
endpoints:
  os: {label: Overall survival, time: days, event: died, unit: days}
designs:
  matched: {method: nearest, estimand: ATT, caliper_sd: 0.2}
  overlap: {method: weighting, estimand: ATO}
validation: {twins: {replicates: 0}}
"""
PART = "results/small/survival/estimate_effects/os.parquet"
"""Eleven steps lead to it, some side by side."""


def lay_out(folder, patients=240):
    """Make a folder in which to run the study, on patients that a seed gives."""
    folder.mkdir(parents=True)
    for name in ("Snakefile", "workflow", "config", "profiles"):
        (folder / name).symlink_to(ROOT / name)
    drawn = random.Random(1)
    rows = ["id,surgery,age,days,died"]
    for number in range(patients):
        age, days = drawn.gauss(60, 9), 1 + drawn.expovariate(1 / 700)
        treated, died = drawn.random() < 0.4, drawn.random() < 0.7
        rows.append(f"p{number},{treated:d},{age:.1f},{days:.0f},{died:d}")
    (folder / "patients.csv").write_text("\n".join(rows) + "\n")
    (folder / "study.yaml").write_text(STUDY)
    return folder


def start(folder, *arguments):
    """Start Snakemake in a folder; what it shows goes to `shown.txt`."""
    with (folder / "shown.txt").open("a") as shown:
        return subprocess.Popen(
            [
                *(sys.executable, "-m", "snakemake", *arguments),
                *("--cores", "2", "--configfile", "study.yaml"),
            ],
            cwd=folder,
            stdout=shown,
            stderr=shown,
        )


def contents(folder):
    """Hash what a run made, logs aside."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in sorted((folder / "results").rglob("*"))
        if path.is_file()
    }


def ended(folder):
    """Count how often each step ended well, over all runs in a folder."""
    logs = sorted((folder / ".snakemake" / "log").glob("*.log"))
    told = "".join(log.read_text() for log in logs)
    return Counter(re.findall(r"Finished jobid: (?:\d+) \(Rule: (\w+)\)", told))


def jobs_of(run):
    """List the processes of steps that a run has started, by their place in /proc."""
    found, parents = [], {run.pid}
    for place in sorted(Path("/proc").glob("[0-9]*"), key=lambda each: int(each.name)):
        try:
            parent = int((place / "stat").read_text().rsplit(") ", 1)[1].split()[1])
            words = (place / "cmdline").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if parent in parents:
            parents.add(int(place.name))
            if ".snakemake/scripts" in words and "python" in words.split("\0")[0]:
                found.append(int(place.name))
    return found


def strike(folder, moment, target):
    """Start a run, kill it or a job of it after some seconds, and let it end.

    Returns
    -------
    str
        What was under way; empty if the run ended before.
    """
    run = start(folder, PART)
    end = time.monotonic() + moment
    while time.monotonic() < end and run.poll() is None:
        time.sleep(0.02)
    jobs = jobs_of(run)
    while target == "job" and not jobs and run.poll() is None:
        time.sleep(0.01)
        jobs = jobs_of(run)
    under_way = rules_of(jobs)
    if run.poll() is not None:
        return ""
    with suppress(ProcessLookupError):
        os.kill(random.Random(moment).choice(jobs) if target == "job" else run.pid, 9)
    run.wait()
    if target == "snakemake":
        start(folder, "--unlock").wait()
    return under_way or "Snakemake itself"


def rules_of(jobs):
    """Name the rules that processes work for."""
    found = []
    for job in jobs:
        try:
            words = Path(f"/proc/{job}/cmdline").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        found += re.findall(r"scripts/\w+\.(\w+)\.py", words)
    return ", ".join(sorted(set(found)))


def main(times, seed=1):
    """Kill that many runs; print a table of them; return how many lost something."""
    drawn, lost, number = random.Random(seed), 0, 0
    with tempfile.TemporaryDirectory() as place:
        whole = lay_out(Path(place, "whole"))
        began = time.monotonic()
        assert start(whole, PART).wait() == 0
        took = time.monotonic() - began
        print("| kill | of | after | under way | redone | bytes |")
        print("|---|---|---|---|---|---|")
        while number < times:
            folder, rows = lay_out(Path(tempfile.mkdtemp(dir=place), "run")), []
            while number + len(rows) < times:
                target = drawn.choice(["snakemake", "job"])
                moment = took * drawn.uniform(0.1, 0.8)
                if not (struck := strike(folder, moment, target)):
                    break  # all was done before
                rows.append((target, moment, struck))
            assert start(folder, PART).wait() == 0
            same = contents(folder) == contents(whole)
            twice = sorted((ended(folder) - ended(whole)).elements())
            lost += not same or bool(twice)
            for target, moment, struck in rows:
                number += 1
                told = f"{', '.join(twice) or 'nothing'} | {'same' if same else 'NOT'}"
                print(f"| {number} | {target} | {moment:.1f} s | {struck} | {told} |")
    return lost


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(main(*map(int, sys.argv[1:])))
