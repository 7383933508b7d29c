"""Hazard ratios along time, and the arms on the scale on which hazards are parallel."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, MultipleLocator, NullLocator

from twoarm.figures.forest import term_label
from twoarm.figures.house import TEXT, WIDTHS_MM, arm_styles, house_style, mm
from twoarm.figures.layout import axes_width, draw_key, month_step, wrap
from twoarm.figures.phrases import say

ROW_MM = 56.0
INK, GREY = "#1B1B1B", "#7A7A7A"
NAMES = {"treated": "Arms alone", "treated_adjusted": "Arms, with covariates"}
TICKS = (0.01, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 100.0)
NARROW = (0.8, 1.0, 1.25)
"""Ticks of ratios that stay near 1; among the others they would run together."""
WIDEST = (0.01, 100.0)
"""Ratios beyond which a line leaves the axes."""
MONTHS = (0.25, 0.5, 1, 2, 3, 6, 12, 24, 36, 60, 120, 240)


def draw_proportionality(
    ratios: pl.DataFrame,
    curves: pl.DataFrame,
    *,
    design: str,
    covariates: Mapping[str, str],
    arms: Sequence[str],
    colours: Mapping[str, str],
) -> Figure:
    """Draw what tells whether the hazards of one endpoint and design are proportional.

    First log(-log S) of the arms against log time, which are parallel if they are; then
    the hazard ratio of each term along time with its limits, which is level then.

    Parameters
    ----------
    ratios, curves
        Rows of the contracts Proportionality and Curves.
    design
        Label of the design.
    covariates
        Name to label.
    arms
        Labels of the treated and the control arm.
    colours
        Arm label to colour, as `#RRGGBB`.
    """
    terms = ratios.partition_by("term", maintain_order=True)
    order = [*NAMES]
    terms.sort(key=lambda part: (part["term"][0] not in order, part["term"][0]))
    n_rows = (len(terms) + 2) // 2
    with house_style():
        figure = Figure(figsize=(mm(WIDTHS_MM["double"]), mm(ROW_MM * n_rows + 6)))
        grid = figure.subplots(n_rows, 2, squeeze=False).flat
        # The key stands above the first row, whatever the number of rows.
        figure.subplots_adjust(
            left=0.075,
            right=0.985,
            top=1 - 11 / (ROW_MM * n_rows + 6),
            bottom=10 / (ROW_MM * n_rows + 6),
            hspace=0.45,
            wspace=0.22,
        )
        _draw_arms(grid[0], curves, arms, colours)
        figure.suptitle(say(design), x=0.01, ha="left", size=TEXT, weight="bold")
        for axes, rows in zip(grid[1:], terms, strict=False):
            name = rows["term"][0]
            label = say(NAMES.get(name, "")) or term_label(name, covariates)
            _title(axes, label)
            _draw_ratio(axes, rows)
        for axes in grid[1 + len(terms) :]:
            axes.set_visible(False)
    return figure


def _title(axes: Axes, label: str) -> None:
    text = wrap(label, axes_width(axes), TEXT, "bold")
    axes.set_title(text, loc="left", size=TEXT, weight="bold")


def _draw_arms(
    axes: Axes,
    curves: pl.DataFrame,
    arms: Sequence[str],
    colours: Mapping[str, str],
) -> None:
    """Draw log(-log S) of each arm, where S is neither 1 nor 0."""
    handles, styles = [], arm_styles(arms, colours)
    inner = (pl.col("estimate") > 0) & (pl.col("estimate") < 1) & (pl.col("months") > 0)
    for arm in arms:
        rows = curves.filter(inner, arm=arm).sort("months")
        height = np.log(-np.log(rows["estimate"].to_numpy()))
        look = {"color": styles[arm].colour, "linestyle": styles[arm].line}
        months = rows["months"].to_numpy()
        handles += axes.step(months, height, where="post", **look)  # type: ignore[arg-type]
    axes.set(xscale="log", xlabel=say("Months, log scale"), ylabel="log(−log S)")
    low, high = axes.get_xlim()
    ticks = [each for each in MONTHS if low <= each <= high]
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticks(ticks, [f"{each:g}" for each in ticks])
    draw_key(axes, handles, arms, width=axes_width(axes))


def _draw_ratio(axes: Axes, rows: pl.DataFrame) -> None:
    """Draw a hazard ratio along time with its limits, or say why there is none."""
    drawn = rows.drop_nulls("estimate").sort("months")
    if drawn.is_empty():
        axes.set_axis_off()
        why = rows["method"][0].partition("; ")[0]
        text = wrap(f"{why[:1].upper()}{why[1:]}.", axes_width(axes))
        axes.text(0, 0.9, text, transform=axes.transAxes, va="top", size=TEXT)
        return
    months, names = drawn["months"].to_numpy(), ("estimate", "conf_low", "conf_high")
    # A number rounded to 0 has no logarithm.
    line, low, high = (np.clip(drawn[name].to_numpy(), 1e-3, 1e9) for name in names)
    axes.set_yscale("log")
    axes.axhline(1, color=GREY, linewidth=0.6)
    axes.plot(months, line, color=INK)
    axes.fill_between(months, low, high, color=INK, alpha=0.15, linewidth=0)
    ends = [max(min(low.min(), 0.8), WIDEST[0]), min(max(high.max(), 1.25), WIDEST[1])]
    axes.set(xlim=(0, None), ylim=(ends[0] / 1.1, ends[1] * 1.1))
    ticks = [tick for tick in TICKS if ends[0] / 1.1 <= tick <= ends[1] * 1.1]
    ticks = ticks if len(ticks) > 1 else [*NARROW]
    axes.yaxis.set_major_locator(FixedLocator(ticks))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.xaxis.set_major_locator(MultipleLocator(month_step(months[-1])))
    axes.set(xlabel=say("Months"), ylabel=say("Hazard ratio"))
