"""The specification curve: every estimate there is, sorted, and what made it."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from twoarm.figures.house import TEXT, WIDTHS_MM, house_style, mm
from twoarm.figures.layout import (
    POINT,
    axes_within,
    draw_footnote,
    footnote_height,
    page,
    sheet,
    text_width,
    wrap,
)
from twoarm.figures.lines import GREY, INK, TICKS, WIDEST
from twoarm.figures.phrases import say
from twoarm.words import verdicts_in_words

ROW, BAND = 9.5 * POINT, 5 * POINT
"""Height of a row of the matrix, and of the gap between its groups, in inches."""
ABOVE = 130 * POINT
"""Height of the estimates in inches."""


class Specification(NamedTuple):
    """One estimate, and the choices that made it, group by group."""

    ratio: float
    low: float
    high: float
    sound: bool
    choices: tuple[str, ...]


NOTE = "Hollow and grey: biased, by the audit."
GROUPS = ("Endpoint", "Design", "Covariates")


def draw_specifications(
    effects: pl.DataFrame,
    *,
    specifications: Mapping[str, Mapping[str, str]],
    endpoints: Mapping[str, str],
    arms: Sequence[str],
) -> Figure:
    """Draw the hazard ratios of all designs and endpoints in the order of their size.

    Parameters
    ----------
    effects
        Rows of `Effects`.
    specifications
        Design to its `method` and `covariates` in words.
    endpoints
        Name to label.
    arms
        Labels of the treated and the control arm.

    References
    ----------
    .. [1] Simonsohn U, Simmons JP, Nelson LD. Specification curve analysis. Nat Hum
       Behav 2020;4:1208-1214. doi:10.1038/s41562-020-0912-z
    """
    found = list_specifications(effects, specifications, endpoints)
    rows = _rows(found, specifications, endpoints)
    with house_style():
        labels = [wrap(say(label), 2.0) for _, label in rows]
        left = max([text_width(each) for each in labels], default=0.5) + 50 * POINT
        matrix = ROW * len(rows) + BAND * len(GROUPS)
        note = say(NOTE) if any(not each.sound for each in found) else ""
        foot = footnote_height(note, mm(WIDTHS_MM["double"] - 3))
        height = ABOVE + matrix + 16 * POINT + foot
        on = sheet(None, WIDTHS_MM["double"], height * 25.4)
        edges = {"left": left, "right": 6 * POINT}
        upper = axes_within(
            on, **edges, bottom=matrix + 10 * POINT + foot, top=6 * POINT
        )
        lower = axes_within(
            on, **edges, bottom=4 * POINT + foot, top=ABOVE + 12 * POINT
        )
        words = "Hazard ratio,\n{treated} against {control}"
        label = say(words, treated=arms[0], control=arms[1])
        _draw_estimates(upper, found, label)
        _draw_choices(lower, found, rows, labels)
        for axes in (upper, lower):
            axes.set_xlim(-0.8, max(len(found), 1) - 0.2)
        draw_footnote(on, note)
    return page(on)


def list_specifications(
    effects: pl.DataFrame,
    specifications: Mapping[str, Mapping[str, str]],
    endpoints: Mapping[str, str],
) -> list[Specification]:
    """List the estimates by size; parameters are those of `draw_specifications`."""
    ratios = effects.filter(measure="hazard_ratio", term="treated").drop_nulls(
        ["estimate", "conf_low", "conf_high"]
    )
    found = []
    for row in ratios.sort("estimate", "endpoint", "design").iter_rows(named=True):
        if row["design"] in specifications and row["endpoint"] in endpoints:
            made = specifications[row["design"]]
            biased = any(
                each.startswith("Biased") for each in verdicts_in_words(row["method"])
            )
            choices = (endpoints[row["endpoint"]], made["method"], made["covariates"])
            numbers = (row["estimate"], row["conf_low"], row["conf_high"])
            found.append(Specification(*numbers, not biased, choices))
    return found


def _rows(
    found: Sequence[Specification],
    specifications: Mapping[str, Mapping[str, str]],
    endpoints: Mapping[str, str],
) -> list[tuple[int, str]]:
    """List the rows of the matrix: the group of a choice, and its label."""
    named = [
        list(endpoints.values()),
        [each["method"] for each in specifications.values()],
        [each["covariates"] for each in specifications.values()],
    ]
    used = {(group, label) for s in found for group, label in enumerate(s.choices)}
    rows = [(group, label) for group, labels in enumerate(named) for label in labels]
    return [row for row in dict.fromkeys(rows) if row in used]


def _draw_estimates(axes: Axes, found: Sequence[Specification], label: str) -> None:
    ends = [end for each in found for end in (each.low, each.high)]
    low = max(min([*ends, 0.5]) / 1.15, WIDEST[0])
    high = min(max([*ends, 2.0]) * 1.15, WIDEST[1])
    axes.set(yscale="log", ylim=(low, high), ylabel=label)
    axes.axhline(1, color=INK, linewidth=0.7, zorder=1)
    for place, each in enumerate(found):
        colour = INK if each.sound else GREY
        span = np.clip([each.low, each.high], low, high)
        axes.plot([place, place], span, color=colour, linewidth=0.9, zorder=2)
        fill = colour if each.sound else "white"
        style: dict[str, Any] = {"color": colour, "markerfacecolor": fill}
        axes.plot([place], [each.ratio], "s", markersize=3.6, zorder=3, **style)
    ticks = [tick for tick in TICKS if low <= tick <= high]
    axes.yaxis.set_major_locator(FixedLocator(ticks))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)


def _draw_choices(
    axes: Axes,
    found: Sequence[Specification],
    rows: Sequence[tuple[int, str]],
    labels: Sequence[str],
) -> None:
    """Draw a mark where an estimate made a choice, the groups apart."""
    gap = BAND / ROW
    heights = {row: place + gap * row[0] for place, row in enumerate(rows)}
    bottom = max(heights.values(), default=0) + 0.6
    axes.set(ylim=(bottom, -0.6))
    for row, label in zip(rows, labels, strict=True):
        axes.axhline(heights[row], color="#E3E3E8", linewidth=0.5, zorder=1)
        axes.text(
            -0.01,
            heights[row],
            label,
            transform=axes.get_yaxis_transform(),
            va="center",
            ha="right",
            fontsize=TEXT,
        )
    for place, each in enumerate(found):
        colour = INK if each.sound else GREY
        for choice in enumerate(each.choices):
            axes.plot([place], [heights[choice]], "o", color=colour, markersize=2.6)
    axes.set(xticks=[], yticks=[])
    for side in axes.spines.values():
        side.set_visible(False)
