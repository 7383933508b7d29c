"""Wall time and peak memory of studies: `python benchmarks/studies.py [STUDY ...]`.

The peer is the same jobs' own time, as their logs tell it: the ratio is what Snakemake,
process starts and imports add.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
STUDIES = ("conversion", "sysucc", "hepatocellular")


def measure(study: str) -> tuple[float, float, int, float]:
    """Return wall seconds, seconds inside jobs, jobs, and peak memory in MiB."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for each in ("Snakefile", "workflow", "config", "profiles", "data"):
            if (ROOT / each).exists():
                (folder / each).symlink_to(ROOT / each)
        shared = ROOT.parent / "shared" / "data" / "sysucc_hcc.csv"
        if shared.exists() and not (folder / "data").exists():
            (folder / "data").mkdir()
            (folder / "data" / shared.name).symlink_to(shared)
        config = [] if study == "conversion" else [f"config/studies/{study}.yaml"]
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "snakemake", "--cores", "2"]
            + (["--configfile", *config] if config else []),
            cwd=folder,
            check=True,
            capture_output=True,
            env=os.environ,
        )
        wall = time.perf_counter() - start
        logs = [path.read_text() for path in (folder / "logs").rglob("*.log")]
        inside = [
            float(found)
            for text in logs
            for found in re.findall(r"done in ([\d.]+) s", text)
        ]
        held = [
            float(found)
            for text in logs
            for found in re.findall(r"at most (\d+) MiB", text)
        ]
        return wall, sum(inside), len(inside), max(held)


def main() -> None:
    """Print a row a study; the peak is that of the job that held most."""
    print("| study | wall, s | inside jobs, s | jobs | ratio | peak, MiB |")
    print("|---|---|---|---|---|---|")
    for study in sys.argv[1:] or STUDIES:
        wall, inside, jobs, peak = measure(study)
        print(
            f"| {study} | {wall:.0f} | {inside:.0f} | {jobs} | {wall / inside:.1f} "
            f"| {peak:.0f} |"
        )


if __name__ == "__main__":
    main()
