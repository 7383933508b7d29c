"""Exports to the analysis table by size: `python benchmarks/cohort.py [PATIENTS ...]`.

Four centres, 20 laboratory rows and 5 assessments a patient, already harmonised; from
those files to `patients.parquet` by the default study, which asks three versions of the
criteria. The peer is what one writes with pandas for time zero (the board's word), arm,
endpoints and covariates, without contracts, other criteria or attrition.
Each size and side has a process of its own, which holds nothing but its own work.
"""

import importlib.util
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import yaml

from twoarm.config.plan import plan_study
from twoarm.dictionary import EXPORTS
from twoarm.tables.cohort import Quarantine
from twoarm.tables.harmonisation import Ledger
from twoarm.tables.ingestion import Faults

ROOT = Path(__file__).parents[1]
SIZES = (100_000, 300_000, 1_000_000)
CENTRES = "abcd"
N_LABS, N_ASSESSMENTS = 20, 5
ASKED = (
    *("r0_feasible", "flr_adequate", "margin_adequate", "vessels_resectable"),
    *("extrahepatic_inactive", "severe_ae", "contraindicated"),
)
"""What the other versions of the criteria ask."""
BASELINE_DAYS = 28
FIRST_DAY = 17_500
"""First day of accrual, in days since 1970."""


def invent(folder: Path, size: int) -> None:
    """Write the harmonised tables of each centre."""
    for number, centre in enumerate(CENTRES):
        part = folder / centre
        part.mkdir()
        rng = np.random.default_rng([size, number])
        for name, rows in invent_centre(rng, size // len(CENTRES), centre).items():
            place = {
                "source_file": pl.lit(f"{centre}/{name}.csv"),
                "source_row": pl.int_range(2, pl.len() + 2),
            }
            rows.select(
                **place, centre=pl.lit(centre), rest=pl.struct(pl.all())
            ).unnest("rest").write_parquet(part / f"{name}.parquet")
        Faults.write(Faults.of([]), part / "faults.parquet")
        Quarantine.write(Quarantine.of([]), part / "quarantine.parquet")
        counts = dict.fromkeys(("n_read", "n_used"), size // len(CENTRES))
        ledger = {"centre": centre, "table": "patients", "file": f"{centre}.csv"}
        Ledger.write(
            Ledger.of([{**ledger, **counts, "n_quarantined": 0}]),
            part / "ledger.parquet",
        )


def invent_centre(
    rng: np.random.Generator, n: int, centre: str
) -> dict[str, pl.DataFrame]:
    """Draw the tables of one centre, rows in the order of their dates."""
    first = FIRST_DAY + rng.integers(0, 1_500, n)
    met = np.where(rng.random(n) < 0.6, rng.integers(2, N_ASSESSMENTS, n), 99)
    operated = (met < N_ASSESSMENTS) & (rng.random(n) < 0.5)
    criteria = first + 60 * met
    last = first + 300 + rng.integers(1, 1_800, n)
    names = pl.Series(np.arange(n)).cast(pl.String).str.zfill(7)
    ids = pl.select(pl.lit(f"{centre}:") + names).to_series()
    patients = pl.DataFrame(
        {
            "patient_id": ids,
            "sex": pl.Series(np.where(rng.random(n) < 0.8, "male", "female")),
            "birth_date": _dates(first - rng.integers(11_000, 29_000, n)),
            "hbv": rng.random(n) < 0.7,
            "histology": pl.Series(["hcc"] * n),
            "first_dose_date": _dates(first),
        }
    )
    surgeries = pl.DataFrame(
        {
            "patient_id": ids,
            "surgery_date": _dates(criteria + rng.integers(5, 90, n)),
            "viable_percent": rng.uniform(0, 100, n),
            "r_status": pl.Series(np.where(rng.random(n) < 0.9, "R0", "R1")),
        }
    ).filter(pl.Series(operated))
    died, progressed = rng.random((2, n)) < 0.4
    follow_ups = pl.DataFrame(
        {
            "patient_id": ids,
            "last_contact_date": _dates(last),
            "last_imaging_date": _dates(last - rng.integers(0, 60, n)),
            "progression_date": _known(last - rng.integers(0, 400, n), progressed),
            "death_date": _known(last, died),
            "os_months": (last - first) / 30.4375,
            "vital_status": pl.Series(np.where(died, "dead", "alive")),
        }
    )
    drugs = patients.select(
        "patient_id",
        pl.lit(14.0).alias("n_cycles"),
        start_date="first_dose_date",
        end_date=pl.col("first_dose_date") + pl.duration(days=300),
    )
    return {
        "patients": patients,
        "assessments": _invent_assessments(rng, ids, first, met),
        "labs": _invent_labs(rng, ids, first),
        "treatments": pl.concat(
            drugs.with_columns(drug_class=pl.lit(each)) for each in ("ici", "antivegf")
        ),
        "surgeries": surgeries,
        "follow_ups": follow_ups,
    }


def _invent_assessments(
    rng: np.random.Generator, ids: pl.Series, first: np.ndarray, met: np.ndarray
) -> pl.DataFrame:
    n = len(ids) * N_ASSESSMENTS
    who = np.repeat(np.arange(len(ids)), N_ASSESSMENTS)
    visit = np.tile(np.arange(N_ASSESSMENTS), len(ids))
    return pl.DataFrame(
        {
            "patient_id": ids.gather(who),
            "exam_date": _dates(first[who] + 60 * visit),
            "target_sum_mm": rng.uniform(10, 150, n),
            "viable_sum_mm": rng.uniform(0, 10, n),
            "new_lesion": rng.random(n) < 0.05,
            "n_lesions": rng.integers(1, 8, n).astype(float),
            "portal_invasion": rng.random(n) < 0.3,
            "extrahepatic_spread": rng.random(n) < 0.2,
            "ecog": rng.integers(0, 3, n).astype(float),
            "child_pugh": rng.integers(5, 9, n).astype(float),
            "mdt_resectable": visit >= met[who],
            **{name: rng.random(n) < 0.6 for name in ASKED},
        }
    ).sort("exam_date", maintain_order=True)


def _invent_labs(
    rng: np.random.Generator, ids: pl.Series, first: np.ndarray
) -> pl.DataFrame:
    n = len(ids) * N_LABS
    who = rng.integers(0, len(ids), n)
    values = {
        "bilirubin_umol_l": rng.lognormal(2.6, 0.5, n),
        "albumin_g_l": rng.normal(38, 5, n),
        "afp_ng_ml": rng.lognormal(5, 2, n),
    }
    known = {name: rng.random(n) < 0.9 for name in values}
    return (
        pl.DataFrame(
            {
                "patient_id": ids.gather(who),
                "sample_date": _dates(first[who] + rng.integers(-30, 300, n)),
                **values,
            }
        )
        .with_columns(
            pl.when(pl.Series(known[name])).then(name).alias(name) for name in values
        )
        .sort("sample_date", maintain_order=True)
    )


def _dates(days: np.ndarray) -> pl.Series:
    return pl.Series(days.astype(np.int32)).cast(pl.Date)


def _known(days: np.ndarray, known: np.ndarray) -> pl.Series:
    dates = pl.DataFrame({"date": _dates(days), "known": known})
    return dates.select(pl.when("known").then("date")).to_series()


def read_plan() -> Any:
    """Plan the default study."""
    text = (ROOT / "config/config.yaml").read_text()
    return plan_study(yaml.safe_load(text), ROOT)


def load(script: str) -> Any:
    """Load a script: `load("cohort/select_cohort").main`."""
    path = ROOT / "workflow/scripts" / f"{script}.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run_own(folder: Path) -> dict[str, float]:
    """Run the three jobs of the cohort; their seconds."""
    plan = read_plan()
    seconds = {}
    settings, endpoints = plan.config["cohort"], plan.config["endpoints"]
    criteria = settings["criteria"]
    records = [folder / c / f"{t}.parquet" for c in CENTRES for t in EXPORTS]

    def run(rule: str, *, inputs: dict[str, Any], outputs: list[str], **params: Any):
        written = {name: folder / f"{name}.{rule}.parquet" for name in outputs}
        start = time.perf_counter()
        load(f"cohort/{rule}").main(**inputs, **written, **params)
        seconds[rule] = time.perf_counter() - start
        return written

    asked = run(
        "assess_criteria",
        inputs={"records": records},
        outputs=["criteria", "versions"],
        tables=list(EXPORTS),
        rules=criteria["versions"],
        used=criteria["use"],
    )
    derived = run(
        "derive_conversions",
        inputs={
            "records": records,
            "ledgers": [folder / c / "ledger.parquet" for c in CENTRES],
            "criteria": asked["criteria"],
        },
        outputs=["candidates", "attrition"],
        tables=list(EXPORTS),
        used=criteria["use"],
        never=criteria["never"],
        time_zero=settings["time_zero"],
        eligibility=settings["eligibility"],
        endpoints=endpoints,
        covariates=plan.config["covariates"],
    )
    run(
        "select_cohort",
        inputs={
            "candidates": derived["candidates"],
            "before": derived["attrition"],
            "faults": [folder / c / "faults.parquet" for c in CENTRES],
            "quarantines": [folder / c / "quarantine.parquet" for c in CENTRES],
        },
        outputs=["patients", "attrition", "quarantine"],
        eligibility=plan.asked_at_zero,
        enrolled=plan.enrolled,
        covariates=plan.config["covariates"],
        endpoints=[n for n, e in endpoints.items() if e["start"] == "time_zero"],
        reasons=plan.reasons,
        cohort_checks=plan.cohort_checks,
        columns=plan.columns,
        optional=plan.optional,
        zero_days=settings["zero_days"],
    )
    return seconds


def run_peer(folder: Path) -> dict[str, float]:
    """Bring the tables together with pandas."""
    start = time.perf_counter()
    tables = {
        name: pd.concat(
            pd.read_parquet(folder / centre / f"{name}.parquet") for centre in CENTRES
        )
        for name in ("patients", "assessments", "labs", "surgeries", "follow_ups")
    }
    for rows in tables.values():
        for column in rows.columns[rows.columns.str.endswith("_date")]:
            rows[column] = pd.to_datetime(rows[column])
    seen = tables["assessments"]
    people = tables["patients"].set_index("patient_id")
    zero = seen[seen["mdt_resectable"]].groupby("patient_id")["exam_date"].min()
    people["index_date"] = zero
    surgeries = tables["surgeries"].groupby("patient_id")["surgery_date"].min()
    people["surgery_date"] = surgeries
    ends = ["last_contact_date", "progression_date", "death_date"]
    people = people.join(tables["follow_ups"].set_index("patient_id")[ends])
    index = people["index_date"]
    free = people["progression_date"].isna() | (people["progression_date"] > index)
    later = people["surgery_date"].isna() | (people["surgery_date"] > index)
    people = people[index.notna() & free & later]
    people = _find_covariates(people, seen, tables["labs"])
    people.reset_index().to_parquet(folder / "peer.parquet")
    return {"all": time.perf_counter() - start}


def _find_covariates(
    people: pd.DataFrame, seen: pd.DataFrame, labs: pd.DataFrame
) -> pd.DataFrame:
    index = people["index_date"]
    dated = seen.join(people[["index_date", "first_dose_date"]], on="patient_id")
    now = dated[dated["exam_date"] == dated["index_date"]].sort_values("source_row")
    status = now.groupby("patient_id")[
        ["ecog", "n_lesions", "portal_invasion", "extrahepatic_spread"]
    ].last()
    before = dated[dated["exam_date"] <= dated["first_dose_date"]]
    before = before.sort_values(["patient_id", "exam_date", "source_row"])
    baseline = before.groupby("patient_id")["target_sum_mm"].last()
    between = dated[
        (dated["exam_date"] > dated["first_dose_date"])
        & (dated["exam_date"] <= dated["index_date"])
    ]
    smallest = between.groupby("patient_id")["target_sum_mm"].min()
    values = {
        name: _find_values(people, labs, name)
        for name in ("index_date", "first_dose_date")
    }
    at, was = values["index_date"], values["first_dose_date"]
    people = people.join(status).assign(
        age=(index - people["birth_date"]).dt.days / 365.25,
        albi=0.66 * np.log10(at["bilirubin_umol_l"]) - 0.085 * at["albumin_g_l"],
        afp_response=1 - at["afp_ng_ml"] / was["afp_ng_ml"] >= 0.5,
        depth=100 * (smallest - baseline) / baseline,
        calendar_year=index.dt.year + (index.dt.day_of_year - 1) / 365.25,
    )
    happened = {
        "os": people["death_date"],
        "pfs": people[["death_date", "progression_date"]].min(axis=1),
    }
    for name, event in happened.items():
        people[f"{name}_event"] = event.notna()
        until = event.fillna(people["last_contact_date"])
        people[f"{name}_days"] = (until - index).dt.days
    known = at["afp_ng_ml"].notna() & was["afp_ng_ml"].notna()
    asked = ["age", "ecog", "albi", "depth", "portal_invasion", "n_lesions"]
    return people[known.reindex(people.index, fill_value=False)].dropna(subset=asked)


def _find_values(people: pd.DataFrame, labs: pd.DataFrame, day: str) -> pd.DataFrame:
    dated = labs.join(people[[day]], on="patient_id", how="inner")
    wait = (dated[day] - dated["sample_date"]).dt.days
    near = dated[wait.between(0, BASELINE_DAYS)]
    near = near.sort_values(["patient_id", "sample_date", "source_row"])
    return near.groupby("patient_id")[
        ["bilirubin_umol_l", "albumin_g_l", "afp_ng_ml"]
    ].last()


SIDES = {"own": run_own, "peer": run_peer}


def measure(side: str, folder: Path) -> None:
    """Print the peak MiB, then the seconds of each job."""
    seconds = SIDES[side](folder)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(peak, *seconds.values())


def main() -> None:
    """Print a row a size."""
    print(
        "| patients | laboratory rows | criteria, s | derive, s | select, s "
        "| a million, s | pandas, s | ratio | MiB | pandas, MiB |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for size in map(int, sys.argv[1:] or SIZES):
        found = {}
        with tempfile.TemporaryDirectory() as name:
            invent(Path(name), size)
            for side in SIDES:
                command = [sys.executable, __file__, side, name]
                told = subprocess.run(
                    command, stdout=subprocess.PIPE, text=True, check=True
                )
                found[side] = [float(each) for each in told.stdout.split()]
            own = pl.read_parquet(Path(name) / "patients.select_cohort.parquet")
            peer = pl.read_parquet(Path(name) / "peer.parquet").sort("patient_id")
        assert own["patient_id"].equals(peer["patient_id"])
        for covariate in ("age", "albi", "depth", "os_days", "pfs_days"):
            apart = own[covariate] - peer[covariate]
            assert apart.abs().max() < 1e-9, covariate
        (memory, *seconds), (peer_memory, plain) = found.values()
        whole, told = sum(seconds), " | ".join(f"{each:.1f}" for each in seconds)
        print(
            f"| {size:,} | {N_LABS * size:,} | {told} "
            f"| {whole / size * 1e6:.0f} | {plain:.1f} | {whole / plain:.2f} "
            f"| {memory:,.0f} | {peer_memory:,.0f} |"
        )


if __name__ == "__main__":
    if sys.argv[1:] and sys.argv[1] in SIDES:
        measure(sys.argv[1], Path(sys.argv[2]))
    else:
        main()
