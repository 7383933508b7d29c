"""Write docs/truth.md from `performance.csv`: `python -m twoarm.truth FILE`."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from twoarm.tables.validation import Performance

PAGE = Path(__file__).parents[2] / "docs" / "truth.md"
HEAD = """# What each design finds where the truth is known

Made by `make truth` from `release/performance.csv` of the study `truth`. The first row
of a table counts the cohorts of each scenario.

Invented cohorts of each scenario are analysed by the designs of
`config/studies/truth.yaml`, end to end: arms, score, match or weights, effect. The
truth is what the same patients would have under both strategies, without loss:
surgery on its own day but by three months, if nothing comes before; and never. Of a
landmark design it is that of those free of progression then, from there on.
`docs/methods.md` says what the scenarios change, and reads these tables.

Bias is of the log hazard ratio, with its Monte Carlo error in brackets; below 0 it
flatters surgery. Coverage is the share of 95 % limits that hold the truth; under
`null` what is left are false findings. A dash: no one ratio is true. Monte Carlo
errors by Morris 2019, doi:10.1002/sim.8086.
"""
ENDPOINTS = {"os": "Overall survival", "pfs": "Progression-free survival"}
Cell = Callable[[Mapping[str, Any]], str]


def truth_page(performance: pl.DataFrame) -> str:
    """Lay out bias and coverage, a row a design and a column a scenario.

    Parameters
    ----------
    performance
        As the contract Performance.
    """
    ratios = performance.filter(measure="hazard_ratio")
    lines = [HEAD]
    for endpoint, label in ENDPOINTS.items():
        for size in ratios["n_patients"].unique().sort().to_list():
            rows = ratios.filter(endpoint=endpoint, n_patients=size)
            lines += _table(rows, f"{label}, {size} patients: bias", _bias)
            lines += _table(rows, f"{label}, {size} patients: coverage", _coverage)
    return "\n".join(lines).rstrip() + "\n"


def _table(rows: pl.DataFrame, title: str, cell: Cell) -> list[str]:
    found = {
        (row["design"], row["term"], row["scenario"]): row
        for row in rows.iter_rows(named=True)
    }
    names = rows.select("design", "term").unique().sort("design", "term").rows()
    scenarios = rows["scenario"].unique().sort().to_list()
    counts = [_cohorts(rows.filter(scenario=name)) for name in scenarios]
    lines = [f"## {title}", "", f"| design | {' | '.join(scenarios)} |"]
    lines += ["|---" * (len(scenarios) + 1) + "|"]
    lines += [f"| cohorts | {' | '.join(counts)} |"]
    for name in names:
        cells = [cell(found.get((*name, each), {})) for each in scenarios]
        lines.append(f"| {_label(*name)} | {' | '.join(cells)} |")
    return [*lines, ""]


def _cohorts(rows: pl.DataFrame) -> str:
    """Say how many cohorts there were, whether or not a design had an estimate."""
    return str(rows.select((pl.col("n_replicates") + pl.col("n_failed")).max()).item())


def _label(design: str, term: str) -> str:
    ends = {"treated_adjusted": ", with covariates", "treated_bootstrap": ", bootstrap"}
    return f"`{design}`{ends.get(term, '')}"


def _bias(row: Mapping[str, Any]) -> str:
    if row.get("bias") is None:
        return "-"
    error = row["bias_mcse"]
    return f"{row['bias']:+.2f}" + ("" if error is None else f" ({error:.2f})")


def _coverage(row: Mapping[str, Any]) -> str:
    if row.get("coverage") is None:
        return "-"
    return f"{100 * row['coverage']:.0f} %"


if __name__ == "__main__":
    PAGE.write_text(truth_page(Performance.read_csv(sys.argv[1])), encoding="utf-8")
