"""How far the arms are apart, under their curves and on the same axis of time."""

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from twoarm.figures.layout import POINT, axes_height, wrap

INK = "#1B1B1B"
HEIGHT = 68 * POINT
"""Height of the panel in inches."""


def draw_difference(
    axes: Axes, differences: pl.DataFrame, *, label: str, joined: bool = False
) -> None:
    """Draw the difference at each month with its limits, in percentage points.

    Parameters
    ----------
    axes
        To draw on; their time axis is that of the curves.
    differences
        Rows of `Differences` of one endpoint and design; what is null is not drawn.
    label
        Whose difference it is.
    joined
        Whether it is told at some months alone, so that it has marks and no line.

    References
    ----------
    .. [1] Morris TP, Jarvis CI, Cragg W, et al. Proposals on Kaplan-Meier plots in
       medical research and a survey of stakeholder views: KMunicate. BMJ Open
       2019;9:e030215. doi:10.1136/bmjopen-2019-030215
    """
    rows = differences.drop_nulls("estimate").sort("months")
    numbers = pl.col("estimate", "conf_low", "conf_high").cast(pl.Float64) * 100
    points = rows.select(numbers).with_columns(pl.all().fill_null(np.nan)).to_numpy()
    months = rows["months"].to_numpy()
    axes.axhline(0, color="#7A7A7A", linewidth=0.6, zorder=1)
    axes.plot(months, points[:, 0], color=INK, linewidth=1.0, label="difference")
    if joined:
        axes.lines[-1].set(linestyle="none", marker="s", markersize=2.6, clip_on=False)
        axes.vlines(months, points[:, 1], points[:, 2], color=INK, linewidth=0.8)
    else:
        axes.fill_between(
            months, points[:, 1], points[:, 2], color=INK, alpha=0.15, linewidth=0
        )
    low, high = min(0.0, np.nanmin(points)), max(0.0, np.nanmax(points))
    room = max(high - low, 1.0) * 0.08
    axes.set_ylim(low - room, high + room)
    axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(lambda at, _: f"{at:.0f}".replace("-", "−"))
    axes.set_ylabel(wrap(label, axes_height(axes)))
