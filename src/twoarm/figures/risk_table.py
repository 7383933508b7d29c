"""The numbers at risk, in a table below the time axis."""

import itertools
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from twoarm.figures.house import ArmStyle
from twoarm.figures.layout import POINT, axes_width, text_height, text_width, wrap

HEADING = "Number at risk"
AXIS = 34 * POINT
"""Room for the labels of the survival axis, in inches."""


class RiskTable:
    """Numbers at risk as printed, and the room that they need.

    Attributes
    ----------
    counts
        Arm label to what is printed at each tick.
    ticks
        Months of the ticks.
    labels
        Arm label to the same broken into lines.
    left, right, height
        Inches to keep beside the time axis, and below it for the table.
    """

    def __init__(
        self, counts: Mapping[str, Sequence[str]], ticks: Sequence[float], width: float
    ) -> None:
        self.counts = counts
        self.ticks = ticks
        self.labels = {arm: wrap(arm, width * 0.24) for arm in counts}
        self.half = max(text_width(row[0]) for row in counts.values()) / 2 + 5 * POINT
        widest = max(text_width(label) for label in self.labels.values())
        self.left = max(AXIS, widest + self.half + 3 * POINT)
        ends = [f"{ticks[-1]:g}", *(row[-1] for row in counts.values())]
        self.right = max(text_width(end) for end in ends) / 2 + 4 * POINT
        self.height = text_height(HEADING) + sum(
            text_height(label) for label in self.labels.values()
        )


def thinned(
    counts: Mapping[str, Sequence[str]], ticks: Sequence[float], scale: float
) -> int:
    """Return which ticks to keep, so that their numbers do not meet: 1 for each.

    Parameters
    ----------
    counts
        Arm label to what is printed at each tick.
    ticks
        Months of the ticks, ascending.
    scale
        Inches of a month on the time axis.
    """
    widest = max(text_width(n) for row in counts.values() for n in row) + 4 * POINT
    for every in range(1, len(ticks)):
        kept = ticks[::every]
        nearest = min((b - a for a, b in itertools.pairwise(kept)), default=0)
        if not nearest or nearest * scale >= widest:
            return every
    return max(1, len(ticks))


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
    y = text_height(HEADING)
    axes.text(edge, y / 2, HEADING, transform=across, va="center")
    for arm, label in table.labels.items():
        height = text_height(label)
        axes.text(
            edge,
            y + height / 2,
            label,
            transform=across,
            color=styles[arm].colour,
            va="center",
        )
        kept = zip(table.ticks[::every], table.counts[arm][::every], strict=True)
        for month, printed in kept:
            axes.text(month, y + height / 2, printed, ha="center", va="center")
        y += height
