"""Laboratory rows of mixed units and comparators, from GB18030 CSV to Parquet.

`python benchmarks/harmonising.py [rows]`. A row tells one item, with its value and its
unit. Ours reads the file, brings each value to the dictionary's unit, flags what was
done, accounts for each cell, and writes records and cells. The peer does in pandas what
a careful analyst does by hand: takes comparators and units apart and multiplies; it
flags and accounts for nothing. Each side has a process of its own. More than a million
rows are a million repeated, for ours alone.
"""

import math
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl

from twoarm.config.cohort import WITHHELD
from twoarm.dictionary import EXPORTS
from twoarm.fieldmaps import fields_of_part
from twoarm.harmonisation.centre import harmonise_table_files
from twoarm.ingestion.files import read_in_pieces
from twoarm.ingestion.parts import label_parts
from twoarm.ingestion.reading import Passing
from twoarm.tables.ingestion import Faults, Files
from twoarm.tables.pieces import add_pieces, read_pieces, write_pieces
from twoarm.units import FACTORS

SIZE = 1_000_000
ITEMS = {
    "总胆红素": ("bilirubin_umol_l", ["umol/L", "mg/dL"]),
    "白蛋白": ("albumin_g_l", ["g/L", "g/dL"]),
    "甲胎蛋白": ("afp_ng_ml", ["ng/mL", "kU/L"]),
    "血小板": ("platelets_10_9_l", ["10^9/L", "/uL"]),
    "肌酐": ("creatinine_umol_l", ["umol/L", "mg/dL"]),
}
USUAL = {"总胆红素": 15, "白蛋白": 38, "甲胎蛋白": 150, "血小板": 160, "肌酐": 75}


def invent(file: Path, size: int) -> None:
    """Write rows as a laboratory system exports them, one value in fifty a limit."""
    rng = np.random.default_rng(size)
    item = rng.choice(list(ITEMS), size)
    units = {name: pair for name, (_, pair) in ITEMS.items()}
    which = rng.integers(0, 2, size)
    unit = np.array([units[name][k] for name, k in zip(item, which, strict=True)])
    factor = {n: FACTORS[f] for n, (f, _) in ITEMS.items()}
    usual = np.array([USUAL[n] / factor[n][u] for n, u in zip(item, unit, strict=True)])
    value = usual * rng.lognormal(0, 0.08, size)
    text = np.array([f"{each:.4g}" for each in value])
    sign = rng.choice(["", "＜", ">"], size, p=[0.98, 0.01, 0.01])
    days = pd.date_range("2015", "2024").strftime("%Y年%-m月%-d日")
    rows = {
        "病案号": [f"{each:07d}" for each in rng.integers(0, size // 20, size)],
        "采样日期": rng.choice(days, size),
        "检验项目": item,
        "结果": np.char.add(sign, text),
        "单位": unit,
    }
    pd.DataFrame(rows).to_csv(file, index=False, encoding="gb18030")


def repeat(file: Path, times: int) -> None:
    """Write the rows of a file again and again behind its header."""
    head, body = file.read_bytes().split(b"\n", 1)
    with file.open("wb") as longer:
        longer.write(head + b"\n")
        for _ in range(times):
            longer.write(body)


def run_own(file: Path, folder: Path) -> None:
    """Read, write, harmonise, and write records and cells, as the rules do."""
    rows = Passing(
        {"file": "labs.csv", "table": "labs", "part": 1}, read_in_pieces(file)
    )
    write_pieces(label_parts([rows]), folder / "rows.parquet")
    mapped = {"unit": None, "factor": None, "codes": {}, "missing": None}
    mapped |= {"date_order": None, "items": []}
    fields = {
        "patient_id": mapped | {"column": "病案号"},
        "sample_date": mapped | {"column": "采样日期"},
    }
    for name, (field, _) in ITEMS.items():
        fields[field] = mapped | {"column": None, "items": [name]}
    part = {"fields": fields, "date_formats": [], "date_order": None, "decimal": None}
    part["items"] = {"column": "检验项目", "value": "结果", "unit": "单位"}
    form = {
        "repeats": [[asdict(each) for each in fields_of_part("labs", part)]],
        "missing": [""],
        "withhold": list(WITHHELD),
        "only_with": None,
        "prefix": "a:",
        "reasons": {},
    }
    files, stacked = Files.of([rows.account]), read_pieces(folder / "rows.parquet")
    with (
        add_pieces(folder / "records.parquet") as add_records,
        add_pieces(folder / "cells.parquet") as add_cells,
    ):
        given = ([form], files, Faults.of(rows.faults), "labs")
        for piece in harmonise_table_files(stacked, *given):
            add_records(piece.records)
            add_cells(piece.cells)


def run_peer(file: Path, folder: Path) -> None:
    """Do the same by hand in pandas, without flags and accounts."""
    rows = pd.read_csv(file, dtype=str, encoding="gb18030")
    text = rows["结果"].str.replace("＜", "<")
    sign = text.str.extract("^([<>])", expand=False)
    value = pd.to_numeric(text.str.lstrip("<>"), errors="coerce")
    factors = pd.Series(
        {(n, u): FACTORS[f][u] for n, (f, pair) in ITEMS.items() for u in pair}
    )
    keys = pd.MultiIndex.from_frame(rows[["检验项目", "单位"]])
    value = value * factors.reindex(keys).to_numpy()
    value = value.where(sign != "<", value / np.sqrt(2))
    day = pd.to_datetime(rows["采样日期"], format="%Y年%m月%d日")
    made = pd.DataFrame({"patient_id": "a:" + rows["病案号"], "sample_date": day})
    for name, (field, _) in ITEMS.items():
        made[field] = value.where(rows["检验项目"] == name)
    made.to_parquet(folder / "peer.parquet")


def spend(file: Path, side: str) -> None:
    """Print MiB at most, and seconds."""
    start, cpu = time.perf_counter(), time.process_time()
    (run_own if side == "own" else run_peer)(file, file.parent)
    seconds = time.perf_counter() - start, time.process_time() - cpu
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, *seconds)


def compare(folder: Path) -> None:
    """Hold both sides to the same values, row by row."""
    own = pl.read_parquet(folder / "records.parquet")
    peer = pl.read_parquet(folder / "peer.parquet")
    for field, _ in ITEMS.values():
        ours, theirs = own[field], peer[field].fill_nan(None)
        assert ours.is_null().equals(theirs.is_null()), field
        assert ((ours - theirs).abs() <= 1e-9 * theirs).all(), field
    known = {field.name for field in EXPORTS["labs"]}
    assert {field for field, _ in ITEMS.values()} <= known
    cells = pl.scan_parquet(folder / "cells.parquet").select(pl.len()).collect().item()
    assert cells == 3 * own.height, "a cell is lost"


def main(size: int) -> None:
    """Print one row: ours, the peer, and their ratio."""
    found = []
    with tempfile.TemporaryDirectory() as name:
        file = Path(name, "labs.csv")
        invent(file, min(size, SIZE))
        repeat(file, max(1, size // SIZE))
        for side in ("own", "peer") if size <= SIZE else ("own",):
            told = subprocess.run(
                [sys.executable, __file__, str(file), side],
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            )
            found.append([float(each) for each in told.stdout.split()])
        if len(found) == 2:
            compare(Path(name))
    own, peer = found[0], (found[1:] or [[math.nan] * 3])[0]
    print("| rows | s | CPU, s | rows/s | MiB | pandas, s | CPU, s | MiB | ratio |")
    print("|---|---|---|---|---|---|---|---|---|")
    print(
        f"| {size:,} | {own[1]:.2f} | {own[2]:.2f} | {size / own[1]:,.0f} "
        f"| {own[0]:,.0f} | {peer[1]:.2f} | {peer[2]:.2f} | {peer[0]:,.0f} "
        f"| {own[2] / peer[2]:.2f} |"
    )


if __name__ == "__main__":
    if len(sys.argv) > 2:
        spend(Path(sys.argv[1]), sys.argv[2])
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else SIZE)
