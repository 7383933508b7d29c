"""A page of panels, each with its letter."""

from collections.abc import Sequence
from typing import Protocol, cast

from matplotlib.figure import Figure, SubFigure

from twoarm.figures.house import LARGE, WIDTHS_MM, house_style, mm
from twoarm.figures.layout import POINT, extent

STRIP = 12 * POINT
"""Height in inches that a letter has for itself."""
GUTTER = 0.05
"""Space between two panels of a row, as a share of a panel."""


class Panel(Protocol):
    """Something that draws onto part of a page, such as a partial `draw_` function."""

    def __call__(self, *, area: SubFigure) -> object:
        """Draw onto the area."""


def draw_panel(
    panels: Sequence[Panel],
    *,
    letters: Sequence[str] = "ABCD",
    heights_mm: Sequence[float] = (98.0, 122.0),
) -> Figure:
    """Compose up to four panels, two a row, on a page of 180 mm.

    Parameters
    ----------
    panels
        Called as `panel(area=...)`, from left to right and top to bottom. A `draw_`
        function of this package with all else bound, as by `functools.partial`, is
        one. A last panel without a neighbour has the whole row.
    letters
        Letters of the panels, in bold.
    heights_mm
        Height of each row.

    Raises
    ------
    ValueError
        There are no panels, more than four, or fewer letters or heights than needed.
    """
    n_rows = -(-len(panels) // 2)
    if not 1 <= len(panels) <= 4:
        raise ValueError(f"{len(panels)} panels: a page has one to four")
    if len(letters) < len(panels) or len(heights_mm) < n_rows:
        raise ValueError(
            f"{len(panels)} panels need as many letters and {n_rows} heights; there "
            f"are {len(letters)} letters and {len(heights_mm)} heights"
        )
    heights = heights_mm[:n_rows]
    with house_style():
        figure = Figure(figsize=(mm(WIDTHS_MM["double"]), mm(sum(heights))))
        rows = figure.subfigures(
            n_rows, 1, hspace=0, height_ratios=heights, squeeze=False
        )
        for place, panel in enumerate(panels):
            row = rows[place // 2, 0]
            if place % 2 == 0:
                ratios = [1.0] if place == len(panels) - 1 else [1.0, GUTTER, 1.0]
                cells = row.subfigures(
                    1, len(ratios), wspace=0, width_ratios=ratios, squeeze=False
                )
            panel(area=_lettered(cells[0, place % 2 * 2], letters[place]))
    return figure


def _lettered(cell: SubFigure, letter: str) -> SubFigure:
    """Print the letter above, and return the area below it for the panel."""
    width, height = extent(cell)
    ratios = [STRIP, height - STRIP]
    parts = cell.subfigures(2, 1, hspace=0, height_ratios=ratios, squeeze=False)
    strip, body = parts[:, 0]
    left = 3 * POINT / width
    strip.text(left, 0.5, letter, size=LARGE, weight="bold", va="center")
    return cast(SubFigure, body)
