"""Spider plot: the change of the target lesions along time, a line a patient.

Or, of several patients together, the median and the quartiles of their lines.
"""

from collections.abc import Mapping, Sequence

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator

from twoarm.figures.house import (
    SMALL,
    WIDTHS_MM,
    arm_styles,
    find_arms,
    house_style,
    mm,
)
from twoarm.figures.layout import (
    POINT,
    Area,
    axes_width,
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
from twoarm.figures.responses import BOUNDS, CAP, NONE, asterisk
from twoarm.figures.thinning import thin_out, thinned_note

LEFT, RIGHT, BELOW, GAP = 40 * POINT, 34 * POINT, 27 * POINT, 12 * POINT
NARROWEST = 0.35
"""Least share of the width that an arm has."""
HEAD = 15 * POINT
"""Inches for the heading of an arm."""


def draw_changes(
    changes: pl.DataFrame,
    *,
    arms: Sequence[str],
    colours: Mapping[str, str],
    area: Area | None = None,
) -> Figure:
    """Draw the change since baseline at each visit up to surgery and progression.

    The arms stand side by side on the same scales, with a dot at the end of each line.
    Of very many patients one in so many is drawn, evenly by their best change, as a
    note says.

    Parameters
    ----------
    changes
        Rows of `Changes`, or of `Quartiles`: the line is their median then, and an area
        lies between the quartiles.
    arms
        Labels of the arms, the treated arm first; an arm without rows has no part.
    colours
        Arm label to colour, as `#RRGGBB`.
    area
        Part of a page to draw on; a new figure of 130 mm if left out.

    Raises
    ------
    ValueError
        There are rows of an arm that is not listed.
    """
    if changes.is_empty():
        return draw_sentence(say(NONE), area)
    shown, styles = find_arms(changes, arms, "changes"), arm_styles(arms, colours)
    together = "low_percent" in changes.columns
    every = 1 if together else thin_out(changes.select("arm", "rank").n_unique())
    note, key = _words(changes, every, together=together)
    with house_style():
        on = sheet(area, WIDTHS_MM["middle"], 76)
        wide = extent(on)[0] - LEFT - RIGHT
        ends = [_end(changes.filter(arm=arm)) for arm in shown]
        parts = _widths(ends, wide)
        scale = max(end / part for end, part in zip(ends, parts, strict=True))
        left = LEFT
        top = HEAD + (key_height(key, wide) + 2 * POINT if key else 0.0)
        bottom = BELOW + footnote_height(note, extent(on)[0] - mm(3))
        for arm, part in zip(shown, parts, strict=True):
            right = extent(on)[0] - left - part
            axes = axes_within(on, left=left, right=right, bottom=bottom, top=top)
            left += part + GAP
            rows = changes.filter(arm=arm)
            draw = _draw_quartiles if together else _draw_lines
            draw(axes, _one_in(rows, every), styles[arm].colour)
            axes.set(
                xlim=(0, part * scale * 1.02), xlabel=say("Months since first dose")
            )
            axes.xaxis.set_major_locator(MultipleLocator(month_step(max(ends))))
            _dress(axes, changes, first=arm == shown[0], last=arm == shown[-1])
            n = rows["n_patients"][0] if together else rows["rank"].n_unique()
            title = f"{arm} (n = {n})"
            axes.set_title(title, loc="left", color=styles[arm].colour, weight="bold")
            if key and arm == shown[0]:
                draw_key(axes, [asterisk([], [])], key, width=wide, above=HEAD)
        draw_footnote(on, note)
    return page(on)


def _words(
    changes: pl.DataFrame, every: int, *, together: bool
) -> tuple[str, list[str]]:
    """Return the note, and the words of the key."""
    notes = [say("Line: median. Area: quartiles.")] if together else []
    if (changes["change_percent"] > CAP).any():
        notes.append(say("Lines are cut at +{cap}%.", cap=f"{CAP:.0f}"))
    if every > 1:
        notes.append(thinned_note(every))
    news = not together and changes["new_lesion"].any()
    return " ".join(notes), [say("New lesion")] if news else []


def _one_in(rows: pl.DataFrame, every: int) -> pl.DataFrame:
    return rows if every == 1 else rows.filter((pl.col("rank") - 1) % every == 0)


def _end(rows: pl.DataFrame) -> float:
    return max(float(rows["months"].max()), 1.0)  # type: ignore[arg-type]


def _widths(ends: Sequence[float], wide: float) -> list[float]:
    """Give each arm a width by its months, so that a month is as wide in all."""
    shares = [max(end / sum(ends), NARROWEST) for end in ends]
    room = wide - GAP * (len(ends) - 1)
    return [share / sum(shares) * room for share in shares]


def _draw_lines(axes: Axes, rows: pl.DataFrame, colour: str) -> None:
    capped = rows.with_columns(pl.col("change_percent").clip(upper_bound=CAP))
    for (rank,), line in capped.sort("rank", "months").group_by(
        "rank", maintain_order=True
    ):
        months, change = line["months"].to_numpy(), line["change_percent"].to_numpy()
        axes.plot(
            months, change, color=colour, linewidth=0.6, alpha=0.6, label=f"{rank}"
        )
        axes.plot(months[-1:], change[-1:], ".", color=colour, markersize=3)
    new = capped.filter("new_lesion")
    axes.add_line(asterisk(new["months"].to_list(), new["change_percent"].to_list()))


def _draw_quartiles(axes: Axes, rows: pl.DataFrame, colour: str) -> None:
    capped = rows.sort("months").with_columns(
        pl.selectors.ends_with("_percent").clip(upper_bound=CAP)
    )
    months = capped["months"].to_numpy()
    axes.plot(months, capped["change_percent"].to_numpy(), color=colour, label="median")
    axes.fill_between(
        months,
        capped["low_percent"].to_numpy(),
        capped["high_percent"].to_numpy(),
        color=colour,
        alpha=0.2,
        linewidth=0,
    )


def _dress(axes: Axes, changes: pl.DataFrame, *, first: bool, last: bool) -> None:
    tops = changes.select(pl.col("^(change|high)_percent$").max()).row(0)
    highest = float(max(tops))
    high = min(max(highest, BOUNDS[0]), CAP)
    axes.set(ylim=(-104, high + 8))
    axes.axhline(0, color="black", linewidth=0.6)
    ticks = [tick for tick in range(-100, 101, 25) if tick <= high + 8]
    axes.set_yticks(
        ticks, [f"{t:+d}".replace("-", "−").replace("+0", "0") for t in ticks]
    )
    axes.spines["left"].set_bounds(-100, ticks[-1])
    if first:
        axes.set_ylabel(say("Change in target lesions (%)"))
    else:
        axes.spines["left"].set_visible(False)
        axes.set_yticks([])
    for bound in BOUNDS:
        axes.axhline(bound, color="#595959", linewidth=0.6, linestyle=(0, (4, 2)))
        if last:
            axes.text(
                1 + 3 * POINT / axes_width(axes),
                bound,
                f"{bound:+.0f}%".replace("-", "−"),
                transform=axes.get_yaxis_transform(),
                size=SMALL,
                va="center",
            )
