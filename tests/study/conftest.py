import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
import yaml

ROOT = Path(__file__).parents[2]
FEWER = yaml.safe_load((ROOT / "tests/study/fewer.yaml").read_text())


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
            fewer = FEWER.get(name, ["figures={formats: [svg]}"])
            config = ["--configfile", f"config/studies/{name}.yaml", "--config", *fewer]
        return self.snakemake(*arguments, *config, check=check)

    def release(self, study):
        return self.folder / "results" / study / "release"


@pytest.fixture(scope="module")
def new_run(tmp_path_factory):
    def make(name):
        # Where continuous integration looks for them again.
        kept = os.environ.get("STUDY_RUNS") if name in FEWER else None
        return Run(Path(kept, name) if kept else tmp_path_factory.mktemp(name) / "run")

    return make


@pytest.fixture(scope="session")
def printed():
    """Load the module that reads back what a release prints."""
    path = Path(__file__).with_name("printed.py")
    spec = importlib.util.spec_from_file_location("printed", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def with_gaps(rotterdam):
    """Write 500 patients with gaps, and the study of them: `with_gaps(run, 3)`."""

    def write(run, imputations):
        """Write 500 patients with gaps, and the study of them.

        Of the controls the receptors were never measured: that gap is structural.
        """
        place = pl.int_range(pl.len())
        rows = pl.concat(
            [rotterdam.filter(hormon=1).head(150), rotterdam.filter(hormon=0).head(350)]
        ).with_columns(
            age=pl.when(place % 7 != 0).then("age"),
            size=pl.when(place % 11 != 0).then("size"),
            pgr=pl.when(pl.col("hormon") == 1).then("pgr"),
        )
        rows.write_csv(run.folder / "rotterdam.csv")
        study = yaml.safe_load(Path(__file__).with_name("rotterdam.yaml").read_text())
        # An order that is neither the alphabet's nor that of the file.
        sizes = {"kind": "categorical", "levels": [">50", "<=20", "20-50"]}
        plain = {"kind": "continuous"}
        covariates = [plain, sizes, plain, {**plain, "structural": True}]
        study["covariates"] = dict(
            zip(["nodes", "size", "age", "pgr"], covariates, strict=True)
        )
        study |= {"propensity": {}, "imputation": {"n": imputations, "iterations": 4}}
        study["designs"].pop("overlap")
        study["analysis"] = {"horizons_months": [36], "rmst_months": 36}
        del study["endpoints"]["rfs"]
        (run.folder / "study.yaml").write_text(yaml.safe_dump(study, sort_keys=False))
        return rows

    return write
