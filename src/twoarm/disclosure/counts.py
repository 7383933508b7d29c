"""Hide small counts, and what would give them away."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from twoarm.disclosure.parts import suppress_parts
from twoarm.tables.cohort import Attrition
from twoarm.tables.harmonisation import LEFT

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


def suppress_effects(
    effects: pl.DataFrame, *, minimum_count: int, minimum_mark: int = 1
) -> pl.DataFrame:
    """Blank small arms and small numbers of events beside the estimates.

    A median is the time of one patient: where marks stand for several it keeps one
    place, as journals print it.
    """
    columns = [f"{what}_{arm}" for what in ("n", "events") for arm in ARMS]
    if minimum_mark > 1:
        own = pl.col("measure").str.starts_with("median")
        times = pl.col("estimate", "conf_low", "conf_high")
        effects = effects.with_columns(
            pl.when(own).then(times.round(1)).otherwise(times)
        )
    shown = suppress_parts(effects, minimum_count=minimum_count)
    return suppress_cells(shown, columns, minimum_count=minimum_count)


def suppress_audit(audit: pl.DataFrame, *, minimum_count: int) -> pl.DataFrame:
    """Blank small counts of the audit, and what rests on few patients alone.

    The time for which few waited is theirs, and so are the events expected in it.
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
    return suppress_cells(shown, counts, minimum_count=minimum_count)


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


def suppress_levels(balance: pl.DataFrame, *, minimum_count: int) -> pl.DataFrame:
    """Blank a covariate that has a level which few patients of an arm have, or lack.

    A share times the size of its arm is a count; the row's other figures, and the other
    levels of the covariate in the same design, would give it away, so all go. The
    counts themselves leave the table.
    """
    figures = ("mean_treated", "mean_control", "smd", "variance_ratio", "ks")
    telling = _telling(minimum_count).over("design", "covariate")
    shown = balance.with_columns(
        pl.when(~telling).then(name).alias(name) for name in figures
    )
    return shown.select("design", "covariate", "level", *figures)


def find_hidden(balance: pl.DataFrame, *, minimum_count: int) -> pl.DataFrame:
    """List the covariates that `suppress_levels` blanks, by design."""
    small = balance.filter(_telling(minimum_count).over("design", "covariate"))
    return small.select("design", "covariate").unique()


def suppress_interactions(
    interactions: pl.DataFrame, hidden: pl.DataFrame
) -> pl.DataFrame:
    """Leave out squares and products of covariates that the balance table blanks.

    Parameters
    ----------
    interactions
        As the contract Interactions.
    hidden
        `design` and `covariate`, as `find_hidden` lists them.
    """
    parts = interactions.select("design", "term", covariate=_covariates_in("term"))
    told = parts.explode("covariate").join(hidden, on=hidden.columns, how="semi")
    return interactions.join(
        told, on=["design", "term"], how="anti", maintain_order="left"
    )


def _covariates_in(term: str) -> pl.Expr:
    return pl.col(term).str.replace_all(r"[=^][^:]*", "").str.split(":")


def suppress_diagnostics(
    diagnostics: pl.DataFrame, hidden: pl.DataFrame, *, minimum_count: int
) -> pl.DataFrame:
    """Blank small counts of patients, and differences in covariates that are hidden.

    Parameters
    ----------
    diagnostics
        As the contract Diagnostics.
    hidden
        `design` and `covariate`, as `find_hidden` lists them.
    """
    names = hidden.group_by("design").agg(told=pl.col("covariate"))
    joined = diagnostics.join(names, on="design", how="left", maintain_order="left")
    told = pl.col("told").fill_null([])
    level = told.list.contains(pl.col("smd_covariate")).fill_null(value=False)
    parts = _covariates_in("interaction_term").fill_null([])
    product = parts.list.set_intersection(told).list.len() > 0
    blank = {
        **dict.fromkeys(("smd_max", "smd_covariate"), level),
        **dict.fromkeys(("interaction_max", "interaction_term"), product),
    }
    short = pl.col("verdict").str.replace(":.*", "")
    named = pl.col("verdict").str.extract(r"not balanced: ([^=\s]+)")
    told_in_words = told.list.contains(named).fill_null(value=False)
    shown = joined.with_columns(
        *(pl.when(~where).then(name).alias(name) for name, where in blank.items()),
        verdict=pl.when(level | told_in_words).then(short).otherwise("verdict"),
    ).drop("told")
    arms = [f"n_{arm}{end}" for arm in ARMS for end in ("", "_out")]
    return suppress_cells(shown, [*arms, "n_truncated"], minimum_count=minimum_count)


def suppress_dropped(dropped: pl.DataFrame, *, minimum_count: int) -> pl.DataFrame:
    """Leave out an arm of a design of whom few were dropped, or few stayed.

    Of the others, a covariate goes that has a level which few of either have, or lack:
    a share times its number is a count.
    """
    counts = [
        count.round()
        for end in ("kept", "dropped")
        for number, share in [(pl.col(f"n_{end}"), pl.col(f"mean_{end}"))]
        for count in (number, number * share, number * (1 - share))
    ]
    levelled = pl.col("level").is_not_null()
    few = [
        count.is_between(1, minimum_count - 1) & (levelled if place % 3 else True)
        for place, count in enumerate(counts)
    ]
    telling = pl.any_horizontal(few).any().over("design", "arm", "covariate")
    return dropped.filter(~telling)


def _telling(minimum_count: int) -> pl.Expr:
    """Tell whether any row holds a small count of patients at a level."""
    small = [
        count.round().is_between(1, minimum_count - 1)
        for arm in ARMS
        for count in _having_and_lacking(pl.col(f"n_{arm}"), pl.col(f"mean_{arm}"))
    ]
    return pl.any_horizontal(small).any()


def _having_and_lacking(n: pl.Expr, share: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Count who has a level, and who lacks it as the share of the arm tells."""
    return n.cast(pl.Float64), pl.when(share > 0).then(n / share - n)


def suppress_ledger(ledger: pl.DataFrame, *, minimum_count: int) -> pl.DataFrame:
    """Count the rows of each table; where few were left out, blank all its counts.

    The rows read, or used, would give away their number beside the flow of patients and
    the arms. File names stay inside: they may hold a patient's name.
    """
    counts = ("n_read", "n_used", *LEFT)
    small = pl.any_horizontal(
        pl.col(name).is_between(1, minimum_count - 1) for name in LEFT
    )
    totals = ledger.group_by("centre", "table", maintain_order=True).agg(
        pl.col(counts).sum()
    )
    return totals.with_columns(
        pl.when(~small).then(name).alias(name) for name in counts
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
