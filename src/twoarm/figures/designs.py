"""All designs of an endpoint side by side: ratio, survival and time, kind by kind."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

from twoarm.figures.house import TEXT, WIDTHS_MM, house_style, mm
from twoarm.figures.layout import (
    POINT,
    Area,
    axes_width,
    axes_within,
    draw_footnote,
    extent,
    footnote_height,
    page,
    sheet,
    text_width,
    wrap,
)
from twoarm.figures.phrases import say
from twoarm.kinds import KINDS
from twoarm.words import estimate_in_words

INK, GREY, NAIVE = "#1B1B1B", "#767676", "#B0392E"
ROW = 12 * POINT
"""Height of a line of a row in inches."""
ABOVE, BELOW = 26 * POINT, 18 * POINT
"""Inches for the titles above the rows, and for the axes below them."""
PART = 0.29
"""Share of the width that labels may take."""
TICKS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
NOTE = (
    "Hollow: biased, by the audit. Dashed: what the naive contrast finds. A hazard "
    "ratio below 1 and a difference above 0 speak for “{arm}”."
)
WIDEST = (0.05, 20.0)
"""Ratios beyond which a line is cut off, and an arrow says so."""


class Measure(NamedTuple):
    """A column of the figure: what it shows, and how."""

    name: str
    months: float | None
    title: str
    digits: int
    scale: float = 1.0
    ratio: bool = False


class Line(NamedTuple):
    """A row of the figure: a heading, or a design with a row of effects a measure.

    One that is `lone` stands under no heading.
    """

    label: str
    found: tuple[Mapping[str, Any] | None, ...] = ()
    sound: bool = True
    naive: bool = False
    lone: bool = True


def draw_designs(
    effects: pl.DataFrame,
    *,
    designs: Mapping[str, str],
    kinds: Mapping[str, str],
    arms: Sequence[str],
    months: Mapping[str, float | None],
    area: Area | None = None,
) -> Figure:
    """Draw what each design finds, kind by kind.

    A mark is hollow where the audit calls the design biased. A dashed line carries what
    the plain contrast finds through all rows.

    Parameters
    ----------
    effects
        Rows of `Effects` of one endpoint.
    designs, kinds
        Design to its label, and to its kind (`twoarm.kinds.KINDS`).
    arms
        Labels of the treated and the control arm.
    months
        `survival` and `rmst`: horizons of the second and the third column; a column
        without one, or without any estimate, is left out.
    area
        Part of a page to draw on; a new figure of 180 mm if left out.
    """
    known = set(effects.filter(term="treated").drop_nulls("estimate")["measure"])
    asked = _measures(months)
    measures = [each for each in asked if each.ratio or each.name in known]
    lines = list(_lines(effects, designs, kinds, measures))
    with house_style():
        width = extent(area)[0] if area else mm(WIDTHS_MM["double"])
        labels = [_label(line, width * PART) for line in lines]
        told = [[_told(line, k, of) for line in lines] for k, of in enumerate(measures)]
        edges = np.r_[0.0, np.cumsum([each.count("\n") + 1.0 for each in labels])]
        note = say(NOTE, arm=arms[0])
        below = BELOW + footnote_height(note, width)
        high = ROW * float(edges[-1])
        on = sheet(area, WIDTHS_MM["double"], (high + ABOVE + below) * 25.4)
        left = max(text_width(each, weight="bold") for each in labels) + 14 * POINT
        rooms = [max(map(text_width, each)) + 16 * POINT for each in told]
        wide = (width - left - sum(rooms)) / len(measures)
        for place, measure in enumerate(measures):
            start = left + sum(rooms[:place]) + wide * place
            right = width - start - wide
            axes = axes_within(on, left=start, right=right, bottom=below, top=ABOVE)
            axes.set_ylim(edges[-1], 0.0)
            _frame(axes, measure, lines, place)
            for number, line in enumerate(lines):
                middle = (edges[number] + edges[number + 1]) / 2
                if place == 0:
                    _name(axes, middle, line, labels[number], left)
                if line.found:
                    _draw(axes, middle, line, place, measure)
                    _write(axes, middle, told[place][number], line)
        draw_footnote(on, note)
    return page(on)


def _measures(months: Mapping[str, float | None]) -> Iterator[Measure]:
    """List the columns."""
    yield Measure("hazard_ratio", None, say("Hazard ratio"), 2, ratio=True)
    horizon, mean = months["survival"], months["rmst"]
    if horizon is not None:
        words = "Difference at {months:g} months,\npercentage points"
        title = say(words, months=horizon)
        yield Measure("survival_difference", horizon, title, 0, 100.0)
    if mean is not None:
        title = say("Difference of means\nto {months:g} months, months", months=mean)
        yield Measure("rmst_difference", mean, title, 1)


def _lines(
    effects: pl.DataFrame,
    designs: Mapping[str, str],
    kinds: Mapping[str, str],
    measures: Sequence[Measure],
) -> Iterator[Line]:
    """Put the designs of a kind under its heading."""
    rows = effects.filter(term="treated")
    found = {
        (row["design"], row["measure"], row["months"]): row
        for row in rows.iter_rows(named=True)
    }
    for kind, heading in KINDS.items():
        named = [
            name
            for name in designs
            if kinds[name] == kind and (name, "hazard_ratio", None) in found
        ]
        lone = len(named) == 1 and designs[named[0]].startswith(heading)
        if named and not lone:
            yield Line(say(heading))
        for name in named:
            its = tuple(found.get((name, each.name, each.months)) for each in measures)
            sound = "; biased" not in its[0]["method"]  # type: ignore[index]
            yield Line(say(designs[name]), its, sound, kind == "naive", lone)


def _numbers(row: Mapping[str, Any] | None, measure: Measure) -> list[float] | None:
    """Return the estimate and its limits on the scale of the column."""
    if row is None or row["estimate"] is None:
        return None
    ends = (row["estimate"], row["conf_low"], row["conf_high"])
    return [np.nan if end is None else end * measure.scale for end in ends]


def _told(line: Line, place: int, measure: Measure) -> str:
    """Write the numbers of a row."""
    if not line.found:
        return ""
    row = line.found[place]
    numbers = _numbers(row, measure)
    if row is None or numbers is None:
        return "–"
    names = ("estimate", "conf_low", "conf_high")
    shown = {
        name: None if np.isnan(number) else number
        for name, number in zip(names, numbers, strict=True)
    }
    return estimate_in_words({**row, **shown}, measure.digits)


def _frame(axes: Axes, measure: Measure, lines: Sequence[Line], place: int) -> None:
    """Set the axis of a column, its line of no difference, and that of the naive."""
    drawn = [
        (line, numbers)
        for line in lines
        if line.found and (numbers := _numbers(line.found[place], measure))
    ]
    ends = [end for _, numbers in drawn for end in numbers if not np.isnan(end)]
    if measure.ratio:
        low = max(min([*ends, 0.5]) / 1.15, WIDEST[0])
        high = min(max([*ends, 2.0]) * 1.15, WIDEST[1])
        axes.set(xscale="log", xlim=(low, high))
        ticks = [tick for tick in TICKS if low <= tick <= high]
        axes.xaxis.set_major_locator(FixedLocator(ticks))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    else:
        low, high = min([*ends, 0.0]), max([*ends, 0.0])
        spare = 0.05 * (high - low) or 1.0
        axes.set_xlim(low - spare, high + spare)
        axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    axes.axvline(1 if measure.ratio else 0, color=INK, linewidth=0.7, zorder=1)
    for line, numbers in drawn:
        if line.naive:
            axes.axvline(
                numbers[0], zorder=1, color=NAIVE, linewidth=0.8, linestyle=(0, (4, 2))
            )
    axes.set_title(measure.title, loc="left", size=TEXT, weight="bold")
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)


def _label(line: Line, width: float) -> str:
    weight = "bold" if line.lone else "normal"
    return wrap(line.label, width - 14 * POINT, weight=weight)


def _name(axes: Axes, middle: float, line: Line, label: str, left: float) -> None:
    """Write a heading or the label of a design to the left of the first column."""
    shift = left - (3 if line.lone else 9) * POINT
    axes.text(
        -shift / axes_width(axes),
        middle,
        label,
        transform=axes.get_yaxis_transform(),
        va="center",
        color=INK if line.sound else GREY,
        weight="bold" if line.lone else "normal",
        linespacing=1.15,
    )


def _write(axes: Axes, middle: float, told: str, line: Line) -> None:
    x = 1 + 5 * POINT / axes_width(axes)
    across = axes.get_yaxis_transform()
    colour = INK if line.sound else GREY
    axes.text(x, middle, told, va="center", transform=across, color=colour)


def _draw(axes: Axes, middle: float, line: Line, place: int, measure: Measure) -> None:
    """Draw an estimate and its limits; arrows where a limit leaves the axis."""
    numbers = _numbers(line.found[place], measure)
    if numbers is None:
        return
    middle_of, *limits = numbers
    colour = NAIVE if line.naive else INK if line.sound else GREY
    if not np.isnan(limits).any():
        ends = np.clip(limits, *axes.get_xlim())
        axes.plot(ends, [middle, middle], color=colour, linewidth=1.0, zorder=2)
        for end, limit, mark in zip(ends, limits, "<>", strict=True):
            if end != limit:
                axes.plot(
                    [end], [middle], mark, color=colour, markersize=4, clip_on=False
                )
    face = colour if line.sound else "white"
    axes.plot(
        [middle_of],
        [middle],
        "s",
        color=colour,
        markerfacecolor=face,
        markersize=4.4,
        zorder=3,
    )
