"""Room for text: how wide it is, where it breaks, and the space around the axes."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, TypeAlias, TypeVar

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath
from numpy.typing import NDArray

from twoarm.figures.house import FONTS, SMALL, TEXT, WIDTHS_MM, house_style, mm

T = TypeVar("T")

Area: TypeAlias = Figure | SubFigure
"""A figure, or a part of a page."""

POINT = 1 / 72
"""Inches in a point."""
LEADING = 1.42
"""Height of a line over the size of its type, with room to spare."""
KEY_GAP = 40 * POINT
"""Width of a legend's handle and the space around it, in inches."""

_measure = TextToPath()


def sheet(area: Area | None, width_mm: float, height_mm: float) -> Area:
    """Return the area to draw on: the one given, or a new figure of that size."""
    if area is not None:
        return area
    return Figure(figsize=(mm(width_mm), mm(height_mm)))


def page(area: Area) -> Figure:
    """Return the figure that an area belongs to."""
    while isinstance(area, SubFigure):
        area = area.get_figure(root=True)
    return area


def extent(area: Area) -> tuple[float, float]:
    """Return width and height of an area in inches."""
    dpi = page(area).dpi
    return float(area.bbox.width / dpi), float(area.bbox.height / dpi)


def axes_within(
    area: Area, *, left: float, right: float, bottom: float, top: float
) -> Axes:
    """Add axes that leave a margin, in inches, on each side of the area.

    Raises
    ------
    ValueError
        Nothing would be left between the margins.
    """
    width, height = extent(area)
    inner = width - left - right, height - bottom - top
    if min(inner) < 0.2:
        raise ValueError(
            f"{width * 25.4:.0f} mm x {height * 25.4:.0f} mm is too small for the "
            "figure and its labels: give it more room or shorten the labels"
        )
    return area.add_axes(
        (left / width, bottom / height, inner[0] / width, inner[1] / height)
    )


@lru_cache(maxsize=8192)
def text_width(text: str, size: float = TEXT, weight: str = "normal") -> float:
    """Measure the longest line of a text, in inches."""
    font = FontProperties(family=FONTS, size=size, weight=weight)
    widths = [
        _measure.get_text_width_height_descent(line, font, ismath=False)[0]
        for line in text.split("\n")
        if line
    ]
    return float(max(widths, default=0.0)) * POINT


def text_height(text: str, size: float = TEXT) -> float:
    """Return the height to keep for a text, in inches."""
    return (text.count("\n") + 1) * size * LEADING * POINT


def wrap(text: str, width: float, size: float = TEXT, weight: str = "normal") -> str:
    """Break a text into lines that are at most `width` inches wide.

    Lines break at spaces, and within a word only if it alone is too wide. A
    non-breaking space holds words together.
    """
    lines = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            for part in _parts(word, width, size, weight):
                longer = f"{line} {part}" if line else part
                if line and text_width(longer, size, weight) > width:
                    lines.append(line)
                    longer = part
                line = longer
        lines.append(line)
    return "\n".join(lines)


def _parts(word: str, width: float, size: float, weight: str) -> Iterator[str]:
    while len(word) > 1 and text_width(word, size, weight) > width:
        fits = len(word) - 1
        while fits > 1 and text_width(word[:fits], size, weight) > width:
            fits -= 1
        yield word[:fits]
        word = word[fits:]
    yield word


def key_height(labels: Sequence[str], width: float) -> float:
    """Return the height, in inches, of a legend above axes of that width."""
    wrapped, columns = _key(labels, width)
    lines = [label.count("\n") + 1 for label in wrapped]
    rows = [sum(part) * 8.4 + len(part) * 2.5 for part in _columns(lines, columns)]
    return (max(rows) + 3) * POINT


def draw_key(
    axes: Axes,
    handles: Sequence[Any],
    labels: Sequence[str],
    *,
    width: float,
    before: float = 0.0,
    above: float = 0.0,
    **options: Any,
) -> None:
    """Draw a legend above the axes, where it covers nothing.

    Parameters
    ----------
    axes
        What the legend stands above.
    handles, labels
        What the legend shows, and its words.
    width
        Width to fill in inches: labels wrap, and stand side by side if they fit.
    before
        Inches by which the legend starts to the left of the axes.
    above
        Inches between the axes and the legend.
    **options
        Further options of `Axes.legend`.
    """
    wrapped, columns = _key(labels, width)
    axes.legend(
        list(handles),
        wrapped,
        ncols=columns,
        loc="lower left",
        bbox_to_anchor=(-before / axes_width(axes), 1 + above / axes_height(axes)),
        **options,
    )


def _key(labels: Sequence[str], width: float) -> tuple[list[str], int]:
    wrapped = [wrap(label, width - KEY_GAP) for label in labels]
    widths = [text_width(label) + KEY_GAP for label in wrapped]
    for columns in range(len(labels), 1, -1):
        if sum(max(part) for part in _columns(widths, columns)) <= width:
            return wrapped, columns
    return wrapped, 1


def _columns(values: Sequence[T], columns: int) -> list[Sequence[T]]:
    """Divide values into columns as a legend does: the first are the longer ones."""
    least, longer = divmod(len(values), columns)
    ends = [least * n + min(n, longer) for n in range(columns + 1)]
    return [values[start:end] for start, end in pairwise(ends)]


def month_step(last: float) -> float:
    """Return how far apart the ticks of an axis of months stand, in months.

    >>> month_step(5.0), month_step(37.0)
    (1, 6)
    """
    return next((step for step in (1, 3, 6, 12, 24) if last / step <= 10), 60)


def align_labels(*stacked: Axes) -> None:
    """Put the labels of the upright axes one below the other."""
    for axes in stacked:
        axes.yaxis.set_label_coords(-23 * POINT / axes_width(axes), 0.5)


def axes_height(axes: Axes) -> float:
    """Return the height of axes in inches."""
    box = axes.get_window_extent()
    return float(box.height / page(axes.figure).dpi)


def axes_width(axes: Axes) -> float:
    """Return the width of axes in inches."""
    box = axes.get_window_extent()
    return float(box.width / page(axes.figure).dpi)


def footnote_height(text: str, width: float) -> float:
    """Return the height, in inches, of a footnote of that width; 0 if it is empty."""
    return text_height(wrap(text, width, SMALL), SMALL) if text else 0.0


def draw_footnote(area: Area, text: str) -> None:
    """Print a note along the lower edge of an area; nothing if it is empty."""
    if not text:
        return
    width, height = extent(area)
    margin = mm(1.5)
    area.text(
        margin / width,
        mm(0.8) / height,
        wrap(text, width - 2 * margin, SMALL),
        size=SMALL,
        va="bottom",
    )


def draw_sentence(words: str, area: Area | None = None) -> Figure:
    """Say in words why a figure has nothing to draw."""
    with house_style():
        on = sheet(area, WIDTHS_MM["middle"], 20)
        width = extent(on)[0]
        on.text(mm(3) / width, 0.5, wrap(words, width - mm(6)), va="center")
    return page(on)


def free_place(
    taken: NDArray[np.float64], width: float, height: float
) -> tuple[float, float] | None:
    """Find where in the axes a text covers nothing that is drawn.

    Parameters
    ----------
    taken
        Rows of left, right, bottom and top of what is drawn, as shares of the axes.
    width, height
        Size of the text, as shares of the axes.

    Returns
    -------
    tuple or None
        Left and bottom of the text: a corner if one is free, else the first free
        place along the edges, None if there is no room.
    """
    left, right, low, high = 0.025, 0.995 - width, 0.03, 0.99 - height
    if right < left or high < low:
        return None
    corners = [(left, low), (right, high), (right, low), (left, high)]
    inner = [
        (x, y) for y in np.linspace(low, high, 11) for x in np.linspace(left, right, 9)
    ]
    for x, y in corners + inner:
        apart = (
            (taken[:, 0] > x + width + 0.01)
            | (taken[:, 1] < x - 0.01)
            | (taken[:, 2] > y + height + 0.015)
            | (taken[:, 3] < y - 0.015)
        )
        if apart.all():
            return float(x), float(y)
    return None
