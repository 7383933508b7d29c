import importlib.util
from pathlib import Path

import polars as pl
import pytest
import yaml

from twoarm.simulation.exports import simulate_exports, simulate_persons
from twoarm.simulation.identities import derive_patient_ids
from twoarm.simulation.truth import derive_truth

ROOT = Path(__file__).parents[2]
SEED = 20250101
KEY = ["centre", "patient_id"]
FILES = (
    "A_基本信息.xlsx",
    "A_检验.csv",
    "A_更正.csv",
    "hcc_export_B.csv",
    "B_imaging.tsv",
    "B_events.csv",
    "C中心.xls",
    "C_labs_wide.xlsx",
    "D.json",
    "D_followup.xlsx",
    "E.csv",
)


def script():
    path = ROOT / "workflow/scripts/simulation/simulate_exports.py"
    spec = importlib.util.spec_from_file_location("simulate_exports_script", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run_script(folder, *, seed=SEED, scenario="moderate"):
    folder.mkdir()
    script().main(
        [str(folder / name) for name in FILES],
        str(folder / "truth.parquet"),
        str(folder / "linkage.csv"),
        str(folder / "answer_key.parquet"),
        seed=seed,
        scenario=scenario,
    )
    return folder


@pytest.fixture(scope="session")
def simulated():
    return simulate_exports(SEED, "moderate")


@pytest.fixture(scope="session")
def export_to():
    """The script, run with the files of the rule in a new folder."""
    return run_script


@pytest.fixture(scope="session")
def codebooks():
    """Centre to its codebook as written."""
    folder = ROOT / "config/codebooks"
    return {
        centre: yaml.safe_load((folder / f"{centre}.yaml").read_text("utf-8"))
        for centre in "abcde"
    }


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return run_script(tmp_path_factory.mktemp("simulation") / "exports")


@pytest.fixture(scope="session")
def persons():
    return simulate_persons(SEED, "moderate")


@pytest.fixture(scope="session")
def handed_over(persons):
    """All that is noted of each person, where first treated."""
    return persons.tables


@pytest.fixture(scope="session")
def eligible(handed_over, persons):
    """Dates of those who met the criteria, and the truth about them."""
    first = (
        handed_over["assessments"]
        .filter("mdt_resectable")
        .group_by(KEY)
        .agg(criteria_date=pl.col("exam_date").min())
    )
    rows = first
    for name in ("patients", "surgeries", "follow_ups"):
        rows = rows.join(handed_over[name], on=KEY, how="left")
    ids = derive_patient_ids(rows["centre"], rows["patient_id"])
    truth = derive_truth(persons.people).rename({"patient_id": "id"})
    return rows.with_columns(id=ids).join(truth, on=["centre", "id"], suffix="_true")
