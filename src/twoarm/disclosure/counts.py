"""Hide small counts, and what would give them away."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from twoarm.disclosure.parts import suppress_parts
from twoarm.tables.cohort import Attrition
from twoarm.tables.harmonisation import LEFT

ARMS = ("treated", "control")
UNADJUSTED, PATIENTS = "unadjusted", "patients"
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


def suppress_effects(
    effects: pl.DataFrame, *, minimum_count: int, minimum_mark: int = 1
) -> pl.DataFrame:
    """Blank small arms and small numbers of events beside the estimates.

    A median is the time of one patient: where marks stand for several it keeps one
    place, as journals print it. So many of an arm as an endpoint leaves out, such as
    those not resected R0, are those of the arm less its own.
    """
    columns = [f"{what}_{arm}" for what in ("n", "events") for arm in ARMS]
    if minimum_mark > 1:
        own = pl.col("measure").str.starts_with("median")
        times = pl.col("estimate", "conf_low", "conf_high")
        effects = effects.with_columns(
            pl.when(own).then(times.round(1)).otherwise(times)
        )
    shown = suppress_parts(effects, minimum_count=minimum_count).with_columns(
        _suppress_most(f"n_{arm}", minimum_count) for arm in ARMS
    )
    return suppress_cells(shown, columns, minimum_count=minimum_count)


def _suppress_most(n: str, minimum_count: int) -> pl.Expr:
    """Blank a number of the unadjusted arm that is few short of the greatest."""
    whole = pl.col("term").str.contains(":").not_() & (pl.col("design") == UNADJUSTED)
    most = pl.when(whole).then(n).max()
    few = whole & (most - pl.col(n)).is_between(1, minimum_count - 1)
    return pl.when(~few.fill_null(value=False)).then(n).alias(n)


def suppress_audit(audit: pl.DataFrame, *, minimum_count: int) -> pl.DataFrame:
    """Blank small counts of the audit, and what rests on few patients alone.

    The time for which few waited is theirs, and so are the events expected in it. Few
    whom a design leaves out are told where the arms leave no other number. Events of
    all patients would tell few of one arm by those of the other.
    """
    counts = [name for name in audit.columns if name.startswith("n_")]
    small = pl.col("n_patients").is_between(1, minimum_count - 1)
    few = pl.col("n_waiting").is_between(1, minimum_count - 1)
    alone = {
        **dict.fromkeys(
            ("median_follow_up_months", "median_year", "shared_months"), small
        ),
        **dict.fromkeys(("immortal_months", "expected_events"), few),
        "median_wait_months": small | few,
    }
    shown = audit.with_columns(
        pl.when(~hidden).then(name).alias(name) for name, hidden in alone.items()
    )
    shown = suppress_cells(shown, counts, minimum_count=minimum_count)
    sizes = pl.col("n_patients")
    whole = sizes.filter(pl.col("design") == UNADJUSTED).sum().over("endpoint")
    out = whole - sizes.sum().over("design", "endpoint")
    known = sizes.is_not_null().all().over("design", "endpoint")
    events = pl.when(pl.col("design") == UNADJUSTED).then("n_event")
    few_of_arm = audit.select(
        events.is_between(1, minimum_count - 1).any().over("endpoint")
    ).to_series()
    return shown.with_columns(
        n_event=pl.when(~(few_of_arm & (sizes == whole))).then("n_event"),
        n_before=pl.when(known & (out == audit["n_before"]))
        .then(out)
        .otherwise("n_before"),
    )


def suppress_tails(curves: pl.DataFrame, *, minimum_at_risk: int) -> pl.DataFrame:
    """End each curve where fewer than `minimum_at_risk` patients are at risk.

    Time 0 stays, so that no arm disappears; of a smaller arm its number is blank, but
    not that nobody is at risk yet where patients enter later.
    """
    enough = pl.col("n_risk") >= minimum_at_risk
    kept = curves.filter(enough | (pl.col("months") == 0))
    return kept.with_columns(pl.when(enough | (pl.col("n_risk") == 0)).then("n_risk"))


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
    shown = Attrition.of([{**row, "step": k} for k, row in enumerate(rows, start=1)])
    # The events of those left stay inside: beside the steps they tell small counts.
    return shown.drop("n_event_after")


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


def suppress_ledger(ledger: pl.DataFrame, *, minimum_count: int) -> pl.DataFrame:
    """Count the rows of each table; where few were left out, blank all its counts.

    The rows read, or used, would give away their number beside the flow of patients and
    the arms. The flow tells the sum of patients over the centres: of these all centres
    go. File names stay inside: they may hold a patient's name.
    """
    counts = ("n_read", "n_used", *LEFT)
    small = pl.any_horizontal(
        pl.col(name).is_between(1, minimum_count - 1) for name in LEFT
    )
    totals = ledger.group_by("centre", "table", maintain_order=True).agg(
        pl.col(counts).sum()
    )
    of_flow = (pl.col("table") == PATIENTS) & small.any().over("table")
    return totals.with_columns(
        pl.when(~(small | of_flow)).then(name).alias(name) for name in counts
    )


def label_effects(
    effects: pl.DataFrame, audit: pl.DataFrame, diagnostics: pl.DataFrame
) -> pl.DataFrame:
    """Add to the method of every estimate what its design suffers from.

    An endpoint that the audit does not have is of one arm by itself: nothing is held
    against it.

    Parameters
    ----------
    effects, audit, diagnostics
        As the contracts of these names.
    """
    told = audit.filter(pl.col("verdict").str.starts_with("biased")).select(
        "design", "endpoint", biased="; " + pl.col("verdict")
    )
    verdicts = dict(diagnostics.select("design", "verdict").iter_rows())
    unbalanced = {k: f"; {v}" for k, v in verdicts.items() if v != "balanced"}
    balance = pl.col("design").replace_strict(
        unbalanced, default="", return_dtype=pl.String
    )
    compared = pl.col("endpoint").is_in(audit["endpoint"].unique().implode())
    return (
        effects.join(
            told.unique(), on=["design", "endpoint"], how="left", maintain_order="left"
        )
        .with_columns(
            method=pl.col("method")
            + pl.col("biased").fill_null("")
            + pl.when(compared).then(balance).otherwise(pl.lit(""))
        )
        .drop("biased")
    )
