"""Hide small counts beside what supports the results, and lay out the regression."""

import polars as pl

from twoarm.disclosure.counts import ARMS, suppress_cells
from twoarm.tables.fragility import Regressions


def suppress_influence(influence: pl.DataFrame, *, minimum_count: int) -> pl.DataFrame:
    """Blank a small number of patients; those who tip the answer are no group.

    That one patient tips it is no property of that patient, and names nobody.
    """
    return suppress_cells(influence, ["n_patients"], minimum_count=minimum_count)


def suppress_checks(checks: pl.DataFrame) -> pl.DataFrame:
    """Blank both numbers of a check of counts: that they agree is what matters."""
    counts = pl.col("check").str.contains(r"^(n|events)_|patients|matched|time zero")
    return checks.with_columns(
        pl.when(~counts).then(name).alias(name) for name in ("expected", "found")
    )


def suppress_differences(
    differences: pl.DataFrame, *, minimum_at_risk: int
) -> pl.DataFrame:
    """End each difference where few of an arm are at risk, and hide how many these are.

    Weights keep one place: of one month to the next they would tell those of who left.

    Parameters
    ----------
    differences
        As the contract Differences.
    minimum_at_risk
        Smallest number of patients at risk to show.
    """
    enough = {arm: pl.col(f"n_risk_{arm}") >= minimum_at_risk for arm in ARMS}
    both = pl.all_horizontal(enough.values())
    numbers = ["estimate", "std_error", "conf_low", "conf_high"]
    shown = differences.filter(pl.any_horizontal(enough.values()))
    return shown.with_columns(
        pl.when(both).then(pl.col(numbers)),
        *(pl.when(enough[arm]).then(f"n_risk_{arm}") for arm in ARMS),
        *(pl.when(enough[arm]).then(pl.col(f"weight_{arm}").round(1)) for arm in ARMS),
    )


def suppress_smooths(
    smooths: pl.DataFrame,
    *,
    minimum_count: int,
    minimum_at_risk: int,
    minimum_mark: int = 1,
) -> pl.DataFrame:
    """End each hazard ratio along time where few of an arm are at risk.

    Where few of an arm have the event nothing is drawn. Numbers keep three places, so
    that the residual of a patient cannot be worked out from the line through them.

    Parameters
    ----------
    smooths
        As the contract Proportionality.
    minimum_count, minimum_at_risk
        Smallest number of events to show, and of patients at risk to draw from.
    minimum_mark
        Fewest that a mark of a figure stands for: if several, those at risk at each
        month are blank, as they tell who left.
    """
    events = ["events_treated", "events_control"]
    named = ["endpoint", "design", "term"]
    enough = pl.all_horizontal(pl.col(events) >= minimum_count)
    enough &= pl.min_horizontal("n_risk_treated", "n_risk_control") >= minimum_at_risk
    kept = smooths.filter(pl.col("months").is_null() | enough)
    lost = smooths.join(kept, on=named, how="anti").unique(
        named, keep="first", maintain_order=True
    )
    blank = pl.exclude(*named, *events, "method")
    why = pl.lit("not shown: few events, or few at risk")
    hidden = lost.with_columns(pl.when(pl.lit(value=False)).then(blank), method=why)
    numbers = ["estimate", "std_error", "conf_low", "conf_high"]
    rounded = pl.concat([kept, hidden]).with_columns(pl.col(numbers).round(3))
    shown = rounded.sort([*named, "months"])
    if minimum_mark > 1:
        left = pl.col("n_risk_treated", "n_risk_control")
        shown = shown.with_columns(pl.when(pl.lit(value=False)).then(left))
    return suppress_cells(shown, events, minimum_count=minimum_count)


def select_regressions(effects: pl.DataFrame) -> pl.DataFrame:
    """Lay out each term of a regression: alone, and beside the others.

    Parameters
    ----------
    effects
        Rows of the contract Effects, small counts hidden.

    Returns
    -------
    pl.DataFrame
        As the contract Regressions.
    """
    ratios = effects.filter(measure="hazard_ratio")
    numbers = {
        "": "estimate",
        "_low": "conf_low",
        "_high": "conf_high",
        "_p": "p_value",
    }
    term, named = pl.col("term"), ["endpoint", "design", "term"]
    fitted = ratios.filter(term == "treated_adjusted").select(named[:2]).unique()
    rows = ratios.join(fitted, on=named[:2], how="semi", maintain_order="left")
    single = term.str.starts_with("univariable: ") | (term == "treated")
    others = ~term.str.contains(": ", literal=True)
    others &= ~term.str.contains("^treated_(bootstrap|limit)")
    alone = rows.filter(single).select(
        *named[:2],
        term=term.str.strip_prefix("univariable: "),
        **{f"alone{end}": pl.col(name) for end, name in numbers.items()},
    )
    together = rows.filter(others & (term != "treated")).select(
        *named[:2],
        "method",
        term=pl.when(term == "treated_adjusted")
        .then(pl.lit("treated"))
        .otherwise(term),
        **{f"together{end}": pl.col(name) for end, name in numbers.items()},
    )
    joined = together.join(alone, on=named, how="left", maintain_order="left")
    return Regressions.check(joined).sort(named)
