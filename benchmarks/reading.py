"""Laboratory rows as GB18030 CSV, read as text: `python benchmarks/reading.py`.

Plain cells; all cells quoted, some with a line break; inches in cells without quotes;
and a lone quote among quoted cells at the top, from which on only the strict and slow
way is sure of the rows. The peer is `pandas.read_csv` on text, which checks no short
rows. Each side has a process of its own.
"""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from twoarm.ingestion.files import read_in_pieces

SIZE = 1_000_000
TESTS = ["总胆红素", "白蛋白", "甲胎蛋白", "血小板", "异常凝血酶原"]
UNITS = ["μmol/L", "g/L", "ng/mL", "10^9/L", "mAU/mL"]
FORMS = ("plain", "quoted", "inches", "odd")


def invent(file: Path, size: int, form: str) -> None:
    """Write rows as a laboratory system exports them."""
    rng = np.random.default_rng(size)
    rows = pd.DataFrame(
        {
            "病案号": [f"{each:07d}" for each in rng.integers(0, size // 20, size)],
            "采样日期": rng.choice(
                pd.date_range("2015", "2024").strftime("%Y/%m/%d"), size
            ),
            "检验项目": rng.choice(TESTS, size),
            "结果": rng.lognormal(3, 1, size).round(2).astype(str),
            "单位": rng.choice(UNITS, size),
            "备注": rng.choice(["", "溶血", ">60500", "＜0.2"], size),
        }
    )
    if form == "quoted":
        rows.loc[::1000, "备注"] = "标本溶血\n已复查"
    if form == "inches":
        rows.loc[::1000, "备注"] = '6" 管'
    quoting = {"quoted": 1, "inches": 3}.get(form, 0)
    rows.to_csv(file, index=False, encoding="gb18030", quoting=quoting)
    if form == "odd":
        head, rest = file.read_bytes().split(b"\n", 1)
        first = '1,2020/01/01,"白蛋白",1.5,g/L,6" 管\n'.encode("gb18030")
        file.write_bytes(b"\n".join([head, first + rest]))


def run_peer(file: Path) -> pd.DataFrame:
    """Read text, an empty cell as no value."""
    return pd.read_csv(file, dtype=str, encoding="gb18030", na_values=[""])


def run_own(file: Path) -> Iterator[pd.DataFrame]:
    """Read the same, and hold a piece at a time."""
    for piece in read_in_pieces(file):
        yield piece.rows.drop("source_row").to_pandas()


def spend(file: Path, side: str) -> None:
    """Print MiB at most, seconds, and a sum of what was read."""
    start, cpu = time.perf_counter(), time.process_time()
    if side == "own":
        rows = sum(piece.rows.height for piece in read_in_pieces(file))
    else:
        frame = run_peer(file)
        rows = len(frame)
    seconds = time.perf_counter() - start, time.process_time() - cpu
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    total = rows
    for piece in run_own(file) if side == "own" else [frame]:
        text = piece.fillna("").astype(str)
        total += int(pd.util.hash_pandas_object(text, index=False).sum())
        total %= 2**64
    print(memory, *seconds, total)


def main(size: int) -> None:
    """Print a row a form."""
    print("| form | s | CPU, s | rows/s | MiB | pandas, s | CPU, s | MiB | ratio |")
    print("|---|---|---|---|---|---|---|---|---|")
    for form in FORMS:
        found = []
        with tempfile.TemporaryDirectory() as name:
            file = str(Path(name, "labs.csv"))
            subprocess.run(
                [sys.executable, __file__, file, str(size), form], check=True
            )
            for side in ("own", "peer"):
                told = subprocess.run(
                    [sys.executable, __file__, file, side],
                    stdout=subprocess.PIPE,
                    text=True,
                    check=True,
                )
                found.append(told.stdout.split())
        (own, peer) = ([float(each) for each in side[:3]] for side in found)
        assert found[0][3] == found[1][3], "not the same cells"
        print(
            f"| {form} | {own[1]:.2f} | {own[2]:.2f} | {size / own[1]:,.0f} "
            f"| {own[0]:,.0f} | {peer[1]:.2f} | {peer[2]:.2f} | {peer[0]:,.0f} "
            f"| {own[1] / peer[1]:.2f} |"
        )


if __name__ == "__main__":
    if len(sys.argv) < 3:
        main(int(sys.argv[1]) if sys.argv[1:] else SIZE)
    elif sys.argv[2] in ("own", "peer"):
        spend(Path(sys.argv[1]), sys.argv[2])
    else:
        invent(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
