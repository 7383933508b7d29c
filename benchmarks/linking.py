"""Records of several centres to those of persons, against the same in pandas.

`python benchmarks/linking.py [records]`. One record in ten is of a person who has one
at another centre, by the national id; each has ten laboratory rows, one of them told
twice. Ours also looks for persons by name, for pairs to review, for dates out of order,
for conflicts and for samples told in fewer decimals, and accounts for each row. The
peer maps ids, takes the first value of each field, and drops rows that are equal. Each
side has a process of its own.
"""

import datetime as dt
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl

from twoarm.dictionary import EXPORTS
from twoarm.harmonisation.fields import nothing_made
from twoarm.harmonisation.persons import link_records
from twoarm.harmonisation.reviews import read_answers
from twoarm.tables.harmonisation import Cells, Ledger

SIZE = 100_000
SAMPLES = 10
START = dt.date(2020, 1, 1)


def invent(folder: Path, size: int) -> None:
    """Write the harmonised tables of two centres."""
    rng = np.random.default_rng(size)
    who = np.arange(size)
    second = who >= size - size // 10
    person = np.where(second, who - (size - size // 10), who)
    born = np.datetime64(START) - rng.integers(9_000, 30_000, size)
    patients = pl.DataFrame(
        {
            "source_file": np.where(second, "b/p.csv", "a/p.csv"),
            "source_row": who + 2,
            "patient_id": [f"{'b' if s else 'a'}:{k}" for k, s in enumerate(second)],
            "national_id": [f"{k}" for k in person],
            "sex": np.where(person % 3 == 0, "female", "male"),
            "birth_date": pl.Series(born[person]),
            "first_dose_date": [START + dt.timedelta(int(k)) for k in second],
        }
    )
    place = ["source_file", "source_row", "patient_id"]
    seen = patients.select(place, last_contact_date=pl.lit(START) + dt.timedelta(900))
    many = patients.select(place[0], place[2]).join(
        pl.DataFrame(
            {"sample_date": [START + dt.timedelta(k) for k in range(SAMPLES)]}
        ),
        how="cross",
    )
    labs = many.with_columns(
        afp_ng_ml=pl.Series(rng.lognormal(5, 2, many.height)).round(2),
        sample_date=pl.when(pl.col("sample_date") == START + dt.timedelta(9))
        .then(START + dt.timedelta(8))
        .otherwise("sample_date"),
    )
    moved = pl.col("patient_id").str.starts_with("b")
    later = pl.duration(days=pl.when(moved).then(30).otherwise(0))
    labs = labs.with_columns(pl.col("sample_date") + later)
    of_one_day = ["patient_id", "sample_date"]
    labs = labs.with_columns(pl.col("afp_ng_ml").first().over(of_one_day))
    labs = labs.with_row_index("source_row", 2).cast({"source_row": pl.Int64})
    given = {"patients": patients, "follow_ups": seen, "labs": labs}
    for table in EXPORTS:
        empty = nothing_made(table).with_columns(centre=pl.lit("a"))
        own = given.get(table, empty)
        kinds = {name: empty.schema[name] for name in own.columns}
        rows = pl.concat([empty, own.cast(kinds)], how="diagonal")
        rows.write_parquet(folder / f"{table}.parquet")


def run_own(folder: Path) -> tuple[int, int]:
    """Link as the rule does; persons and laboratory rows that are left."""
    tables = {table: pl.scan_parquet(folder / f"{table}.parquet") for table in EXPORTS}
    known = (Ledger.of([]), Cells.of([]), read_answers([]))
    n_left = {}

    def write(table: str, rows: pl.DataFrame) -> None:
        rows.write_parquet(folder / f"own_{table}.parquet")
        n_left[table] = rows.height

    link_records(tables, *known, data_cut=None, reasons={}, hand_on=write)
    return n_left["patients"], n_left["labs"]


def run_peer(folder: Path) -> tuple[int, int]:
    """Link by national ids alone, and account for nothing."""
    patients = pd.read_parquet(folder / "patients.parquet")
    labs = pd.read_parquet(folder / "labs.parquet")
    ordered = patients.sort_values("first_dose_date", kind="stable")
    first = ordered.groupby("national_id")["patient_id"].transform("first")
    person = dict(zip(ordered["patient_id"], first, strict=True))
    ordered["patient_id"] = ordered["patient_id"].map(person)
    single = ordered.groupby("patient_id", as_index=False).first()
    labs["patient_id"] = labs["patient_id"].map(person)
    place = ["source_file", "source_row", "centre"]
    told = [name for name in labs.columns if name not in place]
    kept = labs.drop_duplicates(told)
    single.to_parquet(folder / "peer_patients.parquet")
    kept.to_parquet(folder / "peer_labs.parquet")
    return len(single), len(kept)


def spend(folder: Path, side: str) -> None:
    """Print MiB at most, seconds, and what is left."""
    start, cpu = time.perf_counter(), time.process_time()
    left = (run_own if side == "own" else run_peer)(folder)
    seconds = time.perf_counter() - start, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(peak, *seconds, *left)


def main(size: int) -> None:
    """Print one row: ours, the peer, and their ratio."""
    found = []
    with tempfile.TemporaryDirectory() as name:
        invent(Path(name), size)
        for side in ("own", "peer"):
            told = subprocess.run(
                [sys.executable, __file__, name, side],
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            )
            found.append([float(each) for each in told.stdout.split()])
    own, peer = found
    assert own[3:] == peer[3:], f"the sides do not agree: {own[3:]}, {peer[3:]}"
    print(
        "| records | lab rows | s | CPU, s | MiB | pandas, s | CPU, s | MiB | ratio |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    print(
        f"| {size:,} | {size * SAMPLES:,} | {own[1]:.2f} | {own[2]:.2f} "
        f"| {own[0]:,.0f} "
        f"| {peer[1]:.2f} | {peer[2]:.2f} | {peer[0]:,.0f} | {own[2] / peer[2]:.2f} |"
    )


if __name__ == "__main__":
    if len(sys.argv) > 2:
        spend(Path(sys.argv[1]), sys.argv[2])
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else SIZE)
