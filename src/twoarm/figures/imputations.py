"""What an imputation did: its traces, and its values beside the observed ones."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Protocol

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from twoarm.figures.house import TEXT, WIDTHS_MM, house_style, mm
from twoarm.figures.layout import POINT, draw_key, key_height, text_height, wrap
from twoarm.figures.phrases import say

OBSERVED, IMPUTED = "#1B1B1B", "#0072B2"
KEY = ("Observed", "Imputed, of each completed data set")
COLUMNS = 2
LEFT, RIGHT, BELOW, ABOVE = 48 * POINT, 10 * POINT, 27 * POINT, 6 * POINT
HIGH = 76 * POINT
"""Inches of a panel's axes; the margins stand around them."""
MEAN = "{label}: mean"
SPREAD = "{label}: standard deviation"
NOTHING = "Nothing is drawn: no covariate has enough missing values to show."


class Draw(Protocol):
    """Something that draws a panel onto axes."""

    def __call__(self, *, axes: Axes) -> None:
        """Draw the panel."""


Cell = tuple[str, Draw]
"""Title of a panel, and what draws it."""


def draw_traces(
    traces: pl.DataFrame, values: pl.DataFrame, *, labels: Mapping[str, str]
) -> Figure:
    """Draw what was imputed at each iteration, a line a data set.

    Lines that mix, without a trend, speak for chains that have converged. Of a
    continuous covariate the mean and the standard deviation stand side by side, of
    levels their shares; of two levels the second.

    Parameters
    ----------
    traces, values
        As the contracts Trace and ImputedValues, small counts hidden. The order of
        levels is that of the values; sorted, where these are hidden.
    labels
        Covariate to its label, in the order of drawing.
    """
    cells: list[Cell | None] = []
    for name, label in labels.items():
        rows = traces.filter(covariate=name)
        order = values.filter(covariate=name).sort("bin")["level"]
        found = rows["level"].drop_nulls().unique().sort()
        levels = list(dict.fromkeys([*order.drop_nulls(), *found]))
        if levels:
            for level in levels[1:] if len(levels) == 2 else levels:
                draw = partial(_draw_trace, rows.filter(level=level), "mean")
                cells.append(
                    (say("{label}: share of {level}", label=label, level=level), draw)
                )
        elif rows.height:
            cells += [None] * (len(cells) % COLUMNS)
            for column, what in (("mean", MEAN), ("sd", SPREAD)):
                draw = partial(_draw_trace, rows, column)
                cells.append((say(what, label=label), draw))
    return _compose(cells, keyed=False)


def draw_values(values: pl.DataFrame, *, labels: Mapping[str, str]) -> Figure:
    """Draw the distributions of imputed values beside that of the observed.

    Of a continuous covariate densities: the share of a bin by its width. Of levels
    their shares.

    Parameters
    ----------
    values
        As the contract ImputedValues, small counts hidden.
    labels
        Covariate to its label, in the order of drawing.
    """
    cells: list[Cell | None] = []
    for name, label in labels.items():
        rows = values.filter(covariate=name).sort("imputation", "bin")
        if rows.height:
            levelled = rows["level"].is_not_null().all()
            draw = partial(_draw_levels if levelled else _draw_bins, rows)
            cells.append((label, draw))
    return _compose(cells, keyed=True)


def _compose(cells: Sequence[Cell | None], *, keyed: bool) -> Figure:
    """Lay panels out, two a row, on a page of 130 mm."""
    with house_style():
        width, n_rows = mm(WIDTHS_MM["middle"]), max(1, -(-len(cells) // COLUMNS))
        wide = width / COLUMNS - LEFT - RIGHT
        titles = [wrap(cell[0], wide) if cell else "" for cell in cells]
        head = max(map(text_height, titles), default=0.0) + ABOVE
        room = width - LEFT - RIGHT
        keys = [say(words) for words in KEY]
        key = key_height(keys, room) + 4 * POINT if keyed else 0.0
        row = head + HIGH + BELOW
        height = key + n_rows * row
        figure = Figure(figsize=(width, height))
        if not cells:
            figure.text(
                0.5, 0.5, wrap(say(NOTHING), width * 0.9), ha="center", size=TEXT
            )
        first: Axes | None = None
        for place, (cell, title) in enumerate(zip(cells, titles, strict=True)):
            if cell is None:
                continue
            line, column = divmod(place, COLUMNS)
            left = column * width / COLUMNS + LEFT
            bottom = height - key - line * row - head - HIGH
            box = (left / width, bottom / height, wide / width, HIGH / height)
            axes = figure.add_axes(box)
            axes.set_title(title, loc="left", size=TEXT)
            cell[1](axes=axes)
            first = first or axes
        if keyed and first:
            handles = [_line(OBSERVED, 1.4), _line(IMPUTED, 0.7)]
            draw_key(first, handles, keys, width=room, above=head)
    return figure


def _line(colour: str, width: float) -> Line2D:
    return Line2D([], [], color=colour, linewidth=width)


def _draw_trace(rows: pl.DataFrame, column: str, *, axes: Axes) -> None:
    for number in rows["imputation"].unique().sort():
        line = rows.filter(imputation=number).drop_nulls(column).sort("iteration")
        axes.plot(
            line["iteration"].to_list(),
            line[column].to_list(),
            color=IMPUTED,
            linewidth=0.7,
            alpha=0.6,
            marker="o",
            markersize=1.4,
        )
    axes.set_xlabel(say("Iteration"))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4))


def _draw_bins(rows: pl.DataFrame, *, axes: Axes) -> None:
    parts = rows.partition_by("imputation", maintain_order=True)
    edges = [*parts[0]["low"], parts[0]["high"][-1]]
    wide = parts[0]["high"] - parts[0]["low"]
    for part in parts:
        axes.stairs(
            part["share_imputed"] / wide, edges, color=IMPUTED, linewidth=0.7, alpha=0.6
        )
    observed = parts[0]["share_observed"] / wide
    axes.stairs(observed, edges, color=OBSERVED, linewidth=1.4)
    axes.set_ylim(bottom=0)
    axes.set_ylabel(say("Density"))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4))


def _draw_levels(rows: pl.DataFrame, *, axes: Axes) -> None:
    parts = rows.partition_by("imputation", maintain_order=True)
    levels = parts[0]["level"].to_list()
    edges = [k - 0.5 for k in range(len(levels) + 1)]
    for part in parts:
        axes.stairs(
            part["share_imputed"], edges, color=IMPUTED, linewidth=0.7, alpha=0.6
        )
    axes.stairs(parts[0]["share_observed"], edges, color=OBSERVED, linewidth=1.4)
    axes.set_ylim(bottom=0)
    axes.set_ylabel(say("Share"))
    axes.set_xticks(range(len(levels)), [wrap(level, 0.5) for level in levels])
    axes.tick_params(axis="x", length=0)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4))
