import importlib.util
from pathlib import Path

import polars as pl
import pytest
import yaml

from twoarm.config.codebook import Codebook
from twoarm.dictionary import EXPORTS, MAY_LACK
from twoarm.fieldmaps import fields_of_part
from twoarm.harmonisation.fields import harmonise_rows
from twoarm.ingestion.files import read_file
from twoarm.simulation.exports import simulate_exports

ROOT = Path(__file__).parents[2]
SEED = 20250101
KEY = ["centre", "patient_id"]


EXPORTED = [name for name in EXPORTS if name not in MAY_LACK]


def script():
    path = ROOT / "workflow/scripts/simulation/simulate_exports.py"
    spec = importlib.util.spec_from_file_location("simulate_exports_script", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run_script(folder, *, seed=SEED, scenario="moderate"):
    folder.mkdir()
    script().main(
        [str(folder / f"a_{table}.csv") for table in EXPORTED],
        str(folder / "b.xlsx"),
        str(folder / "truth.parquet"),
        seed=seed,
        scenario=scenario,
    )
    return folder


def codebook_of(centre):
    path = ROOT / f"config/codebooks/{centre}.yaml"
    codebook = Codebook.model_validate(yaml.safe_load(path.read_text("utf-8")))
    return codebook.model_dump()


def read_centre(folder, centre):
    """Tables of a centre as the pipeline reads them, and their faults."""
    codebook = codebook_of(centre)
    for name, (table,) in codebook["tables"].items():
        fields = fields_of_part(name, table)
        read = read_file(
            folder / table["path"], encoding=table["encoding"], sheet=table["sheet"]
        )
        yield (
            name,
            harmonise_rows(
                read.rows, fields, file=table["path"], missing=table["missing"]
            ),
        )


@pytest.fixture(scope="session")
def simulated():
    return simulate_exports(SEED, "moderate")


@pytest.fixture(scope="session")
def export_to():
    """The script, run with the files of the rule in a new folder."""
    return run_script


@pytest.fixture(scope="session")
def codebooks():
    """Centre to its codebook."""
    return {centre: codebook_of(centre) for centre in ("a", "b")}


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return run_script(tmp_path_factory.mktemp("simulation") / "exports")


@pytest.fixture(scope="session")
def handed_over(folder):
    """What was simulated, read back from the files of both centres."""
    parts = {name: [] for name in EXPORTED}
    for centre in ("a", "b"):
        for name, harmonised in read_centre(folder, centre):
            assert harmonised.faults.is_empty()
            records = harmonised.records.with_columns(centre=pl.lit(centre))
            parts[name].append(records.drop("source_file", "source_row"))
    return {name: pl.concat(part) for name, part in parts.items()}


@pytest.fixture(scope="session")
def eligible(handed_over, simulated):
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
    return rows.join(
        simulated.truth.with_columns(pl.col("patient_id").str.slice(2)),
        on=KEY,
        suffix="_true",
    )
