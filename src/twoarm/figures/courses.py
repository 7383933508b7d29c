"""Swimmer plot: the course of each patient from the first dose."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend_handler import HandlerTuple
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MultipleLocator
from matplotlib.transforms import ScaledTranslation

from twoarm.figures.house import (
    WIDTHS_MM,
    ArmStyle,
    arm_styles,
    find_arms,
    house_style,
    mm,
)
from twoarm.figures.layout import (
    POINT,
    Area,
    axes_height,
    axes_width,
    axes_within,
    draw_key,
    draw_sentence,
    extent,
    key_height,
    month_step,
    page,
    sheet,
    text_width,
)
from twoarm.figures.phrases import say
from twoarm.figures.responses import NONE
from twoarm.figures.thinning import thin_out

GREY = "#BFBFBF"
MARKS: dict[str, tuple[str, str, str, str]] = {
    "criteria_met": ("D", "white", "black", "Criteria met"),
    "progression": ("o", "#F2B134", "black", "Progression"),
    "surgery": ("^", "black", "white", "Surgery"),
    "death": ("X", "black", "white", "Death"),
    "ongoing": (">", "#262626", "#262626", "Ongoing"),
}
"""Shape, fill, edge and words of each mark, the lowest first."""

LEFT, RIGHT, BELOW = 14 * POINT, 14 * POINT, 27 * POINT
HEAD = 13.0
"""Points for the heading of a block."""
WIDEST_MM = 4.0
"""Greatest distance of lanes on a figure of their own."""
HIGHEST_MM = 210.0
"""Greatest height of all the lanes on a figure of their own."""


def draw_courses(
    courses: pl.DataFrame,
    *,
    arms: Sequence[str],
    colours: Mapping[str, str],
    area: Area | None = None,
) -> Figure:
    """Draw a lane a patient: follow-up, treatment, and what happened when.

    Of very many patients one in so many is drawn, evenly by their follow-up, as the
    headings say.

    Parameters
    ----------
    courses
        Rows of `Courses`.
    arms
        Labels of the arms from top to bottom, the treated arm first; an arm without
        rows has no block.
    colours
        Arm label to colour, as `#RRGGBB`.
    area
        Part of a page to draw on; a new figure of 180 mm, as high as the lanes need,
        if left out.

    Raises
    ------
    ValueError
        There are rows of an arm that is not listed.
    """
    if courses.is_empty():
        return draw_sentence(say(NONE), area)
    styles = arm_styles(arms, colours)
    drawn = find_arms(courses, arms, "courses")
    numbers = {arm: _count(courses.filter(arm=arm)) for arm in drawn}
    every = thin_out(sum(numbers.values()))
    shown = courses.filter((pl.col("lane") - 1) % every == 0)
    blocks = {arm: _lanes(shown.filter(arm=arm)) for arm in numbers}
    n_lanes = sum(_count(rows) for rows in blocks.values())
    with house_style():
        handles, labels = _key(courses, [styles[arm] for arm in blocks])
        width = extent(area)[0] if area else mm(WIDTHS_MM["double"])
        top = key_height(labels, width - LEFT - RIGHT) + 2 * POINT
        lane = min(HIGHEST_MM / n_lanes, WIDEST_MM)
        high = lane * n_lanes + (top + BELOW + HEAD * len(blocks) * POINT) * 25.4
        on = sheet(area, WIDTHS_MM["double"], high)
        axes = axes_within(on, left=LEFT, right=RIGHT, bottom=BELOW, top=top)
        part = say("; 1 in {every} shown", every=every) if every > 1 else ""
        heads = {arm: f"{arm} (n = {n}{part})" for arm, n in numbers.items()}
        _draw_blocks(axes, blocks, styles, heads)
        draw_key(
            axes,
            handles,
            labels,
            width=axes_width(axes),
            handler_map={tuple: HandlerTuple(ndivide=None, pad=0)},
        )
    return page(on)


def _lanes(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(place=pl.col("lane").rank("dense"))


def _count(rows: pl.DataFrame) -> int:
    return rows["lane"].n_unique()


def _key(
    courses: pl.DataFrame, styles: Sequence[ArmStyle]
) -> tuple[list[Any], list[str]]:
    found = set(courses["what"])
    handles: list[Any] = []
    labels: list[str] = []
    if "treatment" in found:
        handles.append(tuple(Patch(color=style.colour) for style in styles))
        labels.append(say("On treatment"))
    if "follow_up" in found:
        handles.append(Line2D([], [], color=GREY, linewidth=2))
        labels.append(say("Follow-up"))
    for what, (_, _, _, words) in MARKS.items():
        if what in found:
            handles.append(_mark(what, [], [], 4.5))
            labels.append(say(words))
    return handles, labels


def _draw_blocks(
    axes: Axes,
    blocks: Mapping[str, pl.DataFrame],
    styles: Mapping[str, ArmStyle],
    heads: Mapping[str, str],
) -> None:
    """Stack the blocks on an axis in points, so that headings have room in any case."""
    high = axes_height(axes) / POINT
    pitch = (high - HEAD * len(blocks)) / sum(map(_count, blocks.values()))
    last = max(float(rows["end_months"].max()) for rows in blocks.values())  # type: ignore[arg-type]
    axes.set(xlim=(0, max(last, 1.0) * 1.02), ylim=(high, 0), yticks=[])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(say("Months since first dose"))
    axes.xaxis.set_major_locator(MultipleLocator(month_step(last)))
    top = HEAD
    for arm, rows in blocks.items():
        _draw_heading(axes, heads[arm], styles[arm].colour, top)
        placed = rows.with_columns(y=top + (pl.col("place") - 0.5) * pitch)
        _draw_bars(axes, placed, styles[arm].colour, pitch)
        _draw_marks(axes, placed, pitch)
        bottom = top + _count(rows) * pitch
        axes.plot(
            [-5 * POINT / axes_width(axes)] * 2,
            [top, bottom],
            transform=axes.get_yaxis_transform(),
            color=styles[arm].colour,
            linewidth=2,
            solid_capstyle="butt",
            clip_on=False,
            label=f"{arm}: block",
        )
        top = bottom + HEAD


def _draw_heading(axes: Axes, words: str, colour: str, bottom: float) -> None:
    size = 7.0
    while text_width(words, size, "bold") > axes_width(axes) and size > 6:
        size -= 0.25
    axes.text(
        0,
        bottom - 3,
        words,
        transform=axes.get_yaxis_transform(),
        color=colour,
        size=size,
        weight="bold",
        va="baseline",
    )


def _draw_bars(axes: Axes, placed: pl.DataFrame, colour: str, pitch: float) -> None:
    bars = (("follow_up", GREY, 0.34), ("treatment", colour, 0.78))
    for what, fill, share in bars:
        rows = placed.filter(what=what)
        axes.barh(
            rows["y"].to_numpy(),
            (rows["end_months"] - rows["start_months"]).to_numpy(),
            left=rows["start_months"].to_numpy(),
            height=share * pitch,
            color=fill,
            linewidth=0,
            label=what,
        )


def _draw_marks(axes: Axes, placed: pl.DataFrame, pitch: float) -> None:
    size = min(max(pitch * 1.05, 2.8), 5.0)
    for order, what in enumerate(MARKS):
        rows = placed.filter(what=what)
        line = _mark(what, rows["start_months"].to_list(), rows["y"].to_list(), size)
        line.set(zorder=4 + order, clip_on=False)
        axes.add_line(line)
        if what == "ongoing":
            # The arrow stands at the end of the bar, not on it.
            inches = page(axes.figure).dpi_scale_trans
            shift = ScaledTranslation(size * 0.7 * POINT, 0, inches)
            line.set_transform(axes.transData + shift)


def _mark(what: str, x: Sequence[float], y: Sequence[float], size: float) -> Line2D:
    shape, fill, edge, _ = MARKS[what]
    return Line2D(
        x,
        y,
        linestyle="none",
        marker=shape,
        # A white edge takes from a mark what a black one adds.
        markersize=size * (1.3 if edge == "white" else 1),
        markerfacecolor=fill,
        markeredgecolor=edge,
        markeredgewidth=min(0.5, size * 0.12),
        label=what,
    )
