"""Flow of patients: from those assessed to the two arms."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from twoarm.figures.house import TEXT, WIDTHS_MM, house_style, mm
from twoarm.figures.layout import (
    POINT,
    Area,
    axes_within,
    extent,
    page,
    sheet,
    text_height,
    wrap,
)
from twoarm.figures.phrases import say

EDGE = 2 * POINT
PAD = 3.2 * POINT
"""Inches between a box and its text."""
ARROW = 11 * POINT
"""Shortest arrow between two boxes, in inches."""
SPLIT = 20 * POINT
"""Height of the fork to the arms, in inches."""
NARROW, WIDE = 0.4, 0.5
"""Width of those who stay and of those who leave, as shares of the flow."""
INK = "#262626"


@dataclass(frozen=True)
class Box:
    """A box with text, in inches from the upper left of the flow."""

    text: str
    left: float
    top: float
    width: float

    @property
    def height(self) -> float:
        """Height that the text needs."""
        return text_height(self.text) + 2 * PAD

    @property
    def bottom(self) -> float:
        """Lower edge."""
        return self.top + self.height

    @property
    def centre(self) -> float:
        """Middle between left and right."""
        return self.left + self.width / 2


def draw_attrition(
    attrition: pl.DataFrame,
    *,
    arms: Sequence[tuple[str, int | None]],
    hidden: str = "not shown",
    withheld: str = "not shown",
    start: str = "Assessed for eligibility",
    remaining: str = "Remaining",
    area: Area | None = None,
) -> Figure:
    """Draw who left at which step, and how those who stayed divide into the arms.

    Parameters
    ----------
    attrition
        Rows of `Attrition`, of which counts may be null where they must not be shown;
        a step by which nobody left is not drawn.
    arms
        Label and number of patients of each arm, the treated arm first; None as null.
    hidden
        Printed for a null `n_excluded` or a null arm, such as "<5".
    withheld
        Printed for a null `n_before` or `n_after`: a number of those remaining that
        is not small, but from which a small one could be worked out.
    start
        Words of the first box.
    remaining
        Words of the boxes between.
    area
        Part of a page to draw on; a new figure of 130 mm, as high as the boxes need,
        if left out.

    Raises
    ------
    ValueError
        There is no step or arm, the area is too low, or the counts do not add up.
    """
    steps = attrition.sort("step")
    _check_counts(steps, arms)
    with house_style():
        width = extent(area)[0] if area else mm(WIDTHS_MM["middle"])
        inner = width - 2 * EDGE
        words = f"{say(start)}{_n(steps['n_before'].item(0), withheld)}"
        # A step by which nobody left says nothing; the first only says who was read.
        drawn = steps.filter(pl.col("n_excluded").fill_null(1) > 0)
        column, sides = _boxes(drawn, inner, words, remaining, (hidden, withheld))
        ends = _arm_boxes(arms, inner, column[-1].bottom + SPLIT, hidden)
        high = max(box.bottom for box in ends)
        on = sheet(area, WIDTHS_MM["middle"], (high + 2 * EDGE) * 25.4)
        if extent(on)[1] < high + 2 * EDGE - 1e-6:
            needed = (high + 2 * EDGE) * 25.4
            raise ValueError(f"the flow needs {needed:.0f} mm of height")
        below = extent(on)[1] - high - EDGE
        axes = axes_within(on, left=EDGE, right=EDGE, bottom=below, top=EDGE)
        axes.set(xlim=(0, inner), ylim=(high, 0))
        axes.set_axis_off()
        _draw_column(axes, column, sides)
        _draw_fork(axes, column[-1], ends)
    return page(on)


def _check_counts(steps: pl.DataFrame, arms: Sequence[tuple[str, int | None]]) -> None:
    if steps.is_empty() or not arms:
        raise ValueError(
            f"cannot draw a flow of {steps.height} steps to {len(arms)} arms"
        )
    unequal = steps.filter(
        (pl.col("n_before") - pl.col("n_excluded") != pl.col("n_after"))
        | (pl.col("n_after").shift(1) != pl.col("n_before"))
    )
    if unequal.height:
        numbers = unequal["step"].to_list()
        raise ValueError(f"patients do not add up at the steps {numbers} of the flow")
    counts = [n for _, n in arms if n is not None]
    after = steps["n_after"].item(-1)
    if after is not None and len(counts) == len(arms) and sum(counts) != after:
        raise ValueError(
            f"{sum(counts)} patients in the arms, but {after} after the last step"
        )


def _n(count: int | None, instead: str) -> str:
    """Return the count in brackets, held to the word before it."""
    if count is not None:
        return f" (n\u00a0=\u00a0{count})"
    return f" (n\u00a0{say(instead)})"


def _boxes(
    steps: pl.DataFrame,
    inner: float,
    start: str,
    remaining: str,
    instead: tuple[str, str],
) -> tuple[list[Box], list[Box]]:
    """Lay out the column of those who stay, and beside it those who leave."""
    hidden, withheld = instead
    narrow, wide = inner * NARROW, inner * WIDE
    column = [Box(wrap(start, narrow - 2 * PAD), 0, 0, narrow)]
    sides: list[Box] = []
    for row in steps.iter_rows(named=True):
        out = f"{say('Excluded')}{_n(row['n_excluded'], hidden)}\n{say(row['reason'])}"
        side = Box(wrap(out, wide - 2 * PAD), inner - wide, 0, wide)
        above = column[-1]
        # The box at the side stands beside the arrow, and may be higher than it is.
        arrow = max(ARROW, side.height - above.height / 2 - PAD)
        kept = wrap(f"{say(remaining)}{_n(row['n_after'], withheld)}", narrow - 2 * PAD)
        top = above.bottom + arrow / 2 - side.height / 2
        if sides:
            top = max(top, sides[-1].bottom + 4 * POINT)
        top = max(top, 0.0)
        middle = top + side.height / 2
        sides.append(Box(side.text, side.left, top, wide))
        column.append(
            Box(kept, 0, max(above.bottom + ARROW, middle + ARROW * 0.8), narrow)
        )
    return column, sides


def _arm_boxes(
    arms: Sequence[tuple[str, int | None]], inner: float, top: float, hidden: str
) -> list[Box]:
    if len(arms) == 2:
        # The first stands below the column, the second below those who left.
        spans = [(0.0, inner * NARROW), (inner * (1 - WIDE), inner * WIDE)]
    else:
        each = inner / len(arms)
        spans = [(place * each, each * 0.94) for place in range(len(arms))]
    return [
        Box(wrap(f"{arm}{_n(count, hidden)}", width - 2 * PAD), left, top, width)
        for (arm, count), (left, width) in zip(arms, spans, strict=True)
    ]


def _draw_column(axes: Axes, column: Sequence[Box], sides: Sequence[Box]) -> None:
    for box in column:
        _draw_box(axes, box)
    for above, below in itertools.pairwise(column):
        _draw_arrow(axes, (above.centre, above.bottom), (below.centre, below.top))
    for side in sides:
        _draw_box(axes, side)
        middle = (side.top + side.bottom) / 2
        _draw_arrow(axes, (column[0].centre, middle), (side.left, middle))


def _draw_fork(axes: Axes, last: Box, ends: Sequence[Box]) -> None:
    middle = last.bottom + SPLIT * 0.45
    centres = [last.centre, *(box.centre for box in ends)]
    axes.plot([last.centre] * 2, [last.bottom, middle], color=INK, linewidth=0.7)
    axes.plot([min(centres), max(centres)], [middle] * 2, color=INK, linewidth=0.7)
    for box in ends:
        _draw_box(axes, box)
        _draw_arrow(axes, (box.centre, middle), (box.centre, box.top))


def _draw_box(axes: Axes, box: Box) -> None:
    axes.add_patch(
        Rectangle(
            (box.left, box.top),
            box.width,
            box.height,
            facecolor="white",
            edgecolor=INK,
            linewidth=0.7,
            clip_on=False,
        )
    )
    axes.text(
        box.left + PAD, box.top + box.height / 2, box.text, size=TEXT, va="center"
    )


def _draw_arrow(
    axes: Axes, start: tuple[float, float], end: tuple[float, float]
) -> None:
    axes.annotate(
        "",
        end,
        start,
        arrowprops={
            "arrowstyle": "-|>,head_length=0.3,head_width=0.15",
            "color": INK,
            "linewidth": 0.7,
            "shrinkA": 0,
            "shrinkB": 0,
        },
    )
