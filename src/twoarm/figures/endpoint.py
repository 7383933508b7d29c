"""The curves of one endpoint and design, with what the effects table says of them."""

from collections.abc import Mapping
from typing import Any

import polars as pl
from matplotlib.figure import Figure

from twoarm.figures.layout import Area
from twoarm.figures.notes import medians_of, notes_of, ticks_of
from twoarm.figures.phrases import say
from twoarm.figures.risk_counts import is_entered_late
from twoarm.figures.survival_curves import draw_survival_curves

CHANGING = "Simon–Makuch curves: patients change arms"


def draw_endpoint(
    curves: pl.DataFrame,
    effects: pl.DataFrame,
    differences: pl.DataFrame | None = None,
    *,
    label: str,
    arms: Mapping[str, str],
    style: Mapping[str, Any],
    origin: str = "time zero",
    forestalled: bool = False,
    area: Area | None = None,
) -> Figure:
    """Draw the curves, with medians, hazard ratio, p value and verdicts.

    Parameters
    ----------
    curves, effects, differences
        Rows of `Curves`, `Effects` and `Differences` of one endpoint and design; the
        last for the form of KMunicate, as `draw_survival_curves` takes them.
    label
        Of the endpoint.
    arms
        Label of an arm to its colour, the treated arm first.
    style
        `tick_months`: months between ticks; `minimum_at_risk`: where curves end;
        `minimum_mark`: fewest events that a step stands for, 1 if left out.
    origin
        What the time counts from.
    forestalled
        Whether a competing event may come first: the cumulative incidence is drawn.
    area
        Part of a page to draw on; a new figure if left out.
    """
    late = [curves.filter(arm=arm) for arm in arms]
    changing = [say(CHANGING)] if any(map(is_entered_late, late)) else []
    mark = style.get("minimum_mark", 1)
    joined = [say("Each step: {n} events or more", n=mark)] if mark > 1 else []
    if forestalled:
        curves = _turn(curves)
    return draw_survival_curves(
        curves,
        arms=list(arms),
        colours=arms,
        ticks_months=ticks_of(curves, style["tick_months"]),
        label=say("{label}: cumulative incidence (%)", label=label)
        if forestalled
        else f"{label} (%)",
        notes=[*changing, *notes_of(effects, list(arms)), *joined],
        # A median lies between the months at which joined steps are told.
        medians={} if joined else medians_of(effects, list(arms)),
        differences=differences,
        minimum_at_risk=style["minimum_at_risk"],
        joined=bool(joined),
        time_label=say("Months since {origin}", origin=say(origin)),
        area=area,
    )


def _turn(curves: pl.DataFrame) -> pl.DataFrame:
    """Turn the probability of no event yet into that of the event."""
    return curves.with_columns(
        estimate=1 - pl.col("estimate").cast(pl.Float64),
        conf_low=1 - pl.col("conf_high").cast(pl.Float64),
        conf_high=1 - pl.col("conf_low").cast(pl.Float64),
    )
