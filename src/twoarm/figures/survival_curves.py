"""Survival curves with the numbers at risk beneath them."""

from collections.abc import Mapping, Sequence

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from twoarm.figures.curve_axes import Words, draw_curves, drawn_part, last_month
from twoarm.figures.difference import HEIGHT, draw_difference
from twoarm.figures.house import WIDTHS_MM, ArmStyle, arm_styles, house_style, mm
from twoarm.figures.layout import (
    POINT,
    Area,
    align_labels,
    axes_width,
    axes_within,
    extent,
    page,
    sheet,
)
from twoarm.figures.phrases import say
from twoarm.figures.risk_counts import lines_of_counts
from twoarm.figures.risk_table import RiskTable, draw_rows

MARGIN = 7 * POINT
TICKS = 13 * POINT
AXIS_LABEL = 11 * POINT
APART = 9 * POINT
"""Inches between the curves and the panel of their difference."""


def draw_survival_curves(
    curves: pl.DataFrame,
    *,
    arms: Sequence[str],
    colours: Mapping[str, str],
    ticks_months: Sequence[float],
    label: str,
    notes: Sequence[str] = (),
    medians: Mapping[str, float] | None = None,
    differences: pl.DataFrame | None = None,
    minimum_at_risk: int = 1,
    joined: bool = False,
    time_label: str = "Months since time zero",
    area: Area | None = None,
) -> Figure:
    """Draw one step curve an arm, its limits, and its numbers at risk.

    Parameters
    ----------
    curves
        Rows of `Curves` of one endpoint and one design.
    arms
        Labels of the arms in the order of drawing, the treated arm first.
    colours
        Arm label to colour, as `#RRGGBB`.
    ticks_months
        Ticks of the time axis in months, ascending; the numbers at risk stand exactly
        below them. Where they would run into one another, every second (third ...)
        tick is left out.
    label
        What the curves show, for the axis, such as "Overall survival (%)".
    notes
        Lines to print where no curve is: medians, the hazard ratio, the p value.
    medians
        Arm label to its median in months: lines lead to those that the curves show.
    differences
        Rows of `Differences` of that endpoint and design. The form of KMunicate is
        drawn then: the difference under the curves, if there is one, and below it who
        is at risk, with weights if there are any, was censored, and had the event.
    minimum_at_risk
        A curve ends where fewer patients are at risk, and such a number is printed as
        "<minimum"; 0 stays 0. With 1 all is drawn.
    joined
        Whether a step stands for several events. Censorings have no marks then, and a
        number is printed at the ticks at which it is told.
    time_label
        Label of the time axis.
    area
        Part of a page to draw on; a new figure of 130 mm if left out.

    Returns
    -------
    Figure
        The curves, the table, and the difference if it is drawn, are axes of their own,
        in this order. Nothing is saved or shown.

    Raises
    ------
    ValueError
        There is nothing to draw, an arm has no curve or is not listed, or the rows
        are of several endpoints or designs.
    """
    by_arm = _by_arm(curves, arms, joined=joined)
    styles = arm_styles(arms, colours)
    told = pl.DataFrame() if differences is None else _told(differences)
    with house_style():
        shown = {
            arm: _joined(rows) if joined else drawn_part(rows, minimum_at_risk)
            for arm, rows in by_arm.items()
        }
        last = max([ticks_months[-1], *(last_month(rows) for rows in shown.values())])
        last = last or 1.0  # nothing is shown: an axis must still have a length
        lines = lines_of_counts(
            by_arm,
            ticks_months,
            minimum=minimum_at_risk,
            weights=_weights(differences, arms),
            whole=differences is not None,
            joined=joined,
        )
        width = extent(area)[0] if area else mm(WIDTHS_MM["middle"])
        table = RiskTable(lines, ticks_months, width)
        bottom = table.height + MARGIN
        panel = HEIGHT + APART if told.height else 0.0
        on = sheet(area, WIDTHS_MM["middle"], 84 + (table.height + panel) * 25.4)
        foot = bottom + panel + TICKS + AXIS_LABEL
        above = draw_curves(
            on, shown, styles, table, Words(label, notes, medians or {}), last, foot
        )
        every = table.thinned(axes_width(above) / last)
        _draw_table(on, above, table, styles, every)
        lowest = above
        if told.height:
            lowest = _axes_below(on, above, table, bottom + TICKS + AXIS_LABEL, HEIGHT)
            words = say("Difference\n(% points)")
            draw_difference(lowest, told, label=words, joined=joined)
            align_labels(above, lowest)
            above.set_xticks(ticks_months[::every], [])
        lowest.set(xticks=ticks_months[::every], xlabel=time_label)
    return page(on)


def _told(differences: pl.DataFrame) -> pl.DataFrame:
    """Return the differences that can be drawn; of time zero alone there is none."""
    rows = differences.drop_nulls("estimate")
    return rows if rows.height > 1 else rows.clear()


def _weights(
    differences: pl.DataFrame | None, arms: Sequence[str]
) -> dict[str, dict[float, float]]:
    if differences is None:
        return {}
    sides = zip(arms, ("weight_treated", "weight_control"), strict=False)
    return {
        arm: dict(differences.select("months", side).drop_nulls().iter_rows())
        for arm, side in sides
    }


def _draw_table(
    on: Area,
    above: Axes,
    table: RiskTable,
    styles: Mapping[str, ArmStyle],
    every: int,
) -> None:
    below = _axes_below(on, above, table, 2 * POINT, table.height)
    draw_rows(below, table, styles, every)


def _axes_below(
    on: Area, above: Axes, table: RiskTable, bottom: float, height: float
) -> Axes:
    """Add axes of a height, in inches, that have the time axis of the curves."""
    top = extent(on)[1] - bottom - height
    axes = axes_within(on, left=table.left, right=table.right, bottom=bottom, top=top)
    axes.set_xlim(above.get_xlim())
    return axes


def _by_arm(
    curves: pl.DataFrame, arms: Sequence[str], *, joined: bool
) -> dict[str, pl.DataFrame]:
    kinds = curves.select("endpoint", "design").unique()
    if kinds.height > 1:
        raise ValueError(
            f"curves of {kinds.height} endpoints and designs in one figure: "
            "filter them to one"
        )
    found = set(curves["arm"])
    if not arms or found != set(arms):
        raise ValueError(
            f"cannot draw survival curves: the arms are {list(arms)}, "
            f"there are rows of {sorted(found)}"
        )
    known = curves.sort("months")
    if not joined:
        # A blank number at risk is a hidden one: too few.
        known = known.with_columns(pl.col("n_risk").fill_null(1))
    return {arm: known.filter(arm=arm) for arm in arms}


def _joined(curve: pl.DataFrame) -> pl.DataFrame:
    """Return the steps that are told, without marks; none if time 0 is alone."""
    told = curve if curve.height > 1 else curve.clear()
    return told.with_columns(n_censor=pl.lit(0))
