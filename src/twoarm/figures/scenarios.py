"""How near each design comes to the truth of each scenario of the simulation."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from twoarm.figures.house import TEXT, WIDTHS_MM, house_style, mm
from twoarm.figures.layout import (
    POINT,
    axes_within,
    draw_footnote,
    page,
    sheet,
    text_width,
    wrap,
)
from twoarm.figures.phrases import say, spoken_contrasts

INK, LINE = "#1B1B1B", "#9A9A9A"
ROW, BELOW, ABOVE, GAP = 12 * POINT, 24 * POINT, 18 * POINT, 12 * POINT
FOOT = 40 * POINT
ACROSS = 3
"""Panels beside each other."""
SPAN = 1.96
"""Monte Carlo errors that a line reaches to either side."""
HELD = 0.9
"""Coverage from which on a mark is full."""
NOTE = (
    "Bias of the log hazard ratio and its Monte Carlo limits, in the largest cohorts; "
    "below 0 flatters treatment. Full: the 95 % limits hold the truth in 90 % of the "
    "cohorts or more."
)


def draw_scenarios(performance: pl.DataFrame, *, designs: Mapping[str, str]) -> Figure:
    """Draw the bias of each design, a panel a scenario and a row a design.

    Parameters
    ----------
    performance
        Rows of one endpoint of the contract Performance.
    designs
        Design to its label, in the order of drawing.
    """
    rows = performance.filter(
        pl.col("bias").is_not_null(),
        pl.col("n_patients") == pl.col("n_patients").max(),
        measure="hazard_ratio",
    )
    names, found = spoken_contrasts(designs), set(rows.select("design", "term").rows())
    shown = [key for key in names if key in found]
    scenarios = rows["scenario"].unique(maintain_order=True).sort().to_list()
    with house_style():
        width = mm(WIDTHS_MM["double"])
        labels = [wrap(names[key], width * 0.36) for key in shown]
        left = max((text_width(each) for each in labels), default=0.0) + 8 * POINT
        deep = -(-max(len(scenarios), 1) // ACROSS)
        high = ABOVE + BELOW + ROW * max(len(shown), 1)
        on = sheet(None, WIDTHS_MM["double"], (deep * high + FOOT) * 25.4)
        wide = (width - left - 8 * POINT - GAP * (ACROSS - 1)) / ACROSS
        for place, scenario in enumerate(scenarios):
            down, along = divmod(place, ACROSS)
            start = left + along * (wide + GAP)
            axes = axes_within(
                on,
                left=start,
                right=width - start - wide,
                bottom=FOOT + BELOW + (deep - 1 - down) * high,
                top=ABOVE + down * high,
            )
            _draw_panel(axes, rows.filter(scenario=scenario), shown)
            axes.set_title(scenario.replace("_", " ").capitalize(), loc="left")
            axes.set_yticks(range(len(shown)), labels if along == 0 else [])
        draw_footnote(on, say(NOTE)) if scenarios else _say_none(on)
    return page(on)


def _say_none(on: Any) -> None:
    on.text(
        0.02, 0.5, say("No truth is known of what was drawn."), size=TEXT, va="center"
    )


def _draw_panel(
    axes: Axes, rows: pl.DataFrame, shown: Sequence[tuple[str, str]]
) -> None:
    """Draw a mark a design, and a line over its Monte Carlo error."""
    axes.axvline(0.0, color=INK, linewidth=0.7, zorder=1)
    axes.set_ylim(len(shown) - 0.5, -0.5)
    found = {(row["design"], row["term"]): row for row in rows.to_dicts()}
    for level, key in enumerate(shown):
        if key not in found:
            continue
        bias, error = found[key]["bias"], SPAN * (found[key]["bias_mcse"] or 0.0)
        ends = [bias - error, bias + error]
        axes.plot(ends, [level, level], color=LINE, linewidth=0.9, zorder=2)
        held = (found[key]["coverage"] or 0.0) >= HELD
        face = INK if held else "white"
        (mark,) = axes.plot([bias], [level], "o", color=INK, markersize=3.6, zorder=3)
        mark.set_markerfacecolor(face)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_locator(MaxNLocator(4))
