"""From the files of five centres, through their codebooks, to records."""

import importlib.util
from pathlib import Path

import polars as pl
import pytest
import yaml

from twoarm.config.plan import plan_study
from twoarm.dictionary import EXPORTS
from twoarm.harmonisation.persons import link_records
from twoarm.harmonisation.reviews import read_answers
from twoarm.ingestion.pseudonyms import read_fingerprint
from twoarm.simulation.scoring import assess_cells, assess_links, derive_made
from twoarm.tables.harmonisation import Cells, Ledger, Persons, Records, Reviews
from twoarm.tables.ingestion import Faults
from twoarm.tables.simulation import AnswerKey

ROOT = Path(__file__).parents[2]
TABLES = list(EXPORTS)


def script(stage, name):
    path = ROOT / f"workflow/scripts/{stage}/{name}.py"
    spec = importlib.util.spec_from_file_location(f"{name}_script", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def paths_in(folder):
    return [str(folder / f"{table}.parquet") for table in TABLES]


def read_centre(exports, centre, parts, folder):
    """Read and harmonise a centre, as the rules do."""
    read, made = folder / "read" / centre, folder / "made" / centre
    read.mkdir(parents=True)
    made.mkdir(parents=True)
    files, unread = str(read / "files.parquet"), str(read / "unread.parquet")
    script("ingestion", "read_centre").main(
        [str(exports / Path(part.source).name) for part in parts],
        paths_in(read),
        files,
        unread,
        centre=centre,
        formats=[
            {
                "table": part.table,
                "reading": {**part.reading, "within": str(exports)},
                "private": part.private,
            }
            for part in parts
        ],
        tables=TABLES,
        key=read_fingerprint(simulated=True),
    )
    names = ("faults", "quarantine", "aside", "ledger", "cells")
    script("harmonisation", "harmonise_centre").main(
        paths_in(read),
        files,
        unread,
        paths_in(made),
        *(str(made / f"{name}.parquet") for name in names),
        centre=centre,
        formats=[{"table": part.table, **part.making} for part in parts],
        tables=TABLES,
    )
    return made


@pytest.fixture(scope="module")
def made(folder, tmp_path_factory):
    """Folder of what was made of each centre."""
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text("utf-8"))
    to = tmp_path_factory.mktemp("centres")
    return [
        read_centre(folder, centre, parts, to)
        for centre, parts in plan_study(config, ROOT).centres.items()
    ]


@pytest.fixture(scope="module")
def cells(made):
    return pl.concat(Cells.read(each / "cells.parquet") for each in made)


@pytest.fixture(scope="module")
def records(made):
    return {
        table: pl.concat(Records.read(each / f"{table}.parquet") for each in made)
        for table in TABLES
    }


@pytest.fixture(scope="module")
def key(folder):
    return AnswerKey.read(folder / "answer_key.parquet")


def test_no_file_is_at_fault_and_no_row_is_lost(made):
    faults = pl.concat(Faults.read(each / "faults.parquet") for each in made)
    assert faults["what"].to_list() == []
    ledger = pl.concat(Ledger.read(each / "ledger.parquet") for each in made)
    patients = ledger.filter(table="patients").sort("centre")
    assert patients["n_used"].to_list() == [226, 142, 117, 99, 57]


def test_every_fault_is_found_and_no_clean_cell_is_changed(key, cells, records):
    scores = assess_cells(key, cells, records)

    shares = dict(scores.select("kind", "recall").iter_rows())
    assert shares == dict.fromkeys(shares, 1.0)
    assert scores["n_silent"].sum() == 0
    exact = {"unit", "missing_code", "date_open", "date_partial", "date_swapped"}
    assert exact <= set(shares)
    assert derive_made(key, cells, records).height == key.height


def test_months_of_survival_are_read_as_they_stand(key, cells, records):
    wrong = key.filter(kind="survival")
    told = derive_made(wrong, cells, records)

    assert told.height == 6
    assert not told["same"].any()


@pytest.fixture(scope="module")
def joined(made, folder, tmp_path_factory):
    """Folder of what was made of all centres together."""
    to = tmp_path_factory.mktemp("joined")
    names = ("persons", "reviews", "conflicts", "faults", "quarantine", "ledger",
             "marks")  # fmt: skip
    plan = plan_study(yaml.safe_load((ROOT / "config/config.yaml").read_text("utf-8")))
    script("harmonisation", "link_patients").main(
        [path for each in made for path in paths_in(each)],
        [str(each / "ledger.parquet") for each in made],
        [str(each / "cells.parquet") for each in made],
        [str(folder / "linkage.csv")],
        paths_in(to),
        form=str(to / "reviews.csv"),
        **{name: str(to / f"{name}.parquet") for name in names},
        tables=TABLES,
        data_cut=plan.data_cut,
        reasons=plan.reasons,
    )
    return to


def test_641_records_are_613_persons(joined, key, records):
    scores = assess_links(
        key, records["patients"], Persons.read(joined / "persons.parquet")
    )

    shares = dict(scores.select("kind", "recall").iter_rows())
    assert shares == dict.fromkeys(
        ["clean", "registered", "repeat", "transfer", "transfer_unsure"], 1.0
    )
    assert scores.filter(pl.col("kind") != "clean")["n"].sum() == 28
    assert set(scores["precision"].drop_nulls()) == {1.0}
    patients = Records.read(joined / "patients.parquet")
    assert patients.height == patients["patient_id"].n_unique() == 613


def test_events_of_five_centres_are_those_that_happened(joined, handed_over):
    """Under one name each, and once, though some records tell them twice."""
    told = {
        "adverse_events": ["onset_date", "term", "ctcae_grade", "immune_related"],
        "complications": ["onset_date", "term", "clavien"],
        "surgeries": [
            *("surgery_date", "r_status", "blood_loss_ml", "operation_minutes"),
            *("margin_mm", "mvi", "viable_percent"),
        ],
    }
    for table, fields in told.items():
        happened = handed_over[table].select(pl.col(fields).cast(pl.String))
        read = Records.read(joined / f"{table}.parquet").select(
            pl.col(fields).cast(pl.String)
        )
        assert read.sort(fields).equals(happened.sort(fields)), table
    ledger = Ledger.read(joined / "ledger.parquet").filter(table="adverse_events")
    assert ledger["n_merged"].sum() == 20


def test_only_a_person_knows_of_some(made, joined, key, records):
    tables = [path for each in made for path in paths_in(each)]
    cells = Cells.read_flagged(
        [each / "cells.parquet" for each in made], "date_partial"
    )
    ledger = Ledger.read_all([each / "ledger.parquet" for each in made])
    asked = link_records(
        Records.read_lazily(tables, TABLES), ledger, cells, read_answers([]),
        data_cut=None, reasons={"order_violation": "Dates out of order"},
        hand_on=lambda table, rows: None,
    )  # fmt: skip
    unsure = key.filter(kind="transfer_unsure")
    assert asked.persons["person"].n_unique() == 613 + unsure.height
    pairs = asked.reviews.select("file", "row", "other_file", "other_row").rows()
    named = {place for pair in pairs for place in (pair[:2], pair[2:])}
    assert set(unsure.select("file", "row").rows()) <= named
    assert len(pairs) == unsure.height
    assert Reviews.read(joined / "reviews.parquet").is_empty()


def test_rows_out_of_order_are_set_aside_and_their_corrections_stand(joined, key):
    wrong = key.filter(kind="order").select("file", "row").sort("file", "row")
    aside = pl.read_parquet(joined / "quarantine.parquet")
    found = aside.select(file="source_file", row="source_row").sort("file", "row")
    assert found.rows() == wrong.rows()
    last = Records.read(joined / "follow_ups.parquet")
    assert last["patient_id"].n_unique() == last.height == 613
    assert Records.read(joined / "surgeries.parquet")["patient_id"].n_unique() == 74
