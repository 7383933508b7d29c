"""Raw exports to the report by size: `python benchmarks/million.py [PATIENTS ...]`.

The exports are those of the simulation, drawn 613 patients at a time with seeds of
their own, as text files (a workbook ends at 1,048,576 rows a sheet). The study is the
default one without resamples and twins, which cost what a replicate does, times their
number. Prints what each rule cost, as `logs/<study>/cost.csv` tells it, and the
exponent with which it grew from the size before.

`FOLDER` in the environment keeps the exports and results of each size.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from math import log
from pathlib import Path

import polars as pl
import yaml

from twoarm.simulation.exports import simulate_persons
from twoarm.simulation.model import FIVE
from twoarm.simulation.plain import TABLES, derive_codebook, write_plain

ROOT = Path(__file__).parents[1]
SIZES = (10_000, 100_000)
SCREENED = 613
SHOWN_SECONDS = 20
"""Rules that took less than this at the largest size are summed."""


def write_exports(folder: Path, n: int) -> None:
    """Write the export files of at least `n` patients."""
    folder.mkdir(parents=True)
    for block in range(-(-n // SCREENED)):
        tables = simulate_persons(block, "moderate").tables
        for table in TABLES:
            for centre in FIVE:
                own = (
                    tables[table]
                    .filter(centre=centre)
                    .with_columns(
                        # No record number twice, whatever the blocks drew.
                        patient_id=pl.format(
                            "{}{}", "patient_id", pl.lit(f"{block:04d}")
                        )
                    )
                )
                text = write_plain(own).write_csv(
                    include_header=block == 0, line_terminator="\r\n"
                )
                with (folder / f"{centre}_{table}.csv").open("ab") as file:
                    file.write(text.encode("gb18030"))


def write_study(folder: Path) -> None:
    """Write the default study and its codebooks for those files."""
    study = yaml.safe_load((ROOT / "config" / "config.yaml").read_text("utf-8"))
    study["source"] |= {"folder": "exports"}
    for centre in FIVE:
        book = yaml.safe_dump(derive_codebook(centre))
        (folder / f"{centre}.yaml").write_text(book, "utf-8")
        study["source"]["centres"][centre] = f"{centre}.yaml"
    study["study"] = "million"
    del study["simulation"]
    study["analysis"]["bootstrap"]["replicates"] = 0
    study["validation"]["twins"]["replicates"] = 0
    (folder / "study.yaml").write_text(yaml.safe_dump(study), "utf-8")


def run_study(folder: Path, n: int) -> pl.DataFrame:
    """Run the study on `n` patients; return what each rule cost."""
    if not (folder / "exports").exists():
        write_exports(folder / "part", n)
        (folder / "part").rename(folder / "exports")
    write_study(folder)
    for name in ("Snakefile", "workflow", "profiles"):
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(ROOT / name)
    config = ["--configfile", "study.yaml"]
    command = [sys.executable, "-m", "snakemake", "--cores", "2", *config]
    # Of invented patients; a hospital's is drawn, and kept out of the project.
    key = {"TWOARM_KEY": "a key of invented patients, for a benchmark"}
    subprocess.run(command, cwd=folder, check=True, env=os.environ | key)
    return pl.read_csv(folder / "logs" / "million" / "cost.csv")


def lines_of(costs: dict[int, pl.DataFrame]) -> Iterator[str]:
    """Yield the rows of the table: each rule's seconds, memory, and growth."""
    *_, last = costs
    for rule in costs[last].filter(pl.col("cpu_seconds") >= SHOWN_SECONDS)["rule"]:
        cells = [f"`{rule}`"]
        before: tuple[int, float] | None = None
        for n, table in costs.items():
            (row,) = table.filter(rule=rule).to_dicts()
            seconds = row["cpu_seconds"]
            cells += [f"{seconds:.0f}", f"{row['peak_mib']:,.0f}"]
            if before:
                cells += [f"{log(seconds / before[1]) / log(n / before[0]):.1f}"]
            before = n, seconds
        yield f"| {' | '.join(cells)} |"


def main() -> None:
    """Print the table."""
    sizes = [int(each) for each in sys.argv[1:]] or SIZES
    with tempfile.TemporaryDirectory() as name:
        base = Path(os.environ.get("FOLDER", name))
        costs = {n: run_study(base / str(n), n) for n in sizes}
    heads = [f" {n:,}: CPU, s | MiB |" for n in sizes]
    print("| rule |" + " growth |".join(heads))
    print("|---" * (3 * len(sizes)) + "|")
    print("\n".join(lines_of(costs)))


if __name__ == "__main__":
    main()
