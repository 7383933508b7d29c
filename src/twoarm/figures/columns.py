"""Columns of text to the right of a plot, a cell a line, under their heads."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes

from twoarm.figures.layout import POINT, axes_height, axes_width, text_width, wrap

COLUMN = 46 * POINT
"""Inches that a head has before it breaks."""


class Table(NamedTuple):
    """Heads of the columns right of the plot, and their widths in inches."""

    heads: Sequence[str]
    widths: Sequence[float]


def columns_of(rows: Sequence[Sequence[str]], heads: Sequence[str]) -> Table:
    """Make each column as wide as its cells and the words of its head.

    Parameters
    ----------
    rows
        Cells of each line; a line may have fewer than there are columns.
    heads
        Of the columns.
    """
    found, widths = [], []
    for place, head in enumerate(heads):
        cells = [row[place] for row in rows if len(row) > place]
        widest = max(map(text_width, cells), default=0.0)
        found.append(wrap(head, max(widest, COLUMN), weight="bold"))
        widths.append(max(widest, text_width(found[-1], weight="bold")) + 10 * POINT)
    return Table(found, widths)


def write_cells(
    axes: Axes, place: float, cells: Sequence[str], table: Table, **style: Any
) -> None:
    """Write the cells of the line at a place of the upright axis."""
    across = axes.get_yaxis_transform()
    for x, cell in zip(_starts(axes, table), cells, strict=False):
        axes.text(x, place, cell, va="center", transform=across, **style)


def write_heads(axes: Axes, table: Table) -> None:
    """Write the heads above the axes."""
    top = 1 + 4 * POINT / axes_height(axes)
    for x, head in zip(_starts(axes, table), table.heads, strict=True):
        axes.text(x, top, head, transform=axes.transAxes, va="bottom", weight="bold")


def _starts(axes: Axes, table: Table) -> list[float]:
    """Return where the columns start, as shares of the axes."""
    edges = np.r_[6 * POINT, 6 * POINT + np.cumsum(table.widths)[:-1]]
    return [1 + float(edge) / axes_width(axes) for edge in edges]
