"""The audit of immortal time: how much of the follow-up can hold no event."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from twoarm.figures.columns import columns_of, write_cells, write_heads
from twoarm.figures.house import WIDTHS_MM, house_style, mm
from twoarm.figures.layout import (
    POINT,
    Area,
    axes_width,
    axes_within,
    draw_key,
    extent,
    key_height,
    page,
    sheet,
    text_height,
    text_width,
    wrap,
)
from twoarm.figures.phrases import say

GREY, DARK, INK = "#C9C9C9", "#8C510A", "#1B1B1B"
ROW, BELOW = 15 * POINT, 28 * POINT
KINDS = {"immortal": "Before their treatment", "rest": "Other follow-up"}
HEADS = ("Median wait, months", "Events that could not be", "Verdict")


def draw_audit(
    audit: pl.DataFrame,
    *,
    designs: Mapping[str, str],
    arm: str,
    area: Area | None = None,
) -> Figure:
    """Draw the follow-up of the treated in each design, by whether it can hold events.

    Parameters
    ----------
    audit
        Rows of `Audit` of one endpoint, blank where few patients are behind a number:
        such a bar is not divided.
    designs
        Design to its label, in the order of drawing.
    arm
        Label of the treated arm.
    area
        Part of a page to draw on; a new figure of 180 mm, as high as the rows need, if
        left out.

    Raises
    ------
    ValueError
        There is no row of these designs.
    """
    found = {row["design"]: row for row in audit.filter(arm=arm).iter_rows(named=True)}
    shown = [name for name in designs if name in found]
    if not shown:
        raise ValueError(f"the audit has no row of the designs {list(designs)}")
    with house_style():
        width = extent(area)[0] if area else mm(WIDTHS_MM["double"])
        names = [wrap(say(designs[name]), width * 0.3) for name in shown]
        left = max(map(text_width, names)) + 8 * POINT
        cells = [_cells(found[name]) for name in shown]
        table = columns_of(cells, [say(head) for head in HEADS])
        right = sum(table.widths) + 6 * POINT
        words = [say(each) for each in KINDS.values()]
        key = key_height(words, width - left - right)
        top = max(key, *map(text_height, table.heads)) + 4 * POINT
        high = ROW * len(shown)
        on = sheet(area, WIDTHS_MM["double"], (high + top + BELOW) * 25.4)
        axes = axes_within(on, left=left, right=right, bottom=BELOW, top=top)
        axes.set_ylim(len(shown) - 0.5, -0.5)
        handles = _draw_bars(axes, [found[name] for name in shown])
        for place, row in enumerate(cells):
            write_cells(axes, place, row, table, color=INK)
        write_heads(axes, table)
        axes.set_yticks(range(len(shown)), names)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel(say("Follow-up of {arm}, patient-months", arm=arm))
        draw_key(axes, handles, words, width=axes_width(axes), handlelength=1.2)
    return page(on)


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Write the wait, the events that could not be, and the verdict."""
    wait, events = row["median_wait_months"], row["expected_events"]
    verdict = say(str(row["verdict"]).capitalize())
    told = ["–" if each is None else f"{each:.1f}" for each in (wait, events)]
    return (*told, verdict)


def _draw_bars(axes: Axes, rows: Sequence[Mapping[str, Any]]) -> list[Patch]:
    """Stack the parts of the follow-up: that which can hold no event stands first."""
    immortal = [row["immortal_months"] or 0.0 for row in rows]
    rest = [
        row["person_months"] - before
        for row, before in zip(rows, immortal, strict=True)
    ]
    places, looks = range(len(rows)), {"immortal": DARK, "rest": GREY}
    axes.barh(places, immortal, 0.62, color=looks["immortal"], label="immortal")
    axes.barh(places, rest, 0.62, left=immortal, color=looks["rest"], label="rest")
    return [Patch(color=looks[kind]) for kind in KINDS]
