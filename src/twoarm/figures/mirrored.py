"""Mirrored histogram of both arms: where their scores overlap, how weights spread."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from twoarm.figures.house import WIDTHS_MM, arm_styles, house_style, mm
from twoarm.figures.layout import (
    POINT,
    Area,
    axes_within,
    draw_footnote,
    draw_key,
    extent,
    footnote_height,
    key_height,
    page,
    sheet,
)
from twoarm.figures.phrases import say

BINS = (20, 10, 8, 5, 4)
"""Numbers of bars to try, the narrowest first."""
HIDEABLE = 0.2
"""Share of an arm that narrower bars may hide before wider ones are taken."""
HIDDEN = (
    "Not shown: bars of fewer than {n} patients, and bars from which these could be "
    "derived."
)
LEFT, RIGHT, BELOW = 36 * POINT, 8 * POINT, 27 * POINT


def draw_mirrored(
    values: pl.DataFrame,
    column: str,
    *,
    label: str,
    arms: Sequence[str],
    colours: Mapping[str, str],
    minimum_count: int = 1,
    area: Area | None = None,
) -> Figure:
    """Draw the values of the treated arm upwards and of the control arm downwards.

    Parameters
    ----------
    values
        Columns `treated` and the one to draw: values from 0, and to 1 at least.
    column
        Column to draw.
    label
        What the axis says.
    arms
        Labels of the treated arm and of the control arm.
    colours
        Arm label to colour, as `#RRGGBB`.
    minimum_count
        A bar of fewer patients is not drawn, and a footnote says so. Bars widen until
        at most a fifth of either arm is hidden that way. If fewer than this number
        are hidden in an arm, its smallest bar is left out too: the arm's total would
        give them away.
    area
        Part of a page to draw on; a new figure of 85 mm if left out.

    Raises
    ------
    ValueError
        There is no value, or there are not two arms.
    """
    if values.is_empty() or len(arms) != 2:
        raise ValueError(
            f"cannot draw {values.height} values of {len(arms)} arms: two arms and at "
            "least one patient are needed"
        )
    styles = arm_styles(arms, colours)
    treated, control = (
        values.filter(treated=side)[column].to_numpy() for side in (True, False)
    )
    top = float(max(1.0, np.ceil(values[column].max())))  # type: ignore[arg-type]
    counts = _counts(treated, control, minimum_count, top)
    hidden = sum(int(bars.sum()) for bars in counts) < values.height
    note = say(HIDDEN, n=minimum_count) if hidden else ""
    with house_style():
        on = sheet(area, WIDTHS_MM["single"], 70)
        width = extent(on)[0]
        axes = axes_within(
            on,
            left=LEFT,
            right=RIGHT,
            bottom=BELOW + footnote_height(note, width - mm(3)),
            top=key_height(arms, width - LEFT - RIGHT) + 3 * POINT,
        )
        colour = [styles[arm].colour for arm in arms]
        handles = _draw_bars(axes, counts, colour, top)
        axes.set_xlabel(say(label))
        draw_key(axes, handles, arms, width=width - LEFT - RIGHT, handlelength=1.2)
        draw_footnote(on, note)
    return page(on)


def _counts(
    treated: NDArray[np.float64],
    control: NDArray[np.float64],
    minimum: int,
    top: float,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the bars of both arms as they may be shown."""
    for bins in BINS:
        bars = (
            _blanked(treated, bins, minimum, top),
            _blanked(control, bins, minimum, top),
        )
        shares = [
            1 - shown.sum() / len(arm)
            for shown, arm in zip(bars, (treated, control), strict=True)
            if len(arm)
        ]
        if max(shares) <= HIDEABLE:
            break
    return bars


def _blanked(
    values: NDArray[np.float64], bins: int, minimum: int, top: float
) -> NDArray[np.int64]:
    """Count the scores in each bar, with bars set to 0 that count too few."""
    counts = np.histogram(values, bins=bins, range=(0, top))[0]
    shown = np.where(counts < minimum, 0, counts)
    if 0 < counts.sum() - shown.sum() < minimum and shown.any():
        shown[np.flatnonzero(shown == shown[shown > 0].min())[0]] = 0
    return shown


def _draw_bars(
    axes: Axes,
    counts: Sequence[NDArray[np.int64]],
    colours: Sequence[str],
    top: float,
) -> list[object]:
    bins = len(counts[0])
    handles: list[object] = []
    for sign, bars, colour in zip((1, -1), counts, colours, strict=True):
        handles.append(
            axes.bar(
                np.arange(bins) / bins * top,
                sign * bars,
                width=top / bins,
                align="edge",
                color=colour,
                edgecolor="white",
                linewidth=0.4,
            )
        )
    axes.axhline(0, color="black", linewidth=0.6)
    highest = max(1, *(int(bars.max()) for bars in counts)) * 1.06
    shown = max(np.flatnonzero(np.maximum(*counts)), default=bins - 1) + 1
    # Of an open scale, no empty stretch: a footnote tells of bars left out.
    end = top if top == 1 else shown / bins * top
    axes.set(xlim=(0, end), ylim=(-highest, highest))
    axes.set_ylabel(say("Patients"))
    axes.yaxis.set_major_locator(
        MaxNLocator(nbins=10, steps=[1, 2, 5, 10], integer=True)
    )
    axes.yaxis.set_major_formatter(FuncFormatter(lambda count, _: f"{abs(count):.0f}"))
    return handles
