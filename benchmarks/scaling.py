"""Scattered jobs on nodes of a SLURM: `python benchmarks/scaling.py [NODES ...]`.

The jobs of one rule run anew each time: on two cores without SLURM, then through the
profile `workflow/profiles/slurm` on 1, 2 and 4 nodes of one CPU, which
`tests/cluster/slurm.sh` starts on this machine. What stands before them is made once.
Prints seconds from the command to its end, the CPU seconds of all jobs, and how many
jobs there were; their results must have the same bytes each time. Nodes are told by the
daemons: four cannot be faster than the cores that the machine has.

`RULE` in the environment names the rule: `replicate_designs` (resamples, if left out),
`replicate_twins` or `impute_covariates`. `JOBS` and `SIZE`: so many jobs, of so many
resamples or twins each. `FOLDER` keeps what is made.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl
import yaml

ROOT = Path(__file__).parents[1]
NODES = (1, 2, 4)
MADE = {
    "replicate_designs": "survival/replicate_designs/os/{}.parquet",
    "replicate_twins": "validation/replicate_twins/1/{}.parquet",
    "impute_covariates": "cohort/impute_covariates/{}/patients.parquet",
}
"""Rule to what a job of it makes."""
RULE = os.environ.get("RULE", "replicate_designs")
JOBS, SIZE = int(os.environ.get("JOBS", "16")), int(os.environ.get("SIZE", "400"))
TARGETS = [f"results/scaling/{MADE[RULE].format(k)}" for k in range(1, JOBS + 1)]
LOCAL = ("--cores", "2")
PROFILE = [
    # What stands before was made; only what was taken away is made anew.
    *("--rerun-triggers", "mtime"),
    *("--workflow-profile", "workflow/profiles/slurm"),
    # Each a job of SLURM, of the one CPU of a node.
    *("--cores", "1", "--group-components", "imputations=1"),
    # Steps of seconds: do not wait as for steps of hours.
    *("--seconds-between-status-checks", "1"),
    *("--slurm-init-seconds-before-status-checks", "1"),
]


def write_study(folder: Path) -> None:
    """Write the default study, scattered as asked for."""
    folder.mkdir(parents=True)
    for name in ("Snakefile", "workflow", "config", "profiles"):
        (folder / name).symlink_to(ROOT / name)
    study = yaml.safe_load((ROOT / "config" / "config.yaml").read_text("utf-8"))
    study["study"] = "scaling"
    drawn = {"replicates": JOBS * SIZE, "batch": SIZE}
    study["analysis"]["bootstrap"] |= drawn
    study["validation"]["twins"] |= drawn
    if RULE == "impute_covariates":
        study["imputation"] = study.get("imputation", {}) | {"n": JOBS}
    (folder / "study.yaml").write_text(yaml.safe_dump(study), "utf-8")


def run(folder: Path, *how: str) -> tuple[float, float]:
    """Make the targets; what Snakemake shows is kept. Return wall and CPU seconds."""
    command = [sys.executable, "-m", "snakemake", *TARGETS, *how]
    start = time.perf_counter()
    with (folder / "shown.txt").open("a") as shown:
        subprocess.run(
            [*command, "--configfile", "study.yaml"],
            cwd=folder,
            check=True,
            stdout=shown,
            stderr=shown,
        )
    wall = time.perf_counter() - start
    costs = pl.read_csv(folder / "logs" / "scaling" / "cost.csv").filter(rule=RULE)
    return wall, costs["cpu_seconds"].item()


def run_anew(folder: Path, *how: str) -> tuple[float, float]:
    """Make the targets again; stop if they have other bytes than before."""
    before = {name: (folder / name).read_bytes() for name in TARGETS}
    for name in TARGETS:
        (folder / name).unlink()
    took = run(folder, *how)
    assert before == {name: (folder / name).read_bytes() for name in TARGETS}
    return took


def run_inside(folder: Path) -> str:
    """Run on the SLURM that is up; tell what it took, the jobs, and their nodes."""
    took = run_anew(folder, *PROFILE)
    log = Path(os.environ["CLUSTER_ROOT"]) / "log" / "jobcomp.log"
    jobs = re.findall(r"JobState=(\S+).*?NodeList=(\S+)", log.read_text())
    assert {state for state, _ in jobs} == {"COMPLETED"}, jobs
    nodes = len({node for _, node in jobs})
    return " ".join(map(str, (*took, len(jobs), nodes)))


def run_on(folder: Path, nodes: int) -> tuple[float, float, int]:
    """Start a SLURM of so many nodes of one CPU, run, and stop it."""
    cluster = {"CLUSTER_NODES": f"{nodes}", "CLUSTER_CPUS": "1", "CLUSTER_MB": "8000"}
    script = str(ROOT / "tests" / "cluster" / "slurm.sh")
    told = subprocess.run(
        [script, "with", sys.executable, __file__, "inside", str(folder)],
        env=os.environ | cluster,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    wall, cpu, jobs, used = told.stdout.splitlines()[-1].split()
    assert int(used) == nodes, f"jobs ran on {used} of {nodes} nodes"
    return float(wall), float(cpu), int(jobs)


def main(sizes: list[int]) -> None:
    """Print a row without SLURM, and one a number of nodes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(os.environ.get("FOLDER", name)).resolve() / RULE
        if not folder.exists():
            write_study(folder)
        run(folder, *LOCAL)
        print(f"`{RULE}`\n\n| nodes | jobs | s | CPU, s | faster |\n|" + "---|" * 5)
        wall, cpu = run_anew(folder, *LOCAL)
        print(f"| no SLURM, 2 cores | {JOBS} | {wall:.0f} | {cpu:.0f} | |", flush=True)
        first = 0.0
        for nodes in sizes:
            wall, cpu, jobs = run_on(folder, nodes)
            first = first or wall
            row = f"{nodes} | {jobs} | {wall:.0f} | {cpu:.0f} | {first / wall:.2f}"
            print(f"| {row} |", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["inside"]:
        print(run_inside(Path(sys.argv[2])))
    else:
        main([int(each) for each in sys.argv[1:]] or list(NODES))
