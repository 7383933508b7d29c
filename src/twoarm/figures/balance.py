"""Love plot: how far apart the arms are in each covariate, design by design."""

import itertools
from collections.abc import Collection, Mapping, Sequence

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from twoarm.figures.house import WIDTHS_MM, house_style, mm
from twoarm.figures.layout import (
    POINT,
    Area,
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

MARKS = (
    ("o", "#4D4D4D"),
    ("s", "#0072B2"),
    ("^", "#009E73"),
    ("D", "#E69F00"),
    ("v", "#56B4E9"),
    ("P", "#8C6D31"),
    ("X", "#1B1B1B"),
    ("h", "#B8B800"),
    ("<", "#0B3C5D"),
    (">", "#6B8E23"),
    ("p", "#A0522D"),
    ("d", "#708090"),
)
"""Shape and colour of each design: those of Okabe and Ito, without the arms' hues.

Designs beyond these take them again, hollow.
"""

SPACE = 2.6 * POINT
"""Inches above and below a row's label, together."""
BELOW = 26 * POINT
"""Inches for the axis below the rows."""


def draw_balance(
    balance: pl.DataFrame,
    *,
    labels: Mapping[str, str],
    designs: Mapping[str, str],
    threshold: float,
    binary: Collection[str] = (),
    area: Area | None = None,
) -> Figure:
    """Draw the absolute standardised mean difference of each covariate level.

    Parameters
    ----------
    balance
        Rows of `Balance`; a null `smd` is not drawn, a level with no other has no row.
    labels
        Covariate to its label; a covariate without one keeps its own name.
    binary
        Covariates whose label says their one level; it is not printed.
    designs
        Design to its label, in the order of drawing. Rows are sorted by `unadjusted`,
        or by the first design if it is not among them, the largest on top.
    threshold
        Difference at which a dashed line stands.
    area
        Part of a page to draw on; a new figure of 130 mm, as high as the rows need, if
        left out.

    Raises
    ------
    ValueError
        There is no row of these designs.
    """
    rows = _rows(balance, labels, list(designs), binary)
    with house_style():
        width = extent(area)[0] if area else mm(WIDTHS_MM["middle"])
        names = [wrap(name, width * 0.45) for name in rows["label"]]
        left = max(text_width(name) for name in names) + 10 * POINT
        right = 12 * POINT
        key = key_height([*_said(rows, designs), "Threshold 0.00"], width - 2 * right)
        high = sum(text_height(name) + SPACE for name in names)
        needed = high + key + BELOW + 8 * POINT
        on = sheet(area, WIDTHS_MM["middle"], needed * 25.4)
        axes = axes_within(
            on, left=left, right=right, bottom=BELOW, top=key + 3 * POINT
        )
        _draw_rows(axes, names, high)
        handles, words = _draw_marks(axes, rows, names, designs, threshold)
        draw_key(axes, handles, words, width=width - 2 * right, before=left - right)
    return page(on)


def _rows(
    balance: pl.DataFrame,
    labels: Mapping[str, str],
    designs: Sequence[str],
    binary: Collection[str],
) -> pl.DataFrame:
    """Return one row a covariate level: its label, and |smd| a design."""
    wanted = balance.filter(pl.col("design").is_in(designs))
    if wanted.is_empty():
        raise ValueError(f"no balance to draw of the designs {list(designs)}")
    first = "unadjusted" if "unadjusted" in designs else designs[0]
    plain = pl.col("level").is_null() | pl.col("covariate").is_in(list(binary))
    named = pl.col("covariate").replace(labels)
    wide = (
        wanted.with_columns(
            label=pl.when(plain).then(named).otherwise(named + ": " + pl.col("level")),
            smd=pl.col("smd").abs(),
        )
        .pivot(on="design", index=["covariate", "level", "label"], values="smd")
        .sort(first, "label", descending=[True, False], nulls_last=True)
    )
    absent = [design for design in designs if design not in wide.columns]
    known = pl.any_horizontal(
        pl.col(design).is_not_null() for design in designs if design in wide.columns
    )
    return wide.filter(known).with_columns(
        pl.lit(None, pl.Float64).alias(name) for name in absent
    )


def _heights(names: Sequence[str]) -> list[tuple[float, float]]:
    """Return top and bottom of each row, in inches from the first."""
    edges = [0.0]
    for name in names:
        edges.append(edges[-1] + text_height(name) + SPACE)
    return list(itertools.pairwise(edges))


def _draw_rows(axes: Axes, names: Sequence[str], high: float) -> None:
    bounds = _heights(names)
    for row, (top, bottom) in enumerate(bounds):
        if row % 2 == 0:
            axes.axhspan(top, bottom, color="#F3F3F3", linewidth=0, zorder=0)
    axes.set(ylim=(high, 0))
    axes.set_yticks([(top + bottom) / 2 for top, bottom in bounds], names)
    axes.tick_params(axis="y", length=0, pad=6)
    axes.spines["left"].set_visible(False)


def _draw_marks(
    axes: Axes,
    rows: pl.DataFrame,
    names: Sequence[str],
    designs: Mapping[str, str],
    threshold: float,
) -> tuple[list[Line2D], list[str]]:
    middles = [(top + bottom) / 2 for top, bottom in _heights(names)]
    line = axes.axvline(threshold, color="black", linestyle=(0, (4, 2)), linewidth=0.7)
    handles: list[Line2D] = []
    for place, (design, label) in enumerate(designs.items()):
        again = place - len(MARKS)
        mark, colour = MARKS[place if again < 0 else 1 + again % (len(MARKS) - 1)]
        drawn = [
            (x, y) for x, y in zip(rows[design], middles, strict=True) if x is not None
        ]
        handles += axes.plot(
            [x for x, _ in drawn],
            [y for _, y in drawn],
            linestyle="none",
            marker=mark,
            markersize=4.4,
            markerfacecolor="white" if place == 0 or again >= 0 else colour,
            markeredgecolor=colour,
            markeredgewidth=0.9,
            label=label,
            clip_on=False,
            zorder=3 + len(handles),
        )
    largest = rows.select(pl.max_horizontal(list(designs)).max()).item() or 0.0
    axes.set(xlim=(0, max(largest * 1.04, threshold * 2)))
    axes.set_xlabel(say("Absolute standardised mean difference"))
    words = say("Threshold {threshold:g}", threshold=threshold)
    return [*handles, line], [*_said(rows, designs), words]


def _said(rows: pl.DataFrame, designs: Mapping[str, str]) -> list[str]:
    """Name the designs, and say of which nothing is drawn."""
    return [
        say("{arm} (too few to show)", arm=say(label))
        if rows[design].null_count() == rows.height
        else say(label)
        for design, label in designs.items()
    ]
