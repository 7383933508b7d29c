"""How the patients of each arm share out among the states of their courses."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MultipleLocator

from twoarm.figures.house import WIDTHS_MM, find_arms, house_style, mm
from twoarm.figures.layout import (
    POINT,
    Area,
    axes_within,
    draw_footnote,
    draw_key,
    draw_sentence,
    extent,
    footnote_height,
    key_height,
    month_step,
    page,
    sheet,
)
from twoarm.figures.phrases import say
from twoarm.figures.responses import NONE
from twoarm.tables.figures import STATES

COLOURS = {
    "death": "#262626",
    "progression": "#E69F00",
    "surgery": "#08519C",
    "treatment": "#7FB8DE",
    "none": "#D5E4F0",
    "end": "#F2F2F2",
}
"""Colour of each state: dark to light where printed grey, no arm's."""
LEFT, RIGHT, BELOW = 36 * POINT, 10 * POINT, 27 * POINT
HEAD = 15 * POINT
"""Inches for the heading of an arm."""
NOTE = "Borders are rounded down, so that a step stands for {n} patients or more."


def draw_states(
    states: pl.DataFrame,
    *,
    arms: Sequence[str],
    colours: Mapping[str, str],
    minimum_mark: int,
    area: Area | None = None,
) -> Figure:
    """Stack the shares of an arm's patients in each state along time, an arm a panel.

    Parameters
    ----------
    states
        Rows of `States`.
    arms
        Labels of the arms from top to bottom; an arm without rows has no panel.
    colours
        Arm label to the colour of its heading, as `#RRGGBB`.
    minimum_mark
        Fewest patients that a step stands for, for the note.
    area
        Part of a page to draw on; a new figure of 130 mm if left out.

    Raises
    ------
    ValueError
        There are rows of an arm that is not listed.
    """
    if states.is_empty():
        return draw_sentence(say(NONE), area)
    shown = find_arms(states, arms, "states")
    told = set(states.filter(pl.col("share") > 0)["state"])
    # As they are stacked, from the top.
    named = [name for name in reversed(STATES) if name in told]
    labels = [say(STATES[name]) for name in named]
    last = max(float(states["months"].max()), 1.0)  # type: ignore[arg-type]
    note = say(NOTE, n=minimum_mark)
    with house_style():
        on = sheet(area, WIDTHS_MM["middle"], 40 + 46 * len(shown))
        wide, high = extent(on)
        key = key_height(labels, wide - LEFT - RIGHT)
        foot = BELOW + footnote_height(note, wide - mm(3))
        room = (high - key - 2 * POINT - foot) / len(shown)
        for place, arm in enumerate(shown):
            top = key + 2 * POINT + place * room + HEAD
            axes = axes_within(
                on,
                left=LEFT,
                right=RIGHT,
                bottom=high - top - (room - HEAD),
                top=top,
            )
            _draw_arm(axes, states.filter(arm=arm))
            n = states.filter(arm=arm)["n_patients"][0]
            title = f"{arm} (n = {n})"
            axes.set_title(title, loc="left", color=colours[arm], weight="bold")
            _dress(axes, last, lowest=arm == shown[-1])
            if arm == shown[0]:
                handles = [Patch(color=COLOURS[name]) for name in named]
                draw_key(axes, handles, labels, width=wide - LEFT - RIGHT, above=HEAD)
        draw_footnote(on, note)
    return page(on)


def _draw_arm(axes: Axes, states: pl.DataFrame) -> None:
    """Stack the states, each month up to the next; the last month has none."""
    wide = states.pivot(on="state", index="months", values="share").sort("months")
    months = wide["months"].to_numpy()
    shares = wide.select(list(STATES)).to_numpy().T * 100
    borders = np.vstack([np.zeros(len(months)), np.cumsum(shares, axis=0)])
    for name, (low, high) in zip(STATES, pairwise(borders), strict=True):
        axes.fill_between(
            months, low, high, step="post", color=COLOURS[name], linewidth=0, label=name
        )


def _dress(axes: Axes, last: float, *, lowest: bool) -> None:
    axes.set(xlim=(0, last), ylim=(0, 100), yticks=range(0, 101, 25))
    axes.set_ylabel(say("Patients (%)"))
    axes.xaxis.set_major_locator(MultipleLocator(month_step(last)))
    if lowest:
        axes.set_xlabel(say("Months since first dose"))
    else:
        axes.tick_params(labelbottom=False)
