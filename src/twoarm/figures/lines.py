"""Ratios with their limits, a line each, headings among them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from twoarm.figures.house import TEXT, WIDTHS_MM, house_style, mm
from twoarm.figures.layout import (
    POINT,
    Area,
    axes_width,
    axes_within,
    extent,
    page,
    sheet,
    text_width,
    wrap,
)

INK, GREY = "#1B1B1B", "#7A7A7A"
ROW = 15 * POINT
"""Height of a row in inches."""
BELOW = 30 * POINT
"""Inches for the axis below the rows."""
TICKS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
WIDEST = (0.05, 20.0)
"""Ratios beyond which a line is cut off, and an arrow says so."""


class Line(NamedTuple):
    """One line of a figure: a heading, or an estimate with its numbers."""

    label: str
    told: str = ""
    numbers: tuple[float, float, float] | None = None
    sound: bool = True


def draw_lines(
    lines: Sequence[Line], *, label: str, area: Area | None = None
) -> Figure:
    """Draw ratios with their limits, a line each, headings among them.

    Parameters
    ----------
    lines
        What each line holds; one that tells nothing is a heading.
    label
        Of the axis.
    area
        Part of a page to draw on; a new figure of 180 mm if left out.
    """
    with house_style():
        width = extent(area)[0] if area else mm(WIDTHS_MM["double"])
        labels = [wrap(line.label, width * 0.36) for line in lines]
        left = max(map(text_width, labels), default=0.0) + 14 * POINT
        told = [text_width(line.told) for line in lines]
        right = max(told, default=0.0) + 12 * POINT
        high = ROW * max(len(lines), 2)
        on = sheet(area, WIDTHS_MM["double"], (high + BELOW + 6 * POINT) * 25.4)
        axes = axes_within(on, left=left, right=right, bottom=BELOW, top=4 * POINT)
        low, top = _limits(lines)
        axes.set(xscale="log", xlim=(low, top), ylim=(max(len(lines), 2) - 0.5, -0.5))
        axes.axvline(1, color=INK, linewidth=0.7, zorder=1)
        for place, line in enumerate(lines):
            _draw_line(axes, place, line, labels[place], left)
        ticks = [tick for tick in TICKS if low <= tick <= top]
        axes.xaxis.set_major_locator(FixedLocator(ticks))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.set_xlabel(label)
    return page(on)


def _limits(lines: Sequence[Line]) -> tuple[float, float]:
    """Reach from the least to the greatest limit, 1 among them, to the widest."""
    ends = [end for line in lines if line.numbers for end in line.numbers]
    low, high = min([*ends, 0.5]) / 1.15, max([*ends, 2.0]) * 1.15
    return max(low, WIDEST[0]), min(high, WIDEST[1])


def _draw_line(axes: Axes, place: int, line: Line, label: str, left: float) -> None:
    """Draw a row: its label, the ratio with its limits, and the numbers."""
    colour = INK if line.sound else GREY
    across = axes.get_yaxis_transform()
    width = axes_width(axes)
    heading = not line.told
    x = -(left - (4 if heading else 12) * POINT) / width
    style: dict[str, Any] = {
        "va": "center",
        "transform": across,
        "color": colour,
        "fontsize": TEXT,
    }
    axes.text(x, place, label, weight="bold" if heading else "normal", **style)
    if heading:
        return
    axes.text(1 + 6 * POINT / width, place, line.told, **style)
    if line.numbers is None:
        return
    ratio, low, high = line.numbers
    ends = np.clip([low, high], *axes.get_xlim())
    axes.plot(ends, [place, place], color=colour, linewidth=1.0, zorder=2)
    for end, limit, mark in ((ends[0], low, "<"), (ends[1], high, ">")):
        if end != limit:
            axes.plot([end], [place], mark, color=colour, markersize=4, clip_on=False)
    axes.plot(
        [ratio],
        [place],
        "s",
        color=colour,
        markerfacecolor=colour if line.sound else "white",
        markersize=4.6,
        zorder=3,
    )
