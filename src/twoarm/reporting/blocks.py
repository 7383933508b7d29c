"""What a report is made of, before it is a page, a Word file or a print."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeAlias


@dataclass(frozen=True)
class Heading:
    """Begin a section, or with level 3 a part of one."""

    words: str
    level: int = 2
    kind: ClassVar[str] = "heading"


@dataclass(frozen=True)
class Paragraph:
    """Say something."""

    words: str
    kind: ClassVar[str] = "paragraph"


@dataclass(frozen=True)
class Box:
    """Say what a reader must not miss: `look` is `headline`, `verdict` or `biased`."""

    sentences: Sequence[str]
    look: str
    kind: ClassVar[str] = "box"


@dataclass(frozen=True)
class Items:
    """List sentences, each after what it is about, if that is named."""

    rows: Sequence[tuple[str, str]]
    kind: ClassVar[str] = "items"


@dataclass(frozen=True)
class Grid:
    """A table: its words above it, then a row of heads, then rows of as many cells.

    `refs` has of each row the place in the table of effects of what it tells, if any.
    `looks` has of each column `head` for what a row is about, `number`, `words` for
    sentences, `both` for numbers of both arms, or nothing; `inner` the places of rows
    that belong to the one above them, of a table that is `grouped`.
    """

    caption: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    looks: Sequence[str]
    inner: frozenset[int] = frozenset()
    grouped: bool = False
    refs: Sequence[int] = ()
    kind: ClassVar[str] = "grid"


@dataclass(frozen=True)
class Picture:
    """A figure by its name, words for who cannot see it, and a caption below it."""

    name: str
    alt: str
    caption: str
    broad: bool = False
    kind: ClassVar[str] = "picture"


@dataclass(frozen=True)
class Pair:
    """Figures that may stand side by side.

    `large` where two abreast have small type unless the page of paper lies on its side.
    """

    pictures: Sequence[Picture]
    large: bool = False
    kind: ClassVar[str] = "pair"


@dataclass(frozen=True)
class Fold:
    """What a page shows on demand; on paper it is a part of its own."""

    summary: str
    blocks: "Sequence[Block]"
    kind: ClassVar[str] = "fold"


Block: TypeAlias = Heading | Paragraph | Box | Items | Grid | Picture | Pair | Fold


@dataclass(frozen=True)
class Report:
    """A title, the question, what follows, and the small print below it."""

    title: str
    question: str
    blocks: Sequence[Block]
    footer: Sequence[str] = field(default_factory=list)
    language: str = "en"


def grid_of(
    caption: str,
    columns: Mapping[str, tuple[str, str]],
    rows: Iterable[Mapping[str, Any]],
) -> Grid:
    """Lay out rows as a table.

    Parameters
    ----------
    caption
        Words above the table.
    columns
        Key of a row to the head of its column and to its look, as in `Grid`.
    rows
        Cells by key; `ref` is the place of the row in the table of effects.

    >>> grid_of("Sizes.", {"n": ("Patients", "number")}, [{"n": "7", "m": "8"}]).rows
    [['7']]
    """
    shown = [*rows]
    refs = [row["ref"] for row in shown if "ref" in row]
    return Grid(
        caption=caption,
        heads=[head for head, _ in columns.values()],
        rows=[[row[key] for key in columns] for row in shown],
        looks=[look for _, look in columns.values()],
        refs=refs,
    )
