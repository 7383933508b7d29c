"""A table of one row a patient to the analysis table: `python benchmarks/table.py`.

Text of 20 covariates, half of them codes, one cell in a hundred absent; from the rows
as read to `patients.parquet`. The peer is the same with pandas, without contracts,
faults or attrition. Each size and side has a process of its own.
"""

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
from cohort import load

from twoarm.config.plan import Plan, plan_study
from twoarm.tables.ingestion import Faults, Files

SIZES = (100_000, 300_000, 1_000_000)
WIDTH = 20
NAMES = [f"x{place}" for place in range(WIDTH)]
STUDY = {
    "study": "wide",
    "title": "A wide table",
    "question": "How long does it take?",
    "source": {"kind": "table", "path": "wide.csv"},
    "patient_id": "id",
    "treatment": {"column": "arm", "treated": [1], "control": [0]},
    "covariates": {
        name: {"kind": "categorical" if place % 2 else "continuous"}
        for place, name in enumerate(NAMES)
    },
    "endpoints": {"os": {"time": "time", "event": "dead"}},
    "cohort": {
        "eligibility": [
            {"name": "low", "reason": "Too low", "column": "x0", "at_least": -2.5}
        ]
    },
    "analysis": {"horizons_months": [12], "rmst_months": 12},
}


def invent(folder: Path, size: int) -> None:
    """Write rows of text, as ingestion does."""
    rng = np.random.default_rng(size)
    columns = {
        "id": np.arange(size),
        "arm": (rng.random(size) < 1 / 3).astype(int),
        "time": rng.integers(1, 3_000, size),
        "dead": (rng.random(size) < 0.4).astype(int),
    }
    for place, name in enumerate(NAMES):
        codes, values = rng.integers(0, 4, size), rng.normal(size=size).round(3)
        columns[name] = codes if place % 2 else values
    rows = pl.DataFrame(columns).cast(pl.String)
    known = {name: pl.Series(rng.random(size) < 0.99) for name in NAMES}
    rows.with_columns(
        pl.when(known[name]).then(name).otherwise(pl.lit("")).alias(name)
        for name in NAMES
    ).with_columns(source_row=pl.int_range(2, size + 2)).write_parquet(
        folder / "rows.parquet"
    )
    file = {"table": "records", "file": "wide.csv", "n_read": size}
    Files.write(Files.of([file]), folder / "files.parquet")
    Faults.write(Faults.of([]), folder / "unread.parquet")
    (folder / "wide.csv").write_text(",".join(columns))


def run_own(folder: Path) -> list[float]:
    """Run the jobs of harmonisation and cohort; their seconds."""
    plan = plan_study(STUDY, folder)
    seconds = []

    def run(script: str, **given: Any) -> None:
        start = time.perf_counter()
        load(script).main(**given)
        seconds.append(time.perf_counter() - start)

    def place(*names: str) -> dict[str, Path]:
        return {name: folder / f"{name}.parquet" for name in names}

    form = {"table": "records", **plan.centres["source"][0].making}
    run(
        "harmonisation/harmonise_centre",
        rows=[folder / "rows.parquet"],
        records=[folder / "records.parquet"],
        **place("files", "unread", "faults", "quarantine", "aside", "ledger"),
        centre="source",
        formats=[form],
    )
    run(
        "cohort/derive_table",
        **place("records", "candidates"),
        attrition=folder / "before.parquet",
        quarantines=[folder / "quarantine.parquet"],
        eligibility=plan.config["cohort"]["eligibility"],
        endpoints=list(plan.config["endpoints"]),
    )
    run(
        "cohort/select_cohort",
        **place("candidates", "before", "patients", "attrition"),
        faults=[folder / "faults.parquet"],
        quarantines=[folder / "quarantine.parquet"],
        quarantine=folder / "out.parquet",
        **params_of_selection(plan),
    )
    return seconds


def params_of_selection(plan: Plan) -> dict[str, Any]:
    """Name the params of the rule `select_cohort`."""
    return {
        "eligibility": plan.asked_at_zero,
        "enrolled": plan.enrolled,
        "covariates": plan.config["covariates"],
        "endpoints": list(plan.config["endpoints"]),
        "reasons": plan.reasons,
        "cohort_checks": plan.cohort_checks,
        "columns": plan.columns,
        "optional": plan.optional,
        "zero_days": plan.config["cohort"]["zero_days"],
    }


def run_peer(folder: Path) -> list[float]:
    """Bring the text to its types with pandas, and drop who is not complete."""
    start = time.perf_counter()
    rows = pd.read_parquet(folder / "rows.parquet").replace("", None)
    for name in ("time", *NAMES[::2]):
        rows[name] = pd.to_numeric(rows[name])
    for name in NAMES[1::2]:
        rows[name] = rows[name].astype("category")
    rows["treated"], rows["event"] = rows["arm"] == "1", rows["dead"] == "1"
    kept = rows[(rows["x0"] >= -2.5) & (rows["time"] > 0)].dropna(subset=NAMES)
    kept.sort_values("id").to_parquet(folder / "peer.parquet")
    return [time.perf_counter() - start]


SIDES = {"own": run_own, "peer": run_peer}


def main() -> None:
    """Print a row a size."""
    print(
        "| patients | harmonise, s | derive, s | select, s | pandas, s | ratio "
        "| MiB | pandas, MiB |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for size in map(int, sys.argv[1:] or SIZES):
        found = {}
        with tempfile.TemporaryDirectory() as name:
            subprocess.run([sys.executable, __file__, name, str(size)], check=True)
            for side in SIDES:
                command = [sys.executable, __file__, name, side]
                told = subprocess.run(
                    command, stdout=subprocess.PIPE, text=True, check=True
                )
                found[side] = [float(each) for each in told.stdout.split()]
            own = pl.read_parquet(Path(name) / "patients.parquet", columns=["x0"])
            peer = pl.read_parquet(Path(name) / "peer.parquet", columns=["x0"])
        assert own.equals(peer)
        (memory, *seconds), (peer_memory, plain) = found.values()
        told = " | ".join(f"{each:.2f}" for each in seconds)
        print(
            f"| {size:,} | {told} | {plain:.2f} | {sum(seconds) / plain:.2f} "
            f"| {memory:,.0f} | {peer_memory:,.0f} |"
        )


if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1].isdigit():
        main()
    elif sys.argv[2] in SIDES:
        spent = SIDES[sys.argv[2]](Path(sys.argv[1]))
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, *spent)
    else:
        invent(Path(sys.argv[1]), int(sys.argv[2]))
