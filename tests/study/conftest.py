import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TWINS = "validation={twins: {replicates: 4, batch: 4}}"
FEWER = {
    "heart": [TWINS],
    "hepatocellular": [TWINS, "analysis={bootstrap: {replicates: 50}}"],
    "sysucc": [TWINS],
}
"""Of what only takes longer: the studies as they are handed out but for this."""


class Run:
    """A folder in which Snakemake runs the project's workflow."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("Snakefile", "workflow", "config", "profiles"):
            (folder / name).symlink_to(ROOT / name)
        shared = ROOT.parent / "shared"
        if shared.exists():
            (folder / "data").mkdir()
            for file in (shared / "data").glob("*.csv"):
                (folder / "data" / file.name).symlink_to(file)

    def snakemake(self, *arguments, check=True):
        run = subprocess.run(
            [sys.executable, "-m", "snakemake", "--cores", "2", *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONWARNINGS": "error::RuntimeWarning"},
        )
        if check:
            assert run.returncode == 0, run.stderr[-4000:]
        return run

    def study(self, name, *arguments, check=True):
        """Run the default study, or one that is named, which draws a format alone."""
        config = []
        if name is not None:
            fewer = ["figures={formats: [svg]}", *FEWER.get(name, ())]
            config = ["--configfile", f"config/studies/{name}.yaml", "--config", *fewer]
        return self.snakemake(*arguments, *config, check=check)

    def release(self, study):
        return self.folder / "results" / study / "release"


@pytest.fixture(scope="module")
def new_run(tmp_path_factory):
    def make(name):
        return Run(tmp_path_factory.mktemp(name) / "run")

    return make
