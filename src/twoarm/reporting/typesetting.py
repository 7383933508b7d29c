"""Pages and pictures by typst, the same bytes on each machine."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib
import typst

PPI = 200
"""Pixels an inch of a picture in a Word file."""
PICTURES = b"""
#set page(width: auto, height: auto, margin: 0pt)
#for name in json(bytes(sys.inputs.names)) {
  page(image(bytes(sys.inputs.at(name)), format: "svg"))
}
"""


@cache
def fonts() -> typst.Fonts:
    """List the fonts: those of typst and of matplotlib, never the machine's own.

    The second are what the figures are written in.
    """
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    return typst.Fonts(include_system_fonts=False, font_paths=[str(folder)])


def pictures_of(figures: Mapping[str, bytes]) -> dict[str, bytes]:
    """Turn figures from SVG into PNG, for what cannot show an SVG.

    Parameters
    ----------
    figures
        Name to SVG.

    Returns
    -------
    dict
        Name to PNG, of 200 pixels an inch.
    """
    if not figures:
        return {}
    inputs = {name: svg.decode() for name, svg in figures.items()}
    made: Any = typst.compile(
        PICTURES,
        font_paths=fonts(),
        sys_inputs={**inputs, "names": json.dumps(list(figures))},
        format="png",
        ppi=PPI,
    )
    # One page alone is not in a list.
    pages = made if isinstance(made, list) else [made]
    return dict(zip(figures, pages, strict=True))
