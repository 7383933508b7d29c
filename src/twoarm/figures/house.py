"""The house style: how every figure of the study looks and how it is saved."""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

import polars as pl
from matplotlib import style
from matplotlib.figure import Figure
from matplotlib.font_manager import FontEntry, fontManager

from twoarm.figures.phrases import speaking
from twoarm.tables.contract import whole

FONT = "DejaVu Sans"
"""Comes with matplotlib, so that each machine has it and gives the same bytes."""
CHINESE_FONT = "Twoarm Sans SC"
"""Comes with this package: the letters of GB 2312, of Noto Sans SC."""
FONTS = [FONT, CHINESE_FONT]
"""Families in the order in which a letter is looked for."""
TEXT = 7.0
"""Size of most text in points, at the size in which the figure is printed."""
SMALL = 6.5
"""Size of footnotes in points."""
LARGE = 9.0
"""Size of panel letters in points."""

WIDTHS_MM = {"single": 85.0, "middle": 130.0, "double": 180.0}
"""Widths of one, one and a half, and two columns of a journal."""

STYLE: dict[str, Any] = {
    "axes.labelpad": 3,
    "axes.labelsize": 7.5,
    "axes.linewidth": 0.6,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlepad": 4,
    "axes.titlesize": 7.5,
    "figure.dpi": 300,
    "font.family": FONTS,
    "font.size": TEXT,
    "legend.borderaxespad": 0,
    "legend.borderpad": 0.2,
    "legend.columnspacing": 1.4,
    "legend.fontsize": TEXT,
    "legend.frameon": False,
    "legend.handlelength": 2.4,
    "legend.labelspacing": 0.35,
    "lines.linewidth": 1.2,
    "patch.linewidth": 0.6,
    "pdf.fonttype": 42,
    "savefig.dpi": 600,
    "svg.fonttype": "none",
    "svg.hashsalt": "twoarm",
    # As wide on a screen as measured: hinted letters ran over the edge.
    "text.hinting": "no_hinting",
    "text.parse_math": False,
    "xtick.labelsize": TEXT,
    "xtick.major.size": 2.5,
    "xtick.major.width": 0.6,
    "ytick.labelsize": TEXT,
    "ytick.major.size": 2.5,
    "ytick.major.width": 0.6,
}
"""Settings of the house, over matplotlib's own defaults."""

for _weight in ("normal", "bold"):
    # There is one weight, which headings have too.
    _file = str(Path(__file__).parent / "fonts" / "TwoarmSansSC-Regular.ttf")
    fontManager.ttflist.append(FontEntry(_file, name=CHINESE_FONT, weight=_weight))

# What it says of each letter that it keeps filled the log of a job.
logging.getLogger("fontTools").setLevel(logging.WARNING)

UNDATED: dict[str, dict[str, None]] = {
    "svg": {"Date": None},
    "pdf": {"CreationDate": None},
    "png": {},
}

Line: TypeAlias = Literal["solid"] | tuple[float, Sequence[float]]
"""A kind of line, as matplotlib takes it."""

LINES: tuple[Line, ...] = (
    "solid",
    (0, (4, 1.6)),
    (0, (4, 1.4, 1, 1.4)),
    (0, (1, 1.2)),
)


class ArmStyle(NamedTuple):
    """How an arm is drawn: two cues, so that it can be told in grey print too."""

    colour: str
    line: Line


def house_style() -> AbstractContextManager[None]:
    """Apply the house style within a `with` block.

    A `matplotlibrc` of the machine has no say: the same figure is drawn everywhere.
    """
    return style.context(STYLE, after_reset=True)


def mm(width: float) -> float:
    """Turn millimetres into inches, in which matplotlib measures a page.

    >>> mm(25.4)
    1.0
    """
    return width / 25.4


def find_arms(rows: pl.DataFrame, arms: Sequence[str], what: str) -> list[str]:
    """Return the arms that have rows, in their order.

    Raises
    ------
    ValueError
        There are rows of an arm that is not listed.
    """
    found = set(rows["arm"])
    if not found <= set(arms):
        raise ValueError(
            f"cannot draw {what}: the arms are {list(arms)}, "
            f"there are rows of {sorted(found)}"
        )
    return [arm for arm in arms if arm in found]


def arm_styles(arms: Sequence[str], colours: Mapping[str, str]) -> dict[str, ArmStyle]:
    """Give each arm its colour and its kind of line: first solid, second dashed.

    Parameters
    ----------
    arms
        Labels of the arms, the treated arm first.
    colours
        Arm label to colour, as `#RRGGBB`.

    Raises
    ------
    ValueError
        An arm has no colour, or there are more arms than kinds of line.
    """
    if missing := [arm for arm in arms if arm not in colours]:
        raise ValueError(f"no colour for the arms {missing}: add them to `colours`")
    if len(arms) > len(LINES):
        raise ValueError(f"{len(arms)} arms, but only {len(LINES)} kinds of line")
    return {
        arm: ArmStyle(colours[arm], line)
        for arm, line in zip(arms, LINES, strict=False)
    }


def save(figure: Figure, path: Path | str) -> None:
    """Save a figure so that the same figure gives the same bytes.

    Matplotlib reads `svg.hashsalt` and the like when it saves, not when it draws, so
    the style must be on here too. The file is written beside its place and renamed.

    Parameters
    ----------
    figure
        What a `draw_` function returned.
    path
        Where to; its suffix `.svg`, `.pdf` or `.png` names the format.

    Raises
    ------
    ValueError
        The suffix is none of the three.
    """
    kind = Path(path).suffix.removeprefix(".")
    if kind not in UNDATED:
        raise ValueError(f"cannot save {Path(path).name}: use .svg, .pdf or .png")
    with house_style(), whole(path) as beside:
        # The name to write to ends with ".part", so the format has to be told.
        figure.savefig(beside, format=kind, metadata=UNDATED[kind])


def save_each(
    paths: Sequence[Path | str], draw: Callable[[str], Figure], language: str = "en"
) -> None:
    """Draw each figure once a language, and save it in each of its formats.

    Parameters
    ----------
    paths
        Where to: the same name with several suffixes is one figure. A second suffix is
        a language, as of `balance.zh.svg`.
    draw
        Draws the figure of a name.
    language
        Language of the words in the others, as `twoarm.figures.phrases.speaking` takes
        it.
    """
    files: dict[tuple[str, str], list[Path]] = {}
    for path in map(Path, paths):
        name, _, told = path.stem.partition(".")
        files.setdefault((name, told or language), []).append(path)
    for (name, spoken), formats in files.items():
        # One at a time: each figure holds its picture, some 40 MB.
        with speaking(spoken):
            figure = draw(name)
        for path in formats:
            save(figure, path)
