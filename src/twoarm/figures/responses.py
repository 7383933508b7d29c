"""Waterfall: the best change of the target lesions, a bar a patient or several."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from twoarm.figures.house import SMALL, WIDTHS_MM, house_style, mm
from twoarm.figures.layout import (
    POINT,
    Area,
    axes_height,
    axes_width,
    axes_within,
    draw_footnote,
    draw_key,
    draw_sentence,
    extent,
    footnote_height,
    key_height,
    page,
    sheet,
    text_height,
    wrap,
)
from twoarm.figures.phrases import say
from twoarm.figures.thinning import thin_out, thinned_note

RESPONSES = {
    "CR": ("#08519C", "Complete response"),
    "PR": ("#7FB8DE", "Partial response"),
    "SD": ("#F8CF8A", "Stable disease"),
    "PD": ("#E07B00", "Progressive disease"),
}
"""Colour and words of each class: blue to orange, told apart by all, no arm's."""

CAP = 100.0
"""Longest bar in percent."""
MARKED = -106.0
"""Where the marks of surgery stand, in percent."""
BOUNDS = (20.0, -30.0)
"""Changes at which RECIST 1.1 sees progression and response."""
NONE = "Not shown: too few patients."
LEFT, RIGHT, BELOW = 40 * POINT, 34 * POINT, 16 * POINT


def draw_responses(
    responses: pl.DataFrame,
    *,
    title: str | None = None,
    together: bool = False,
    area: Area | None = None,
) -> Figure:
    """Draw the best change of each patient's target lesions, the largest first.

    Who was operated on afterwards is marked, unless all or none were. Of very many
    patients one in so many is drawn, evenly by the change, as a note says. Bars that
    stand for several patients, which the figure says, are as wide as these and have no
    marks.

    Parameters
    ----------
    responses
        Rows of `Responses`. Several arms stand side by side, each under its label.
    title
        Heading of the figure, in place of the arm's label; for one arm.
    together
        Whether the patients of all arms are sorted together, without a label.
    area
        Part of a page to draw on; a new figure of 130 mm if left out.
    """
    if responses.is_empty():
        return draw_sentence(say(NONE), area)
    if together:
        responses = responses.with_columns(arm=pl.lit(""))
    arms = responses["arm"].unique(maintain_order=True).to_list()
    every = thin_out(responses.height)
    note = f"{_note(responses)} {thinned_note(every)}".strip()
    with house_style():
        on = sheet(area, WIDTHS_MM["middle"], 76)
        wide = extent(on)[0] - LEFT - RIGHT
        handles, labels = _key(responses)
        lengths = [_count(responses.filter(arm=arm)) for arm in arms]
        titles = [title] if title and len(arms) == 1 else arms
        parts = _shares(lengths, wide)
        heads = [
            wrap(t, part[1], 7.5, "bold") for t, part in zip(titles, parts, strict=True)
        ]
        head = max(text_height(text, 7.5) if text else 0 for text in heads) + 4 * POINT
        top = key_height(labels, wide) + head + 4 * POINT
        bottom = BELOW + footnote_height(note, extent(on)[0] - mm(3))
        for arm, text, (start, length) in zip(arms, heads, parts, strict=True):
            right = extent(on)[0] - LEFT - start - length
            axes = axes_within(
                on, left=LEFT + start, right=right, bottom=bottom, top=top
            )
            rows = responses.filter(arm=arm)
            few = _ordered(rows).gather_every(every)
            _draw_bars(axes, few, _highest(responses), marked=_tells(responses))
            axes.set_title(text, loc="left", weight="bold")
            axes.set_xlabel(say("Patients (n = {n})", n=_count(rows)))
            _dress(axes, first=arm == arms[0], last=arm == arms[-1])
            if arm == arms[0]:
                draw_key(axes, handles, labels, width=wide, above=head)
        draw_footnote(on, note)
    return page(on)


def _count(responses: pl.DataFrame) -> int:
    return int(responses["n_patients"].sum())


def _note(responses: pl.DataFrame) -> str:
    """Say what a bar stands for, if not a patient, and where it ends."""
    notes, fewest = [], responses["n_patients"].min()
    if fewest != 1:
        notes.append(
            say("Each bar: the mean of {n} neighbours or more, of one arm.", n=fewest)
        )
    if (responses["change_percent"] > CAP).any():
        notes.append(say("Bars end at +{cap}%.", cap=f"{CAP:.0f}"))
    return " ".join(notes)


def _shares(lengths: Sequence[int], wide: float) -> list[tuple[float, float]]:
    """Return start and length of each arm's axes in inches; bars are equally wide."""
    gap = 12 * POINT
    scale = (wide - gap * (len(lengths) - 1)) / sum(lengths)
    starts = [sum(lengths[:i]) * scale + i * gap for i in range(len(lengths))]
    return [(s, n * scale) for s, n in zip(starts, lengths, strict=True)]


def _highest(responses: pl.DataFrame) -> float:
    largest = float(responses["change_percent"].max())  # type: ignore[arg-type]
    return min(max(largest, BOUNDS[0]), CAP) + 8


def _key(responses: pl.DataFrame) -> tuple[list[Any], list[str]]:
    found = set(responses["response"])
    handles: list[Any] = [
        Patch(color=colour) for name, (colour, _) in RESPONSES.items() if name in found
    ]
    labels = [say(words) for name, (_, words) in RESPONSES.items() if name in found]
    if responses["new_lesion"].any():
        handles.append(asterisk([], []))
        labels.append(say("New lesion"))
    if _tells(responses):
        handles.append(_triangle([], []))
        labels.append(say("Surgery afterwards"))
    return handles, labels


def asterisk(x: Sequence[float], y: Sequence[float]) -> Line2D:
    """Return the marks of new lesions at these points of the axes."""
    return Line2D(
        x,
        y,
        linestyle="none",
        marker=(6, 2, 0),
        markersize=3.2,
        markeredgewidth=0.6,
        color="black",
        label="new lesion",
    )


def _triangle(x: Sequence[float], y: Sequence[float]) -> Line2D:
    return Line2D(
        x,
        y,
        linestyle="none",
        marker="^",
        markersize=3.2,
        markeredgewidth=0,
        color="black",
        label="surgery",
        clip_on=False,
    )


def _tells(responses: pl.DataFrame) -> bool:
    """Whether some were operated on and others were not, by what is known."""
    return responses["operated"].n_unique() > 1


def _ordered(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.sort("change_percent", "rank", descending=[True, False])


def _draw_bars(
    axes: Axes, ordered: pl.DataFrame, highest: float, *, marked: bool
) -> None:
    heights = ordered["change_percent"].clip(upper_bound=CAP)
    colours = [RESPONSES[name][0] for name in ordered["response"]]
    n = ordered["n_patients"].to_numpy()
    # Of one patient each: 1, 2, 3, and so on.
    places = np.cumsum(n) - (n - 1) / 2
    # An edge of the bar's colour leaves a trace of a bar of height 0.
    axes.bar(
        places,
        heights,
        width=np.where(n > 1, n - 0.4, 0.84),
        color=colours,
        edgecolor=colours,
        linewidth=0.4,
    )
    news = [
        (place, max(height, 0.0) + 3.5)
        for place, height, new in zip(
            places, heights, ordered["new_lesion"], strict=True
        )
        if new
    ]
    axes.add_line(asterisk([x for x, _ in news], [y for _, y in news]))
    if marked:
        # In a row of their own, where no bar is.
        operated = [
            place for place, one in zip(places, ordered["operated"], strict=True) if one
        ]
        axes.add_line(_triangle(operated, [MARKED] * len(operated)))
    axes.axhline(0, color="black", linewidth=0.6)
    for bound in BOUNDS:
        axes.axhline(bound, color="#595959", linewidth=0.6, linestyle=(0, (4, 2)))
    # Bars of a few patients stay bars.
    axes.set(
        xlim=(0.3, _count(ordered) + 0.7),
        ylim=(MARKED - 4 if marked else -104, highest),
        xticks=[],
    )


def _dress(axes: Axes, *, first: bool, last: bool) -> None:
    axes.spines["bottom"].set_visible(False)
    axes.spines["left"].set_visible(first)
    ticks = [tick for tick in range(-100, 101, 25) if tick <= axes.get_ylim()[1]]
    axes.set_yticks(ticks if first else [])
    axes.yaxis.set_major_formatter(
        lambda change, _: f"{change:+.0f}".replace("-", "−").replace("+0", "0")
    )
    axes.spines["left"].set_bounds(-100, ticks[-1])
    if first:
        words = say("Best change in target lesions (%)")
        axes.set_ylabel(wrap(words, axes_height(axes), 7.5))
    for bound in BOUNDS if last else ():
        axes.text(
            1 + 3 * POINT / axes_width(axes),
            bound,
            f"{bound:+.0f}%".replace("-", "−"),
            transform=axes.get_yaxis_transform(),
            size=SMALL,
            va="center",
        )
