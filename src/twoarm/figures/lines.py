"""Ratios with their limits, a line each, headings among them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from twoarm.figures.columns import Table, columns_of, write_cells, write_heads
from twoarm.figures.house import WIDTHS_MM, house_style, mm
from twoarm.figures.layout import (
    POINT,
    Area,
    axes_height,
    axes_width,
    axes_within,
    extent,
    page,
    sheet,
    text_height,
    text_width,
    wrap,
)

INK, GREY = "#1B1B1B", "#7A7A7A"
ROW = 15 * POINT
"""Height of a row in inches."""
BELOW = 30 * POINT
"""Inches for the axis below the rows."""
LOWER = 10 * POINT
"""Inches for words below the label of the axis."""
SIZE, SMALLEST = 4.6, 2.6
"""Sizes of marks in points."""
TICKS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
WIDEST = (0.05, 20.0)
"""Ratios beyond which a line is cut off, and an arrow says so."""


class Line(NamedTuple):
    """One line of a figure: its label, its cells, and the estimate that is drawn."""

    label: str
    cells: tuple[str, ...] = ()
    numbers: tuple[float, float, float] | None = None
    sound: bool = True
    heading: bool = False


def draw_lines(
    lines: Sequence[Line],
    *,
    label: str,
    heads: Sequence[str],
    favours: Sequence[str] = (),
    area: Area | None = None,
) -> Figure:
    """Draw ratios with their limits, a line each, headings among them.

    Parameters
    ----------
    lines
        What each line holds.
    label
        Of the axis.
    heads
        Of the columns of cells.
    favours
        Words below the axis, left and right of 1. The marks are then the larger the
        narrower the limits, as all ratios are of one kind.
    area
        Part of a page to draw on; a new figure of 180 mm if left out.
    """
    with house_style():
        width = extent(area)[0] if area else mm(WIDTHS_MM["double"])
        labels = [wrap(line.label, width * 0.3) for line in lines]
        bold = [text_width(words, weight="bold") for words in labels]
        left = max(bold, default=0.0) + 14 * POINT
        table = columns_of([line.cells for line in lines], heads)
        right = sum(table.widths) + 6 * POINT
        top = max(map(text_height, table.heads)) + 4 * POINT
        below = BELOW + (LOWER if favours else 0.0)
        high = ROW * max(len(lines), 2)
        on = sheet(area, WIDTHS_MM["double"], (high + below + top) * 25.4)
        axes = axes_within(on, left=left, right=right, bottom=below, top=top)
        low, most = _limits(lines)
        axes.set(xscale="log", xlim=(low, most), ylim=(max(len(lines), 2) - 0.5, -0.5))
        axes.axvline(1, color=INK, linewidth=0.7, zorder=1)
        sizes = _sizes(lines) if favours else [SIZE] * len(lines)
        for place, line in enumerate(lines):
            _write_line(axes, place, line, labels[place], left, table)
            _draw_line(axes, place, line, sizes[place])
        _dress(axes, table, label, favours)
    return page(on)


def _sizes(lines: Sequence[Line]) -> list[float]:
    """Size each mark by the precision of its logarithm."""
    spans = [
        np.log(line.numbers[2] / line.numbers[1])
        if line.numbers and line.numbers[2] > line.numbers[1] > 0
        else np.inf
        for line in lines
    ]
    least = min(spans, default=np.inf)
    return [SMALLEST + (SIZE + 1 - SMALLEST) * float(least / span) for span in spans]


def _dress(axes: Axes, table: Table, label: str, favours: Sequence[str]) -> None:
    low, high = axes.get_xlim()
    ticks = [tick for tick in TICKS if low <= tick <= high]
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(label)
    write_heads(axes, table)
    below = -(BELOW - 2 * POINT) / axes_height(axes)
    half = np.log(1 / low) / np.log(high / low)
    for words, side, shift in zip(favours, ("right", "left"), (-1, 1), strict=False):
        x = half + shift * 4 * POINT / axes_width(axes)
        axes.text(x, below, words, transform=axes.transAxes, ha=side, va="top")


def _limits(lines: Sequence[Line]) -> tuple[float, float]:
    """Reach from the least to the greatest limit, 1 among them, to the widest."""
    ends = [end for line in lines if line.numbers for end in line.numbers]
    low, high = min([*ends, 0.5]) / 1.15, max([*ends, 2.0]) * 1.15
    return max(low, WIDEST[0]), min(high, WIDEST[1])


def _write_line(
    axes: Axes, place: int, line: Line, label: str, left: float, table: Table
) -> None:
    """Write the label of a line and its cells."""
    colour = INK if line.sound else GREY
    indent = 4 if line.heading else 12
    x = -(left - indent * POINT) / axes_width(axes)
    text = axes.text(x, place, label, transform=axes.get_yaxis_transform())
    text.set(va="center", color=colour, weight="bold" if line.heading else "normal")
    write_cells(axes, place, line.cells, table, color=colour)


def _draw_line(axes: Axes, place: int, line: Line, size: float) -> None:
    """Draw a ratio with its limits; an arrow where these go on."""
    if line.numbers is None:
        return
    colour = INK if line.sound else GREY
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
        markersize=size,
        zorder=3,
    )
