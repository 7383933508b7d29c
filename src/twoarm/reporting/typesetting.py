"""Pages and pictures by typst, the same bytes each time."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import matplotlib
import typst

from twoarm.reporting.blocks import Grid, Report
from twoarm.reporting.sheets import SMALL, Flat, Sheet, sheets_of, widths_of

PPI = 200
"""Pixels an inch of a picture in a Word file."""
PICTURES = """
#set page(width: auto, height: auto, margin: 0pt)
#for name in json(bytes(sys.inputs.names)) {
  page(image(bytes(sys.inputs.at(name)), format: "svg"))
}
"""
SHIPPED = Path(__file__).parents[1] / "figures" / "fonts"
"""The letters of GB 2312, in which figures are written too."""


def render_paper(template: str, report: Report, figures: Mapping[str, bytes]) -> bytes:
    """Print the report as a PDF, without author and date.

    Parameters
    ----------
    template
        Of typst; it shows data and reads none of it as markup.
    report
        What it says.
    figures
        Name to SVG.

    Returns
    -------
    bytes
        A tagged PDF, the same bytes for the same report.
    """
    told = {
        "title": report.title,
        "question": report.question,
        "sheets": [_sheet(each) for each in sheets_of(report.blocks, pairs_lie=True)],
        "footer": list(report.footer),
        "language": report.language,
    }
    said = json.dumps(told, ensure_ascii=False)
    return bytes(_compile(template, figures, {"report": said}, format="pdf"))


def _sheet(sheet: Sheet) -> dict[str, Any]:
    return {"lying": sheet.lying, "blocks": [_data(each) for each in sheet.blocks]}


def _data(block: Flat) -> dict[str, Any]:
    """Write a block as data."""
    told = {**asdict(block), "kind": block.kind}
    if isinstance(block, Grid):
        told |= {"inner": sorted(block.inner), "widths": widths_of(block, SMALL)}
    return told


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
    names = {"names": json.dumps(list(figures))}
    made = _compile(PICTURES, figures, names, format="png", ppi=PPI)
    # One page alone is not in a list.
    pages = made if isinstance(made, list) else [made]
    return dict(zip(figures, pages, strict=True))


def _compile(
    template: str,
    figures: Mapping[str, bytes],
    inputs: Mapping[str, str],
    **form: Any,
) -> Any:
    drawn = {name: svg.decode() for name, svg in figures.items()}
    far = _beyond("".join([*drawn.values(), *inputs.values()]))
    return typst.compile(
        template.encode(),
        font_paths=_fonts(machine=far),
        sys_inputs={**drawn, **inputs},
        **form,
    )


def _beyond(text: str) -> bool:
    """Tell whether a text has letters that no shipped font has.

    >>> _beyond("é – 手术"), _beyond("한국")
    (False, True)
    """
    return any(
        each >= "\u2e80" and not each.encode("gb2312", errors="ignore")
        for each in set(text)
    )


@cache
def _fonts(*, machine: bool) -> typst.Fonts:
    """List the fonts of typst, and those in which the figures are written.

    Those of the machine are taken only for letters that these do not have: the same
    report then gives the same bytes on each machine.
    """
    dejavu = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    with TemporaryDirectory() as folder:
        for font in [*dejavu.glob("DejaVu*.ttf"), *SHIPPED.glob("*.ttf")]:
            (Path(folder) / font.name).symlink_to(font)
        return typst.Fonts(include_system_fonts=machine, font_paths=[folder])
