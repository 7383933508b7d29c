"""How each design does on cohorts like the one at hand, of which the truth is known."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from twoarm.figures.house import TEXT, WIDTHS_MM, house_style, mm
from twoarm.figures.layout import (
    POINT,
    axes_within,
    draw_key,
    key_height,
    page,
    sheet,
    text_width,
    wrap,
)
from twoarm.figures.phrases import say, spoken_contrasts
from twoarm.words import twin_in_words

INK, GREY = "#1B1B1B", "#9A9A9A"
ROW = 17 * POINT
"""Height of a design in inches."""
BELOW, GAP = 34 * POINT, 16 * POINT
"""Inches for the axis below the rows, and between panels."""
TITLES = {
    "bias": "Bias of the log hazard ratio",
    "rejection": "False findings",
    "coverage": "Limits hold the truth",
}
MARKS = ("o", "s", "D", "^", "v")
SPAN = 1.96
"""Monte Carlo errors that a line reaches to either side."""


class Panel(NamedTuple):
    """A panel: what it shows, of which scenarios, and where it starts and ends."""

    figure: str
    scenarios: Sequence[str]
    left: float
    width: float


def draw_twins(
    performance: pl.DataFrame, *, designs: Mapping[str, str], confidence: float
) -> Figure:
    """Draw bias, false findings and coverage of each design, a row a design.

    Parameters
    ----------
    performance
        Rows of one endpoint of the contract Performance.
    designs
        Design to its label, in the order of drawing.
    confidence
        Level of the limits.
    """
    rows = performance.filter(pl.col("bias").is_not_null(), measure="hazard_ratio")
    names, found = spoken_contrasts(designs), set(rows.select("design", "term").rows())
    shown = [key for key in names if key in found]
    scenarios = sorted(rows["scenario"].unique(), key=lambda name: (name != "1", name))
    with house_style():
        if not shown:
            return _empty()
        width = mm(WIDTHS_MM["double"])
        labels = [wrap(names[key], width * 0.3) for key in shown]
        left = max(text_width(each) for each in labels) + 8 * POINT
        words = [say(twin_in_words(name)) for name in scenarios]
        above = key_height(words, width - left) + 14 * POINT
        high = ROW * len(shown) + BELOW + above
        on = sheet(None, WIDTHS_MM["double"], high * 25.4)
        for panel in _panels(scenarios, left, width):
            right = width - panel.left - panel.width
            axes = axes_within(
                on, left=panel.left, right=right, bottom=BELOW, top=above
            )
            _draw_panel(axes, rows, shown, scenarios, panel, confidence)
            if panel.figure == "bias":
                axes.set_yticks(range(len(shown)), labels)
                _draw_scenarios(axes, scenarios, words, width - left)
    return page(on)


def _empty() -> Figure:
    on = sheet(None, WIDTHS_MM["double"], 20)
    on.text(0.02, 0.5, say("No twin of this cohort was drawn."), size=TEXT, va="center")
    return page(on)


def _panels(scenarios: Sequence[str], left: float, width: float) -> list[Panel]:
    """Lay out the panels; without a scenario of no effect nothing is found falsely."""
    shares = {"bias": (scenarios, 2.0), "coverage": (scenarios, 1.0)}
    if "1" in scenarios:
        shares = {"bias": shares["bias"], "rejection": (["1"], 1.0), **shares}
    room = width - left - 8 * POINT - GAP * (len(shares) - 1)
    total = sum(share for _, share in shares.values())
    panels = []
    for name, (of, share) in shares.items():
        panels.append(Panel(name, of, left, room * share / total))
        left += room * share / total + GAP
    return panels


def _draw_panel(
    axes: Axes,
    rows: pl.DataFrame,
    shown: Sequence[tuple[str, str]],
    scenarios: Sequence[str],
    panel: Panel,
    confidence: float,
) -> None:
    """Draw what a figure is in each design, beside what it should be."""
    nominal = {"bias": 0.0, "rejection": 1 - confidence, "coverage": confidence}
    axes.axvline(nominal[panel.figure], color=INK, linewidth=0.7, zorder=1)
    axes.set_ylim(len(shown) - 0.5, -0.5)
    for place, scenario in enumerate(scenarios):
        if scenario not in panel.scenarios:
            continue
        shift = 0.0
        if len(panel.scenarios) > 1:
            shift = 0.32 * (place / (len(scenarios) - 1) - 0.5)
        own = rows.filter(scenario=scenario)
        found = {(row["design"], row["term"]): row for row in own.to_dicts()}
        for level, key in enumerate(shown):
            if key in found and found[key][panel.figure] is not None:
                _draw_mark(axes, found[key], panel.figure, level + shift, place)
    axes.set_title(say(TITLES[panel.figure]), loc="left")
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    if panel.figure == "bias":
        axes.set_xlabel(say("Against the truth; below 0 flatters treatment"))
        axes.xaxis.set_major_locator(MaxNLocator(5))
    else:
        axes.set_xlim(-0.02, 1.02)
        axes.set_xticks([0, 0.5, 1], ["0", "50", "100"])
        axes.set_xlabel(say("Percent of cohorts"))


def _draw_mark(
    axes: Axes, row: Mapping[str, Any], figure: str, level: float, place: int
) -> None:
    """Draw a mark, and a line over its Monte Carlo error."""
    colour, face = _colours(place)
    value, error = row[figure], row[f"{figure}_mcse"] or 0.0
    ends = [value - SPAN * error, value + SPAN * error]
    if figure != "bias":
        ends = [min(max(end, 0.0), 1.0) for end in ends]
    axes.plot(ends, [level, level], color=colour, linewidth=0.9, zorder=2)
    axes.plot(
        [value],
        [level],
        MARKS[place % len(MARKS)],
        color=colour,
        markerfacecolor=face,
        markersize=3.6,
        zorder=3,
    )


def _colours(place: int) -> tuple[str, str]:
    return (INK, INK) if not place else (GREY, "white")


def _draw_scenarios(
    axes: Axes, scenarios: Sequence[str], words: Sequence[str], width: float
) -> None:
    handles = []
    for place in range(len(scenarios)):
        colour, face = _colours(place)
        mark = MARKS[place % len(MARKS)]
        handles.append(
            Line2D(
                [], [], color=colour, marker=mark, markerfacecolor=face, markersize=3.6
            )
        )
    draw_key(axes, handles, words, width=width, above=14 * POINT)
