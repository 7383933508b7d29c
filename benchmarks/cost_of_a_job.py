"""What a job costs before it does anything: `python benchmarks/cost_of_a_job.py`."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

JOBS = 20
KINDS = {
    "shell": ("shell", "touch {output}"),
    "script, empty": ("script", ""),
    "script, numpy": ("script", "import numpy"),
    "script, polars": ("script", "import polars"),
    "script, a table contract": ("script", "import twoarm.tables.cohort"),
    "script, dataframely as it comes": ("script", "import dataframely"),
    "script, figures": ("script", "import twoarm.figures.survival_curves"),
    "script, survival": ("script", "import survival.r_api"),
}


def seconds(kind: str, body: str) -> float:
    """Run 20 jobs of one kind on one core; return the seconds of the whole run."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "job.py").write_text(
            f"{body}\nfrom pathlib import Path\nPath(snakemake.output[0]).touch()\n"
        )
        does = f'"{body}"' if kind == "shell" else '"job.py"'
        (folder / "Snakefile").write_text(
            f"rule all:\n    input: expand('{{n}}.done', n=range({JOBS}))\n"
            f"rule one:\n    output: '{{n}}.done'\n    {kind}: {does}\n"
        )
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "snakemake", "--cores", "1", "--quiet", "all"],
            cwd=folder,
            check=True,
            capture_output=True,
        )
        return time.perf_counter() - start


def main() -> None:
    """Print seconds a job and the ratio to an empty shell job."""
    found = {kind: seconds(*how) / JOBS for kind, how in KINDS.items()}
    print("| kind of job | s a job | ratio |\n|---|---|---|")
    for kind, each in found.items():
        print(f"| {kind} | {each:.2f} | {each / found['shell']:.1f} |")


if __name__ == "__main__":
    main()
