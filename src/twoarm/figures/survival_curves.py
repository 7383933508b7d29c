"""Survival curves with the numbers at risk beneath them."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from twoarm.figures.house import TEXT, WIDTHS_MM, ArmStyle, arm_styles, house_style, mm
from twoarm.figures.layout import (
    POINT,
    Area,
    axes_height,
    axes_width,
    axes_within,
    draw_key,
    extent,
    free_place,
    key_height,
    page,
    sheet,
    text_height,
    text_width,
    wrap,
)
from twoarm.figures.risk_table import RiskTable, draw_rows, thinned

TOP = 102.0
"""Upper end of the axis in percent, so that a line at 100 % keeps its full width."""
LOWEST = 0.9
"""Least height of the curves in inches."""
MARGIN = 7 * POINT
TICKS = 13 * POINT
AXIS_LABEL = 11 * POINT


def draw_survival_curves(
    curves: pl.DataFrame,
    *,
    arms: Sequence[str],
    colours: Mapping[str, str],
    ticks_months: Sequence[float],
    label: str,
    notes: Sequence[str] = (),
    minimum_at_risk: int = 1,
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
    minimum_at_risk
        A curve ends where fewer patients are at risk, and such a number is printed as
        "<minimum"; 0 stays 0. With 1 all is drawn.
    time_label
        Label of the time axis.
    area
        Part of a page to draw on; a new figure of 130 mm if left out.

    Returns
    -------
    Figure
        The curves and the table are two axes. Nothing is saved or shown.

    Raises
    ------
    ValueError
        There is nothing to draw, an arm has no curve or is not listed, or the rows
        are of several endpoints or designs.
    """
    by_arm = _by_arm(curves, arms)
    styles = arm_styles(arms, colours)
    with house_style():
        shown = {arm: _shown(by_arm[arm], minimum_at_risk) for arm in arms}
        last = max([ticks_months[-1], *(_last_month(rows) for rows in shown.values())])
        last = last or 1.0  # nothing is shown: an axis must still have a length
        counts = {
            arm: [
                _printed(n, minimum_at_risk)
                for n in numbers_at_risk(by_arm[arm], ticks_months)
            ]
            for arm in arms
        }
        width = extent(area)[0] if area else mm(WIDTHS_MM["middle"])
        table = RiskTable(counts, ticks_months, width=width)
        on = sheet(area, WIDTHS_MM["middle"], 84 + table.height * 25.4)
        above = _draw_axes(on, shown, styles, table, label, notes, last)
        below = axes_within(
            on,
            left=table.left,
            right=table.right,
            bottom=2 * POINT,
            top=extent(on)[1] - 2 * POINT - table.height,
        )
        every = thinned(counts, ticks_months, axes_width(above) / last)
        above.set(xticks=ticks_months[::every], xlabel=time_label)
        below.set_xlim(above.get_xlim())
        draw_rows(below, table, styles, every)
    return page(on)


def numbers_at_risk(curve: pl.DataFrame, months: Sequence[float]) -> list[int]:
    """Count the patients of one arm still at risk at each of `months`.

    A patient who leaves at a month is still at risk in it. After the curve's last row
    those are left who had neither the event nor were censored in it.

    Parameters
    ----------
    curve
        Rows of `Curves` of one endpoint, design and arm.
    months
        Months since time zero.
    """
    ordered = curve.sort("months")
    at = np.searchsorted(ordered["months"].to_numpy(), months, side="left")
    left = ordered.select(pl.col("n_risk") - pl.col("n_event") - pl.col("n_censor"))
    n_risk = np.append(ordered["n_risk"].to_numpy(), max(left.item(-1, 0), 0))
    return [int(n) for n in n_risk[at]]


def _by_arm(curves: pl.DataFrame, arms: Sequence[str]) -> dict[str, pl.DataFrame]:
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
    # A blank number at risk is a hidden one: too few.
    known = curves.with_columns(pl.col("n_risk").fill_null(1)).sort("months")
    return {arm: known.filter(arm=arm) for arm in arms}


def _shown(curve: pl.DataFrame, minimum: int) -> pl.DataFrame:
    if minimum <= 1:
        return curve
    # The last time with so many, as where patients enter later the number may rise.
    return curve.filter((pl.col("n_risk") >= minimum).cum_sum(reverse=True) > 0)


def _last_month(rows: pl.DataFrame) -> float:
    return rows["months"].item(-1) if rows.height else 0.0


def _printed(count: int, minimum: int) -> str:
    return f"<{minimum}" if 0 < count < minimum else f"{count}"


def _draw_axes(
    on: Area,
    shown: Mapping[str, pl.DataFrame],
    styles: Mapping[str, ArmStyle],
    table: RiskTable,
    label: str,
    notes: Sequence[str],
    last: float,
) -> Axes:
    labels = [
        arm if rows.height else f"{arm} (too few at risk to show)"
        for arm, rows in shown.items()
    ]
    key = key_height(labels, extent(on)[0] - table.left - table.right)
    axes = axes_within(
        on,
        left=table.left,
        right=table.right,
        bottom=table.height + TICKS + AXIS_LABEL + MARGIN,
        top=key + 2 * POINT,
    )
    for arm, rows in shown.items():
        _draw_arm(axes, arm, rows, styles[arm])
    axes.set(xlim=(0, last), ylim=(0, TOP), yticks=range(0, 101, 20))
    axes.spines["left"].set_bounds(0, 100)
    taken = np.concatenate([_boxes(rows, last) for rows in shown.values()])
    lifted = _draw_notes(axes, notes, taken)
    axes.set_ylabel(wrap(label, axes_height(axes), 7.5))
    handles = [
        Line2D([], [], color=s.colour, linestyle=s.line) for s in styles.values()
    ]
    draw_key(axes, handles, labels, width=axes_width(axes), above=lifted)
    return axes


def _draw_arm(axes: Axes, arm: str, rows: pl.DataFrame, look: ArmStyle) -> None:
    percent = rows.with_columns(
        pl.col("estimate", "conf_low", "conf_high").cast(pl.Float64) * 100
    )
    months, estimate = percent["months"].to_numpy(), percent["estimate"].to_numpy()
    axes.step(
        months,
        estimate,
        where="post",
        color=look.colour,
        linestyle=look.line,
        label=arm,
        clip_on=False,
        zorder=3,
    )
    # Each row's limits hold until the next row, also where that one has none.
    axes.fill_between(
        np.repeat(months, 2)[1:],
        np.repeat(percent["conf_low"].to_numpy(), 2)[:-1],
        np.repeat(percent["conf_high"].to_numpy(), 2)[:-1],
        color=look.colour,
        alpha=0.15,
        linewidth=0,
    )
    censored = percent.filter(pl.col("n_censor") > 0)
    axes.plot(
        censored["months"].to_numpy(),
        censored["estimate"].to_numpy(),
        linestyle="none",
        marker="|",
        markersize=4.5,
        markeredgewidth=0.5,
        color=look.colour,
        label=f"{arm}: censored",
        clip_on=False,
        zorder=3,
    )


def _boxes(rows: pl.DataFrame, last: float) -> NDArray[np.float64]:
    """Return left, right, bottom and top of what each row draws, in shares."""
    here = pl.col("estimate")
    following = pl.col("months").shift(-1, fill_value=_last_month(rows))
    after = here.shift(-1).fill_null(here)
    room = 0.025  # a censor tick's
    return rows.select(
        left=pl.col("months") / last,
        right=following / last,
        bottom=pl.min_horizontal("conf_low", here, after) * 100 / TOP - room,
        top=pl.max_horizontal("conf_high", here, after) * 100 / TOP + room,
    ).to_numpy()


def _draw_notes(axes: Axes, notes: Sequence[str], taken: NDArray[np.float64]) -> float:
    """Print the notes, and return how far above the axes the legend must stand."""
    if not notes:
        return 0.0
    wide, high = axes_width(axes), axes_height(axes)
    text = wrap("\n".join(notes), wide * 0.95)
    height = text_height(text)
    place = free_place(taken, text_width(text) * 1.02 / wide, height / high)
    if place:
        x, y = place
        axes.text(x, y, text, transform=axes.transAxes, size=TEXT, va="bottom")
        return 0.0
    # No room among the curves: the axes give up some of their height.
    lift = height + 4 * POINT
    if high - lift < LOWEST:
        raise ValueError(f"{len(notes)} lines of notes leave no room for the curves")
    box = axes.get_position()
    axes.set_position((box.x0, box.y0, box.width, box.height * (1 - lift / high)))
    bottom = 1 + 2 * POINT / (high - lift)
    axes.text(0.0, bottom, text, transform=axes.transAxes, size=TEXT, va="bottom")
    return lift
