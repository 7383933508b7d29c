"""What is missing: how often each covariate is, in all and in each arm and centre."""

from collections.abc import Mapping, Sequence

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from twoarm.figures.house import WIDTHS_MM, house_style, mm
from twoarm.figures.layout import (
    POINT,
    Area,
    axes_height,
    axes_width,
    axes_within,
    draw_footnote,
    extent,
    footnote_height,
    page,
    sheet,
    text_height,
    text_width,
    wrap,
)
from twoarm.figures.phrases import say

SHADE = (0.03, 0.25, 0.45)
"""Colour of what is all missing, as red, green and blue; white is complete."""
ROW = 15 * POINT
NARROWEST = 24 * POINT
"""Least width of a column in inches."""
GROUPS = {"all": "All patients", "arm": "Arm", "centre": "Centre"}
NOTE = "Percent of the patients of a group. A dash hides a small number."


def draw_missingness(
    missingness: pl.DataFrame,
    *,
    labels: Mapping[str, str],
    arms: Sequence[str],
    area: Area | None = None,
) -> Figure:
    """Draw the share of patients of whom each covariate is not known.

    Parameters
    ----------
    missingness
        Rows of `Missingness`, blank where a number is small.
    labels
        Covariate to its label, in the order of drawing.
    arms
        Labels of the arms; centres follow them in the order of their names, unless they
        are too many to have room.
    area
        Part of a page to draw on; a new figure of 130 mm, as high as the rows need, if
        left out.

    Raises
    ------
    ValueError
        There is no row of these covariates.
    """
    rows = missingness.filter(pl.col("covariate").is_in(list(labels)))
    if rows.is_empty():
        raise ValueError(f"nothing is known of what is missing of {list(labels)}")
    columns = _columns(rows, arms)
    shown = [name for name in labels if name in set(rows["covariate"])]
    whole = missingness.filter(pl.col("covariate").is_null())
    with house_style():
        width = extent(area)[0] if area else mm(WIDTHS_MM["middle"])
        names = [wrap(labels[name], width * 0.36) for name in shown]
        names += [say("Any of them")] if whole.height else []
        left = max(map(text_width, names)) + 10 * POINT
        if (width - left) / len(columns) < NARROWEST:
            columns = [each for each in columns if each[1][0] != "centre"]
        each = (width - left - 4 * POINT) / len(columns)
        heads = [wrap(head, each - 4 * POINT) for head, _ in columns]
        top = max(map(text_height, heads)) + text_height("") + 4 * POINT
        note = say(NOTE)
        below = footnote_height(note, width - mm(3)) + 3 * POINT
        high = ROW * len(names)
        on = sheet(area, WIDTHS_MM["middle"], (high + top + below) * 25.4)
        axes = axes_within(on, left=left, right=4 * POINT, bottom=below, top=top)
        axes.set(xlim=(0, len(columns)), ylim=(len(names), 0), xticks=[])
        axes.set_yticks([place + 0.5 for place in range(len(names))], names)
        axes.tick_params(axis="y", length=0)
        axes.spines[:].set_visible(False)
        parts = [rows.filter(covariate=name) for name in shown]
        parts += [whole] if whole.height else []
        for place, part in enumerate(parts):
            _draw_row(axes, place, part, [group for _, group in columns])
        _draw_heads(axes, columns, heads)
        draw_footnote(on, note)
    return page(on)


def _columns(
    rows: pl.DataFrame, arms: Sequence[str]
) -> list[tuple[str, tuple[str, str]]]:
    """List the groups: what stands above each, and what makes it."""
    found = set(rows.select("by", "group").unique().iter_rows())
    centres = sorted(group for by, group in found if by == "centre")
    wanted = [("all", "all"), *(("arm", arm) for arm in arms)]
    wanted += [("centre", centre) for centre in centres]
    # Of a study of one centre the centre is everybody.
    wanted = wanted[: -len(centres)] if len(centres) == 1 else wanted
    return [
        (say(GROUPS["all"]) if group[0] == "all" else group[1], group)
        for group in wanted
        if group in found
    ]


def _draw_row(
    axes: Axes, place: int, part: pl.DataFrame, groups: Sequence[tuple[str, str]]
) -> None:
    """Tint a cell a group by its share, and print the percentage."""
    shares = {(by, group): share for by, group, share in part.select(
        "by", "group", "share_missing"
    ).iter_rows()}  # fmt: skip
    for column, group in enumerate(groups):
        share = shares.get(group)
        tint = [1 - (1 - part) * (share or 0.0) for part in SHADE]
        cell = Rectangle((column, place), 1, 1, facecolor=tint, edgecolor="#D0D0D0")
        axes.add_patch(cell)
        dark = (share or 0.0) > 0.5
        axes.text(
            column + 0.5,
            place + 0.5,
            _percent(share),
            ha="center",
            va="center",
            color="white" if dark else "black",
        )


def _percent(share: float | None) -> str:
    if share is None:
        return "–"
    return "<1" if 0 < share < 0.01 else f"{100 * share:.0f}"


def _draw_heads(
    axes: Axes, columns: Sequence[tuple[str, tuple[str, str]]], heads: Sequence[str]
) -> None:
    """Write the groups above their columns, and above these what makes them."""
    lift = 1 + 2 * POINT / axes_height(axes)
    style = {"transform": axes.get_xaxis_transform(), "va": "bottom"}
    for place, head in enumerate(heads):
        axes.text(place + 0.5, lift, head, ha="center", **style)  # type: ignore[arg-type]
    above = lift + max(map(text_height, heads)) / axes_height(axes)
    for by in ("arm", "centre"):
        places = [place for place, (_, group) in enumerate(columns) if group[0] == by]
        if places and text_width(say(GROUPS[by])) < axes_width(axes):
            middle = (places[0] + places[-1] + 1) / 2
            words = say(GROUPS[by])
            axes.text(middle, above, words, ha="center", weight="bold", **style)  # type: ignore[arg-type]
