"""Write docs/calibration.md from a CSV: `python -m twoarm.calibration FILE`."""

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from twoarm.tables.validation import Performance

PAGE = Path(__file__).parents[2] / "docs" / "calibration.md"
HEAD = """# Whether estimates come to the truth and limits hold it

Made by `make calibration` from `release/performance.csv` of the study `calibration`.

Invented cohorts with proportional hazards and a known hazard ratio are analysed by the
designs and estimators of `config/studies/calibration.yaml`, end to end: arms, score,
match or weights, effect. `docs/methods.md` says how they are drawn and what the truth
is, and reads these tables.

Cohorts are those with an estimate. Bias is the mean of the estimates less the truth,
its Monte Carlo error in brackets; of ratios it is that of the logarithm, of restricted
means and medians it is in months. Error is the root mean square of the standard errors
over the spread of the estimates: 1 where they say what they should. Holds is the share
of 95 % limits that hold the truth, in percent, with its Monte Carlo error; without an
effect the rest are false findings. Of a test it is told in how many of 100 cohorts it
rejects at 5 %. Bold: off by more than three Monte Carlo errors. A dash: there is none,
or no one number is true. Monte Carlo errors by Morris 2019, doi:10.1002/sim.8086.
"""
SCENARIOS = {
    "ph_null": "No effect, treatment by a coin",
    "ph_half": "Hazard halved, treatment by a coin",
    "ph_null_confounded": "No effect, treatment by the covariates",
    "ph_half_confounded": "Hazard halved, treatment by the covariates",
}
Row = Mapping[str, Any]
Cells = dict[str, Callable[[Row], str]]
KINDS = ("model", "empirical")
LEVEL, FAR = 0.95, 3.0
"""Level of the limits, and Monte Carlo errors from which on a number is bold."""


def calibration_page(performance: pl.DataFrame) -> str:
    """Lay out the performance, a row an estimator and columns for each size.

    Parameters
    ----------
    performance
        As the contract Performance.
    """
    estimates: Cells = {
        "cohorts": _cohorts,
        "bias": _bias,
        "error": _error,
        "holds": _holds,
    }
    tests: Cells = {"cohorts": _cohorts, "rejects": _rejects}
    groups: dict[str, tuple[list[str], Cells]] = {
        "hazard ratios": (["hazard_ratio"], estimates),
        "differences of survival": (["survival_difference"], estimates),
        "restricted means": (["rmst_difference", "rmst_ratio"], estimates),
        "the arms": (["survival", "rmst", "median"], estimates),
        "tests": (["logrank", "proportional_hazards"], tests),
    }
    lines = [HEAD]
    for scenario, label in SCENARIOS.items():
        for words, (measures, cells) in groups.items():
            chosen = pl.col("measure").is_in(measures)
            rows = performance.filter(chosen, scenario=scenario)
            if rows.height:
                lines += [f"## {label}: {words}", "", *_table(rows, cells), ""]
                lines += [*_failures(rows)]
    return "\n".join(lines).rstrip() + "\n"


def _table(rows: pl.DataFrame, cells: Cells) -> Iterator[str]:
    sizes = rows["n_patients"].unique().sort().to_list()
    heads = [f"{name}, {size}" for size in sizes for name in cells]
    yield f"| estimator | {' | '.join(heads)} |"
    yield "|---" * (len(heads) + 1) + "|"
    key = ["measure", "design", "term", "months"]
    for place, each in rows.group_by(key, maintain_order=True):
        found = {row["n_patients"]: row for row in each.iter_rows(named=True)}
        shown = [cell(found.get(n, {})) for n in sizes for cell in cells.values()]
        if any(cell != "-" and not cell.isdigit() for cell in shown):
            yield f"| {_label(*place)} | {' | '.join(shown)} |"


def _label(measure: Any, design: Any, term: Any, months: Any) -> str:
    """Name an estimator: the design, and what is different from the first answer."""
    words = [f"`{design}`"]
    words += {
        "rmst_ratio": ["ratio"],
        "rmst": ["restricted mean"],
        "proportional_hazards": ["proportional hazards"],
    }.get(measure, [measure] if measure in ("survival", "median") else [])
    own = str(term).removeprefix("treated").lstrip("_:").replace("_", " ").strip()
    words += [own] if own else []
    words += [f"{months:g} months"] if months is not None and measure != "rmst" else []
    return ", ".join(words)


def _failures(rows: pl.DataFrame) -> Iterator[str]:
    """Tell how many cohorts had no estimate, and why."""
    failed = rows.filter(pl.col("n_failed") > 0)
    told = [
        f"{_label(*(row[name] for name in ('measure', 'design', 'term', 'months')))}, "
        f"{row['n_patients']} patients: {row['n_failed']} ({row['reason']})"
        for row in failed.iter_rows(named=True)
    ]
    if told:
        yield from (f"Cohorts without an estimate: {'; '.join(told)}.", "")


def _cohorts(row: Row) -> str:
    return str(row.get("n_replicates", "-"))


def _bias(row: Row) -> str:
    if row.get("bias") is None or row["bias_mcse"] is None:
        return "-"
    text = f"{row['bias']:+.3f} ({row['bias_mcse']:.3f})"
    return _marked(text, row["bias"], row["bias_mcse"])


def _error(row: Row) -> str:
    if row.get("model_error") is None or not row["empirical_error"]:
        return "-"
    ratio = row["model_error"] / row["empirical_error"]
    parts = (row[f"{name}_error_mcse"] / row[f"{name}_error"] for name in KINDS)
    return _marked(f"{ratio:.2f}", ratio - 1, ratio * sum(p**2 for p in parts) ** 0.5)


def _holds(row: Row) -> str:
    return _share(row, "coverage", LEVEL)


def _rejects(row: Row) -> str:
    return _share(row, "rejection", None if _works(row) else 1 - LEVEL)


def _works(row: Row) -> bool:
    return "half" in row.get("scenario", "")


def _share(row: Row, name: str, level: float | None) -> str:
    if row.get(name) is None:
        return "-"
    text = f"{100 * row[name]:.1f} ({100 * row[f'{name}_mcse']:.1f})"
    if level is None:
        return text
    # The error is that of the level: a share of 0 or 1 would seem to have none.
    n = row["n_replicates"] + row["n_failed"]
    return _marked(text, row[name] - level, (level * (1 - level) / n) ** 0.5)


def _marked(text: str, off: float, error: float) -> str:
    return f"**{text}**" if abs(off) > FAR * error else text


if __name__ == "__main__":
    page = calibration_page(Performance.read_csv(sys.argv[1]))
    PAGE.write_text(page, encoding="utf-8")
