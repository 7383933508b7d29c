"""What each rule of a run cost: time and memory, as measured when its jobs last ran.

Snakemake measures each job (`benchmark:`), but looks at memory only each half second,
and after 15 s each half minute: what a quick job held, or a slow one for a moment, it
does not see. So a job also logs what the kernel saw of it (`twoarm.runner`), and of the
two the greater counts.
"""

import csv
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl

from twoarm.tables.contract import write_csv, write_text
from twoarm.tables.costs import Costs

TOLD = re.compile(r"done in [\d.]+ s, ([\d.]+) s of CPU, at most (\d+) MiB")
HEAD = """# What each rule cost

Seconds and memory of the jobs when they last ran; `earlier` counts those kept from an
earlier run. Wall time counts the start of each job, CPU time all its processes; peak is
the most that one job held. Shares are of the wall time of all jobs.

| stage | rule | jobs | earlier | wall, s | longest, s | CPU, s | peak, MiB | share |
|---|---|---:|---:|---:|---:|---:|---:|---:|
"""


def write_costs(jobs: Mapping[str, bool], folder: Path | str) -> None:
    """Write `cost.csv`, as the contract Costs, and `cost.md` into a folder.

    Parameters
    ----------
    jobs
        Benchmark file of each job, `<stage>/<rule>[.<wildcard>...].tsv` beside its log;
        True if the job was done in this run.
    folder
        Where to write.
    """
    Path(folder).mkdir(parents=True, exist_ok=True)
    costs = summarise_costs(pl.DataFrame(_measures(jobs), schema=MEASURES))
    write_csv(costs, Path(folder) / "cost.csv")
    write_text(render_costs(costs), Path(folder) / "cost.md")


MEASURES = {
    "stage": pl.String,
    "rule": pl.String,
    "fresh": pl.Boolean,
    "wall": pl.Float64,
    "cpu": pl.Float64,
    "peak": pl.Float64,
}
"""Columns of the measures of single jobs: seconds and MiB."""


def summarise_costs(measures: pl.DataFrame) -> pl.DataFrame:
    """Sum the measures of jobs by rule, the costliest first.

    Parameters
    ----------
    measures
        One row a job: `stage`, `rule`, `fresh` (True: done in this run), `wall` and
        `cpu` in seconds, `peak` in MiB; null where not measured.

    Returns
    -------
    pl.DataFrame
        As the contract Costs.
    """
    known = pl.col("wall").is_not_null()
    sums = measures.group_by("stage", "rule").agg(
        n_jobs=pl.len().cast(pl.Int64),
        n_earlier=(~pl.col("fresh") & known).sum().cast(pl.Int64),
        n_unmeasured=(~known).sum().cast(pl.Int64),
        # The sum of nothing is not known, rather than 0.
        wall_seconds=pl.when(known.any()).then(pl.col("wall").sum()),
        longest_seconds=pl.col("wall").max(),
        cpu_seconds=pl.when(pl.col("cpu").is_not_null().any()).then(
            pl.col("cpu").sum()
        ),
        peak_mib=pl.col("peak").max(),
    )
    total = sums["wall_seconds"].sum()
    share = pl.col("wall_seconds") / total if total else pl.lit(None, pl.Float64)
    return Costs.check(
        sums.with_columns(share=share).sort(
            "wall_seconds",
            "stage",
            "rule",
            descending=[True, False, False],
            nulls_last=True,
        )
    )


def render_costs(costs: pl.DataFrame) -> str:
    """Lay the costs out as a table of Markdown, with their total.

    Parameters
    ----------
    costs
        As the contract Costs.
    """
    total = costs.select(
        pl.lit("**all**").alias("stage"),
        pl.lit("").alias("rule"),
        pl.col("n_jobs", "n_earlier", "n_unmeasured", "wall_seconds").sum(),
        pl.col("longest_seconds").max(),
        pl.col("cpu_seconds").sum(),
        pl.col("peak_mib").max(),
        pl.lit(None, pl.Float64).alias("share"),
    )
    rows = pl.concat([costs, total]).iter_rows(named=True)
    lines = [
        f"| {row['stage']} | {row['rule']} | {row['n_jobs']} | {row['n_earlier']} "
        f"| {_number(row['wall_seconds'], 1)} | {_number(row['longest_seconds'], 1)} "
        f"| {_number(row['cpu_seconds'], 1)} | {_number(row['peak_mib'], 0)} "
        f"| {_number(row['share'], 3)} |"
        for row in rows
    ]
    if lost := costs["n_unmeasured"].sum():
        lines += ["", f"Nothing is known of {lost} jobs of an earlier run."]
    return HEAD + "\n".join(lines) + "\n"


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def _measures(jobs: Mapping[str, bool]) -> Iterator[dict[str, object]]:
    """Yield what is known of each job."""
    for name, fresh in jobs.items():
        file = Path(name)
        sampled = _sampled(file)
        cpu, peak = _told(file.with_suffix(".log"))
        yield {
            "stage": file.parent.name,
            "rule": file.name.split(".")[0],
            "fresh": fresh,
            "wall": sampled.get("s"),
            "cpu": _greater(cpu, sampled.get("cpu_time")),
            "peak": _greater(peak, sampled.get("max_rss")),
        }


def _sampled(file: Path) -> dict[str, float]:
    """Read the numbers of a benchmark file; a missing or broken one has none."""
    if not file.exists():
        return {}
    with file.open(encoding="utf-8", newline="") as lines:
        row = next(csv.DictReader(lines, delimiter="\t"), {})
    number = re.compile(r"\d+(\.\d+)?")
    return {
        key: float(cell) for key, cell in row.items() if number.fullmatch(cell or "")
    }


def _told(log: Path) -> tuple[float | None, float | None]:
    """Read CPU seconds and peak memory in MiB off a job's log."""
    found = TOLD.search(log.read_text(encoding="utf-8")) if log.exists() else None
    return (float(found[1]), float(found[2])) if found else (None, None)


def _greater(one: float | None, other: float | None) -> float | None:
    return max((each for each in (one, other) if each is not None), default=None)
