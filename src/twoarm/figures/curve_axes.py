"""The curves of the arms, with their limits, censorings, medians and notes."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from twoarm.figures.house import TEXT, ArmStyle
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
    text_height,
    text_width,
    wrap,
)
from twoarm.figures.phrases import say
from twoarm.figures.risk_table import RiskTable
from twoarm.figures.thinning import keep_marks, keep_steps

TOP = 102.0
"""Upper end of the axis in percent, so that a line at 100 % keeps its full width."""
LOWEST = 0.9
"""Least height of the curves in inches."""
HALF: dict[str, Any] = {"linestyle": (0, (1, 1.5)), "linewidth": 0.8, "zorder": 1}
"""Line that leads to the medians."""


class Words(NamedTuple):
    """What stands at the curves: the label of the axis, notes, the median of an arm."""

    label: str
    notes: Sequence[str]
    medians: Mapping[str, float]


def draw_curves(
    on: Area,
    shown: Mapping[str, pl.DataFrame],
    styles: Mapping[str, ArmStyle],
    table: RiskTable,
    words: Words,
    last: float,
    bottom: float,
) -> Axes:
    """Draw the curves of the arms on axes of their own, what stands at them, and a key.

    Parameters
    ----------
    on
        What to draw on.
    shown
        Arm label to the rows of `Curves` that are drawn; none of too small an arm.
    styles
        Arm label to its look.
    table
        What will stand below, with which the axes are aligned.
    words
        What stands at the curves.
    last
        Months at which the axis of time ends.
    bottom
        Inches to keep below.

    Raises
    ------
    ValueError
        The notes leave no room.
    """
    labels = [
        arm if rows.height else say("{arm} (too few to show)", arm=arm)
        for arm, rows in shown.items()
    ]
    key = key_height(labels, extent(on)[0] - table.left - table.right)
    top = key + 2 * POINT
    axes = axes_within(on, left=table.left, right=table.right, bottom=bottom, top=top)
    for arm, rows in shown.items():
        _draw_arm(axes, arm, rows, styles[arm], last)
    axes.set(xlim=(0, last), ylim=(0, TOP), yticks=range(0, 101, 20))
    axes.spines["left"].set_bounds(0, 100)
    taken = [_boxes(rows, last) for rows in shown.values()]
    taken.append(_draw_medians(axes, shown, styles, words.medians) / [last, last, 1, 1])
    lifted = _draw_notes(axes, words.notes, np.concatenate(taken))
    axes.set_ylabel(wrap(words.label, axes_height(axes), 7.5))
    handles = [
        Line2D([], [], color=s.colour, linestyle=s.line) for s in styles.values()
    ]
    draw_key(axes, handles, labels, width=axes_width(axes), above=lifted)
    return axes


def drawn_part(curve: pl.DataFrame, minimum: int) -> pl.DataFrame:
    """Return what is drawn of an arm's curve: as long as so many are at risk."""
    if minimum <= 1:
        return curve
    # The last time with so many, as where patients enter later the number may rise.
    enough = pl.col("n_risk").fill_null(1) >= minimum
    return curve.sort("months").filter(enough.cum_sum(reverse=True) > 0)


def last_month(rows: pl.DataFrame) -> float:
    """Return when a curve ends; 0 if nothing of it is shown."""
    return rows["months"].item(-1) if rows.height else 0.0


def _draw_arm(
    axes: Axes, arm: str, rows: pl.DataFrame, look: ArmStyle, last: float
) -> None:
    shares = pl.col("estimate", "conf_low", "conf_high").cast(pl.Float64)
    percent = keep_steps(rows, last).with_columns(shares * 100)
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
    censored = keep_marks(rows.filter(pl.col("n_censor") > 0), last)
    axes.plot(
        censored["months"].to_numpy(),
        censored["estimate"].cast(pl.Float64).to_numpy() * 100,
        linestyle="none",
        marker="|",
        markersize=4.5,
        markeredgewidth=0.5,
        color=look.colour,
        label=f"{arm}: censored",
        clip_on=False,
        zorder=3,
    )


def _draw_medians(
    axes: Axes,
    shown: Mapping[str, pl.DataFrame],
    styles: Mapping[str, ArmStyle],
    medians: Mapping[str, float],
) -> NDArray[np.float64]:
    """Lead from one half to the medians; return the boxes of the lines."""
    reached = {
        arm: month for arm, month in medians.items() if month <= last_month(shown[arm])
    }
    boxes = []
    for arm, month in reached.items():
        axes.plot(
            [month, month],
            [0, 50],
            color=styles[arm].colour,
            label=f"{arm}: median",
            **HALF,
        )
        boxes.append((month, month, 0.0, 50 / TOP))
    if reached:
        furthest = max(reached.values())
        axes.plot([0, furthest], [50, 50], color="#7A7A7A", label="one half", **HALF)
        boxes.append((0.0, furthest, 50 / TOP, 50 / TOP))
    return np.array(boxes).reshape(-1, 4)


def _boxes(rows: pl.DataFrame, last: float) -> NDArray[np.float64]:
    """Return left, right, bottom and top of what each row draws, in shares."""
    here = pl.col("estimate")
    following = pl.col("months").shift(-1, fill_value=last_month(rows))
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
