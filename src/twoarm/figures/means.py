"""Restricted means: areas under the curves, and their difference along the horizon."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, MultipleLocator

from twoarm.figures.curve_axes import HALF, last_month
from twoarm.figures.house import SMALL, TEXT, WIDTHS_MM, arm_styles, house_style, mm
from twoarm.figures.layout import (
    LEADING,
    POINT,
    axes_height,
    axes_within,
    draw_footnote,
    extent,
    footnote_height,
    month_step,
    text_height,
    wrap,
)
from twoarm.figures.phrases import say
from twoarm.words import estimate_in_words

INK, GREY = "#1B1B1B", "#767676"
WIDE = mm(WIDTHS_MM["double"])
LEFT, APART, COLUMNS = mm(15), mm(4), 4
PANEL = (WIDE - LEFT - mm(2)) / COLUMNS - APART
"""Width of the panel of a design in inches; `HIGH` and `AREA` are heights."""
HIGH, AREA, FOOT = mm(20), mm(28), mm(9)
LINE = SMALL * LEADING * POINT
NOTE = (
    "Below: difference of the means up to each month, with pointwise limits, as far as "
    "enough are at risk. Mark: up to the horizon of the study, told above it. Above 0 "
    "speaks for “{arm}”. Grey and hollow: biased, by the audit."
)
Row = Mapping[str, Any]


def draw_means(
    curves: pl.DataFrame,
    differences: pl.DataFrame,
    effects: pl.DataFrame,
    *,
    design: str,
    designs: Mapping[str, str],
    label: str,
    arms: Mapping[str, str],
) -> Figure:
    """Draw the restricted means of one endpoint.

    Above, of one design, each arm's curve, and the area under it up to the horizon of
    the study: the mean. Below, of each design, the difference of the arms along the
    horizon, and with a mark what the table of effects gives at that of the study.

    Parameters
    ----------
    curves, differences, effects
        Rows of the contracts Curves, Differences and Effects of one endpoint.
    design
        Whose areas are drawn; none are where it has no mean.
    designs
        Design to its label. One whose arms have no mean is left out.
    label
        Of the endpoint.
    arms
        Label of an arm to its colour, the treated arm first.

    References
    ----------
    .. [1] Uno H, Claggett B, Tian L, et al. Moving beyond the hazard ratio in
       quantifying the between-group difference in survival analysis. J Clin Oncol
       2014;32:2380-2385. doi:10.1200/JCO.2014.55.2208
    .. [2] Zhao L, Claggett B, Tian L, et al. On the restricted mean survival time curve
       in survival analysis. Biometrics 2016;72:215-221. doi:10.1111/biom.12384
    """
    apart = differences.filter(measure="rmst_difference").drop_nulls("estimate")
    told = effects.drop_nulls("estimate")
    marks = {
        row["design"]: row
        for row in told.filter(measure="rmst_difference", term="treated").to_dicts()
    }
    lines = {name: apart.filter(design=name).sort("months") for name in designs}
    lines = {name: each for name, each in lines.items() if _is_drawn(each, name, marks)}
    means = {
        row["term"]: row
        for row in told.filter(measure="rmst", design=design).to_dicts()
    }
    with house_style():
        names = {name: wrap(say(designs[name]), PANEL, SMALL, "bold") for name in lines}
        note = say(NOTE, arm=next(iter(arms))) if lines else ""
        figure, above, row_height = _page(names, note, areas={*arms} <= {*means})
        if above:
            figure.text(
                mm(2) / WIDE,
                1 - mm(2) / extent(figure)[1],
                f"{label}, {say(designs[design])}",
                va="top",
                weight="bold",
            )
            for place, arm in enumerate(arms):
                rows = curves.filter(design=design, arm=arm).sort("months")
                _draw_area(figure, rows, means[arm], arms, place)
        _draw_lines(figure, lines, marks, names, above, row_height)
        if not lines:
            figure.text(0.02, 0.5, say("No design has restricted means."))
        draw_footnote(figure, note)
    return figure


def _is_drawn(rows: pl.DataFrame, name: str, marks: Mapping[str, Row]) -> bool:
    """Tell whether a design has a mean: time zero alone is none."""
    return rows.height > 1 or name in marks


def _page(
    names: Mapping[str, str], note: str, *, areas: bool
) -> tuple[Figure, float, float]:
    """Make the figure; return it, and the heights of areas and of a row in inches."""
    above = AREA + FOOT + mm(13) if areas else 0.0
    heads = max((text_height(name, SMALL) for name in names.values()), default=0.0)
    row_height = heads + LINE + mm(3) + HIGH + mm(5)
    n_rows = -(-len(names) // COLUMNS)
    foot = footnote_height(note, WIDE - mm(3)) + mm(8)
    height = above + n_rows * row_height + foot
    return Figure(figsize=(WIDE, max(height, mm(30)))), above, row_height


def _add_axes(
    figure: Figure, left: float, top: float, size: tuple[float, float]
) -> Axes:
    """Add axes by their left and upper edge and their size, in inches."""
    wide, tall = extent(figure)
    return axes_within(
        figure,
        left=left,
        right=wide - left - size[0],
        bottom=tall - top - size[1],
        top=top,
    )


def _draw_area(
    figure: Figure,
    curve: pl.DataFrame,
    mean: Row,
    arms: Mapping[str, str],
    place: int,
) -> None:
    """Draw an arm's curve, the area under it, and what that is."""
    arm, horizon = [*arms][place], mean["months"]
    look = arm_styles([*arms], arms)[arm]
    width = (WIDE - LEFT - mm(2)) / len(arms) - APART
    axes = _add_axes(figure, LEFT + place * (width + APART), mm(13), (width, AREA))
    months, heights = curve["months"].to_numpy(), curve["estimate"].to_numpy() * 100
    drawn: dict[str, Any] = {"color": look.colour, "linestyle": look.line, "label": arm}
    axes.step(months, heights, where="post", clip_on=False, **drawn)
    within = months < horizon
    edges = np.r_[months[within], min(horizon, last_month(curve))]
    under = np.r_[heights[within], heights[within][-1:]]
    shade: dict[str, Any] = {"step": "post", "alpha": 0.2, "linewidth": 0}
    axes.fill_between(edges[: len(under)], under, color=look.colour, **shade)
    axes.axvline(horizon, color=GREY, **HALF)
    told = {"arm": arm, "mean": estimate_in_words(mean, 1), "months": horizon}
    words = wrap(say("{arm}: {mean} of {months:g} months", **told), width)
    axes.set_title(words, loc="left", size=TEXT)
    axes.set(xlim=(0, horizon * 1.1), ylim=(0, 102), yticks=range(0, 101, 25))
    axes.xaxis.set_major_locator(MultipleLocator(month_step(horizon)))
    axes.set_xlabel(say("Months"))
    if place:
        axes.set_yticklabels([])
    else:
        axes.set_ylabel(say("Free of the event (%)"))


def _draw_lines(
    figure: Figure,
    lines: Mapping[str, pl.DataFrame],
    marks: Mapping[str, Row],
    names: Mapping[str, str],
    above: float,
    row_height: float,
) -> None:
    """Draw the difference along the horizon, a design a panel, all on one scale."""
    shown = [marks[name] for name in lines if name in marks]
    ends = [last_month(rows) for rows in lines.values()]
    last = max([*ends, *(row["months"] for row in shown)], default=0.0) or 1.0
    span = _span([*lines.values()], shown)
    for place, (name, rows) in enumerate(lines.items()):
        down, across = divmod(place, COLUMNS)
        top = above + (down + 1) * row_height - HIGH - mm(5)
        left = LEFT + across * (PANEL + APART)
        axes = _add_axes(figure, left, top, (PANEL, HIGH))
        _draw_line(axes, rows, marks.get(name), names[name])
        axes.set(xlim=(0, last * 1.04), ylim=span)
        axes.xaxis.set_major_locator(MultipleLocator(month_step(last * 1.6)))
        axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        axes.yaxis.set_major_formatter(lambda at, _: f"{at:g}".replace("-", "−"))
        axes.tick_params(labelleft=not across)
        if not across:
            axes.set_ylabel(say("Difference,\nmonths"))
        if place + COLUMNS >= len(lines):
            axes.set_xlabel(say("Horizon, months"))


def _span(lines: list[pl.DataFrame], shown: list[Row]) -> tuple[float, float]:
    """Return the ends of the scale of differences, with 0 within them."""
    columns = ("estimate", "conf_low", "conf_high")
    ends = [row[each] for row in shown for each in columns]
    ends += [end for rows in lines for each in columns for end in rows[each]]
    known = [0.0, *(end for end in ends if end is not None)]
    room = max(max(known) - min(known), 1.0) * 0.06
    return min(known) - room, max(known) + room


def _draw_line(axes: Axes, rows: pl.DataFrame, mark: Row | None, name: str) -> None:
    """Draw the difference of one design, its limits, and the mark at the horizon."""
    biased = mark is not None and "; biased" in mark["method"]
    colour = GREY if biased else INK
    low, high = (
        rows[each].cast(pl.Float64).fill_null(np.nan).to_numpy()
        for each in ("conf_low", "conf_high")
    )
    months = rows["months"].to_numpy()
    axes.axhline(0, color=INK, linewidth=0.5, zorder=1)
    axes.plot(months, rows["estimate"].to_numpy(), color=colour, label="difference")
    axes.fill_between(months, low, high, color=colour, alpha=0.15, linewidth=0)
    words: dict[str, Any] = {"size": SMALL, "color": colour}
    axes.set_title(name, loc="left", weight="bold", pad=4 + LINE / POINT, **words)
    if mark is None:
        return
    at, ends = mark["months"], [mark["conf_low"], mark["conf_high"]]
    if None not in ends:
        axes.plot([at, at], ends, color=colour, linewidth=0.9)
    face: dict[str, Any] = {
        "markerfacecolor": "white" if biased else colour,
        "markersize": 3.6,
    }
    axes.plot([at], [mark["estimate"]], "s", color=colour, clip_on=False, **face)
    told, bottom = estimate_in_words(mark, 1), 1 + 4 * POINT / axes_height(axes)
    axes.text(0, bottom, told, transform=axes.transAxes, **words)
