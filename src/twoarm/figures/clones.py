"""Clones over time: who is left, what they are worth, and how they are weighted."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, MultipleLocator

from twoarm.figures.house import (
    TEXT,
    WIDTHS_MM,
    ArmStyle,
    arm_styles,
    house_style,
    mm,
)
from twoarm.figures.layout import draw_key, month_step
from twoarm.figures.phrases import say
from twoarm.months import DAYS_PER_MONTH

HEIGHT_MM = 118.0
GREY = "#767676"
BOX = ("weight_q05", "weight_q25", "weight_q50", "weight_q75", "weight_q95")


class Part(NamedTuple):
    """What an arm has: its months, its columns, its place and its style."""

    months: np.ndarray
    rows: pl.DataFrame
    place: int
    style: ArmStyle


def draw_clones(
    clones: pl.DataFrame, *, arms: Sequence[str], colours: Mapping[str, str]
) -> Figure:
    """Draw the clones of one endpoint and design, by arm.

    Four parts: clones at risk, and their effective number; those censored as they left
    their strategy; the largest weight; and the weights just after the grace period, of
    which the box has the quartiles and the line the percentiles 5 and 95. A grey line
    marks the end of the grace period.

    Parameters
    ----------
    clones
        Rows of the contract ClonesOverTime, blank where few are left.
    arms
        Labels of the treated and the control arm.
    colours
        Arm label to colour, as `#RRGGBB`.
    """
    styles = arm_styles(arms, colours)
    parts = []
    for place, arm in enumerate(arms):
        rows = clones.filter(arm=arm).sort("days")
        months = rows["days"].to_numpy() / DAYS_PER_MONTH
        parts.append(Part(months, rows, place, styles[arm]))
    grace = clones["grace_days"].max()
    step = month_step(max(part.months.max(initial=0.0) for part in parts))
    with house_style():
        figure = Figure(figsize=(mm(WIDTHS_MM["double"]), mm(HEIGHT_MM)))
        grid = figure.subplots(2, 2)
        figure.subplots_adjust(
            left=0.07, right=0.985, top=0.89, bottom=0.09, hspace=0.42, wspace=0.28
        )
        drawn: tuple[tuple[str, Callable[[Axes, Part], None]], ...] = (
            ("Clones at risk; dotted, their effective number", _at_risk),
            ("Left their strategy, and so censored", _censored),
            ("Largest weight", _largest),
        )
        for axes, (title, draw) in zip(grid.flat, drawn, strict=False):
            for part in parts:
                draw(axes, part)
            end = float(grace) / DAYS_PER_MONTH  # type: ignore[arg-type]
            axes.axvline(end, color=GREY, linewidth=0.6, zorder=1)
            axes.set(
                xlabel=say("Months since time zero"), ylim=(0, None), xlim=(0, None)
            )
            axes.xaxis.set_major_locator(MultipleLocator(step))
            axes.set_title(say(title), loc="left", size=TEXT, weight="bold")
        _draw_boxes(grid.flat[3], clones, parts, arms)
        lines = grid.flat[1].get_lines()[: len(arms)]
        wide = mm(WIDTHS_MM["double"]) * 0.9
        draw_key(grid.flat[0], lines, arms, width=wide, above=0.2)
    return figure


def _line(axes: Axes, part: Part, column: str, **style: Any) -> None:
    known = part.rows[column].is_not_null().to_numpy()
    values = part.rows[column].cast(pl.Float64).fill_null(np.nan).to_numpy()
    look: dict[str, Any] = {
        "color": part.style.colour,
        "linestyle": part.style.line,
        **style,
    }
    if known.all():
        axes.step(part.months, values, where="post", **look)
    else:
        # What lies between the days that are told is not known.
        dots = {"marker": "o", "markersize": 2.2, "linewidth": 0.6}
        axes.plot(part.months[known], values[known], **{**look, **dots})


def _at_risk(axes: Axes, part: Part) -> None:
    _line(axes, part, "n_at_risk")
    _line(axes, part, "effective_n", linestyle=(0, (1, 1.2)))


def _censored(axes: Axes, part: Part) -> None:
    _line(axes, part, "n_censored")


def _largest(axes: Axes, part: Part) -> None:
    _line(axes, part, "largest_weight")


def _draw_boxes(
    axes: Axes, clones: pl.DataFrame, parts: Sequence[Part], arms: Sequence[str]
) -> None:
    """Draw the weights of each arm just after the grace period."""
    axes.set_title(
        say("Weights just after the grace period"), loc="left", size=TEXT, weight="bold"
    )
    for part in parts:
        after = part.rows.filter(pl.col("days") == pl.col("grace_days"))
        found = after.select(BOX).drop_nulls()
        if found.is_empty():
            continue
        low, first, middle, third, high = found.row(0)
        colour, y = part.style.colour, -part.place
        axes.plot([low, high], [y, y], color=colour, linewidth=1.0)
        axes.barh(
            y, third - first, 0.34, first, facecolor="white", edgecolor=colour
        )  # fmt: skip
        axes.plot([middle, middle], [y - 0.17, y + 0.17], color=colour, linewidth=1.6)
        axes.plot([after["largest_weight"][0]], [y], "|", color=colour, markersize=6)
    axes.set_yticks([-part.place for part in parts], list(arms))
    axes.set(
        ylim=(-len(arms) + 0.4, 0.6),
        xlim=(0, None),
        xlabel=say("Weight; mark: largest"),
    )
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
