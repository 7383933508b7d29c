"""A table of numbers below the time axis, each exactly under its tick."""

import itertools
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from matplotlib.axes import Axes

from twoarm.figures.house import ArmStyle
from twoarm.figures.layout import POINT, axes_width, text_height, text_width, wrap

AXIS = 47 * POINT
"""Room for the numbers of the survival axis and two lines of its label, in inches."""
GAP = 3 * POINT
"""Inches between two blocks of lines."""


class TableLine(NamedTuple):
    """A line of the table: its label, what is printed at each tick, and whose it is.

    A line without numbers is a heading; one of an arm has the arm's colour.
    """

    label: str
    printed: Sequence[str] = ()
    arm: str | None = None


class RiskTable:
    """Lines of numbers as printed, and the room that they need.

    Attributes
    ----------
    lines
        The lines, their labels broken to fit.
    ticks
        Months of the ticks.
    left, right, height
        Inches to keep beside the time axis, and below it for the table.
    """

    def __init__(
        self, lines: Sequence[TableLine], ticks: Sequence[float], width: float
    ) -> None:
        self.lines = [
            line._replace(label=wrap(line.label, width * (0.24 if line.printed else 1)))
            for line in lines
        ]
        self.ticks = ticks
        told = [line for line in self.lines if line.printed]
        half = max(text_width(line.printed[0]) for line in told) / 2 + 7 * POINT
        widest = max(text_width(line.label) for line in told)
        self.left = max(AXIS, widest + half + 3 * POINT)
        ends = [f"{ticks[-1]:g}", *(line.printed[-1] for line in told)]
        self.right = max(text_width(end) for end in ends) / 2 + 4 * POINT
        self.height = sum(map(self.line_height, self.lines))

    def line_height(self, line: TableLine) -> float:
        """Return the height of a line in inches; before a block there is a gap."""
        block = not line.printed and line != self.lines[0]
        return text_height(line.label) + (GAP if block else 0.0)

    def thinned(self, scale: float) -> int:
        """Return which ticks to keep, so that their numbers do not meet: 1 for each.

        Parameters
        ----------
        scale
            Inches of a month on the time axis.
        """
        printed = [number for line in self.lines for number in line.printed]
        widest = max(map(text_width, printed)) + 4 * POINT
        for every in range(1, len(self.ticks)):
            kept = self.ticks[::every]
            nearest = min((b - a for a, b in itertools.pairwise(kept)), default=0)
            if not nearest or nearest * scale >= widest:
                return every
        return max(1, len(self.ticks))


def draw_rows(
    axes: Axes, table: RiskTable, styles: Mapping[str, ArmStyle], every: int
) -> None:
    """Print the table on axes that share the time axis of the curves.

    Parameters
    ----------
    axes
        As high as `table.height`; emptied of ticks and frame.
    table
        What to print.
    styles
        Arm label to its look.
    every
        Print at every first, second, ... tick.
    """
    axes.set(ylim=(table.height, 0), xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    edge = (2 * POINT - table.left) / axes_width(axes)
    across = axes.get_yaxis_transform()
    y = 0.0
    for line in table.lines:
        y += table.line_height(line)
        middle = y - text_height(line.label) / 2
        colour = styles[line.arm].colour if line.arm else "black"
        text = axes.text(edge, middle, line.label, transform=across)
        text.set(color=colour, va="center")
        kept = zip(table.ticks[::every], line.printed[::every], strict=False)
        for month, printed in kept:
            axes.text(month, middle, printed, ha="center", va="center")
