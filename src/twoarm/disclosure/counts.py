"""Hide small counts, and what would give them away."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from twoarm.tables.cohort import Attrition

ARMS = ("treated", "control")
BUT_FEW = "without the few who left later"


def suppress_cells(
    table: pl.DataFrame, columns: Sequence[str], *, minimum_count: int
) -> pl.DataFrame:
    """Blank counts from 1 to `minimum_count` - 1.

    >>> table = pl.DataFrame({"n": [0, 3, 5]})
    >>> suppress_cells(table, ["n"], minimum_count=5)["n"].to_list()
    [0, None, 5]
    """
    return table.with_columns(
        pl.when((pl.col(name) == 0) | (pl.col(name) >= minimum_count)).then(name)
        for name in columns
    )


def suppress_effects(effects: pl.DataFrame, *, minimum_count: int) -> pl.DataFrame:
    """Blank small arms and small numbers of events beside the estimates."""
    columns = [f"{what}_{arm}" for what in ("n", "events") for arm in ARMS]
    return suppress_cells(effects, columns, minimum_count=minimum_count)


def suppress_audit(audit: pl.DataFrame, *, minimum_count: int) -> pl.DataFrame:
    """Blank small counts of the audit of immortal time."""
    columns = ["n_patients", "n_event", "n_waiting", "n_event_control_waiting"]
    return suppress_cells(audit, columns, minimum_count=minimum_count)


def suppress_tails(curves: pl.DataFrame, *, minimum_at_risk: int) -> pl.DataFrame:
    """End each curve where fewer than `minimum_at_risk` patients are at risk.

    Time 0 stays, so that no arm disappears; of a smaller arm its number is blank.
    """
    enough = pl.col("n_risk") >= minimum_at_risk
    kept = curves.filter(enough | (pl.col("months") == 0))
    return kept.with_columns(pl.when(enough).then("n_risk"))


def suppress_steps(attrition: pl.DataFrame, *, minimum_count: int) -> pl.DataFrame:
    """Join a step that excludes few patients with its neighbour.

    A blank would not hide the count, as the steps before and after tell it. So the
    step is joined with the next one until enough left by them together, or with the
    last before it by which any left; the reasons are joined too. Where no other step
    excludes any, those who left by it are left out of all counts.
    """
    rows: list[dict[str, Any]] = []
    pending: list[dict[str, Any]] = []
    for row in attrition.sort("step").iter_rows(named=True):
        pending.append(row)
        if not 0 < pending[0]["n_before"] - row["n_after"] < minimum_count:
            rows.append(_joined(pending))
            pending = []
    if pending:
        while rows and not rows[-1]["n_excluded"]:
            pending.insert(0, rows.pop())
        if rows:
            rows[-1] = _joined([rows[-1], *pending])
        else:
            end = pending[-1]["n_after"]
            same = {"n_before": end, "n_excluded": 0, "n_after": end}
            # Said in words: whose number is hidden must not pass for nobody.
            read = {
                **pending[0],
                **same,
                "reason": f"{pending[0]['reason']}, {BUT_FEW}",
            }
            rest = [row for row in pending[1:] if not row["n_excluded"]]
            rows = [read, *({**row, **same} for row in rest)]
    return Attrition.of([{**row, "step": k} for k, row in enumerate(rows, start=1)])


def _joined(steps: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Make one step of several; those that excluded nobody give no reason."""
    before, after = steps[0]["n_before"], steps[-1]["n_after"]
    telling = [step for step in steps if step["n_excluded"]] or steps
    return {
        "reason": "; or ".join(step["reason"] for step in telling),
        "n_before": before,
        "n_excluded": before - after,
        "n_after": after,
    }


def suppress_levels(balance: pl.DataFrame, *, minimum_count: int) -> pl.DataFrame:
    """Blank a covariate that has a level which few patients of an arm have, or lack.

    A share times the size of its arm is a count; the row's other figures, and the other
    levels of the covariate in the same design, would give it away, so all go. The
    counts themselves leave the table.
    """
    figures = ("mean_treated", "mean_control", "smd", "variance_ratio", "ks")
    small = [
        count.round().is_between(1, minimum_count - 1)
        for arm in ARMS
        for count in _having_and_lacking(pl.col(f"n_{arm}"), pl.col(f"mean_{arm}"))
    ]
    telling = pl.any_horizontal(small).any().over("design", "covariate")
    return balance.with_columns(
        pl.when(~telling).then(name).alias(name) for name in figures
    ).drop("n_treated", "n_control")


def _having_and_lacking(n: pl.Expr, share: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Count who has a level, and who lacks it as the share of the arm tells."""
    return n.cast(pl.Float64), pl.when(share > 0).then(n / share - n)


def suppress_ledger(ledger: pl.DataFrame, *, minimum_count: int) -> pl.DataFrame:
    """Count the rows of each table; where few were set aside, blank all its counts.

    The rows read, or used, would give away their number beside the flow of patients and
    the arms. File names stay inside: they may hold a patient's name.
    """
    counts = ("n_read", "n_used", "n_quarantined")
    small = pl.col("n_quarantined").is_between(1, minimum_count - 1)
    totals = ledger.group_by("centre", "table", maintain_order=True).agg(
        pl.col(counts).sum()
    )
    return totals.with_columns(
        pl.when(~small).then(name).alias(name) for name in counts
    )


def label_biased(effects: pl.DataFrame, audit: pl.DataFrame) -> pl.DataFrame:
    """Add a biased verdict of the audit to the method of every estimate."""
    verdict = audit["verdict"][0]
    if not verdict.startswith("biased"):
        return effects
    return effects.with_columns(method=pl.col("method") + f"; {verdict}")
