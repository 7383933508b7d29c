"""Where the report meets the items of STROBE, RECORD and TARGET, read off itself."""

import re
from collections.abc import Iterable, Iterator, Mapping

from twoarm.reporting.blocks import Block, Fold, Grid, Heading, Paragraph, Report
from twoarm.reporting.checklist_items import RECORD, STROBE, TARGET, Item
from twoarm.reporting.chinese import texts_of

QUESTION = "Below the title"
LEAD = "At the head"
LISTS = {
    "STROBE (von Elm 2007, doi:10.1016/S0140-6736(07)61602-X)": STROBE,
    "RECORD (Benchimol 2015, doi:10.1371/journal.pmed.1001885)": RECORD,
    "TARGET (Cashin 2025, doi:10.1001/jama.2025.13350)": TARGET,
}
"""Name of a checklist to its items; those of TARGET are told by topic."""
MISSING = "not reported"


def checklists_of(report: Report) -> list[Block]:
    """Say of each item in which section the report meets it.

    An item is met where a section that should meet it is there, and says what the
    item asks for.

    Parameters
    ----------
    report
        All but the checklists.

    Returns
    -------
    list of Block
        A table an item a row, for each checklist.

    References
    ----------
    .. [1] von Elm E et al. The STROBE statement. Lancet 2007;370:1453-1457.
       doi:10.1016/S0140-6736(07)61602-X
    .. [2] Benchimol EI et al. The RECORD statement. PLoS Med 2015;12:e1001885.
       doi:10.1371/journal.pmed.1001885
    .. [3] Cashin AG et al. The TARGET statement. JAMA 2025.
       doi:10.1001/jama.2025.13350
    """
    sections = {QUESTION: report.question, **dict(_sections(report.blocks))}
    told = Paragraph(
        "Found in the sections of this report itself. What tables and figures cannot "
        "tell, such as the background, the setting, ethics and funding, is for the "
        "authors to add."
    )
    folds = [Fold(name, [_grid(items, sections)]) for name, items in LISTS.items()]
    return [Heading("Checklists"), told, *folds]


def _grid(items: Iterable[Item], sections: Mapping[str, str]) -> Grid:
    return Grid(
        caption="Items, and the sections in which this report meets them.",
        heads=["Item", "Asks for", "Where"],
        rows=[[each.number, each.asks, _where(each, sections)] for each in items],
        looks=["head", "words", "words"],
    )


def _where(item: Item, sections: Mapping[str, str]) -> str:
    """Name the sections that say what the item asks for."""
    met = [
        name
        for name in item.places
        if re.search(item.says, sections.get(name, ""), re.MULTILINE)
    ]
    return "; ".join(met) or MISSING


def _sections(blocks: Iterable[Block]) -> Iterator[tuple[str, str]]:
    """Yield the head of each section and its text, a row of a table a line."""
    head, lines = LEAD, list[str]()
    for block in blocks:
        if isinstance(block, Heading) and block.level == 2:
            yield head, "\n".join(lines)
            head, lines = block.words, []
        lines += _lines(block)
    yield head, "\n".join(lines)


def _lines(block: Block) -> Iterator[str]:
    if isinstance(block, Fold):
        yield block.summary
        for each in block.blocks:
            yield from _lines(each)
    elif isinstance(block, Grid):
        yield block.caption
        yield from (" | ".join(row) for row in [block.heads, *block.rows])
    else:
        yield from texts_of(block)
