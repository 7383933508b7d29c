"""Tables of the report apart, each as a report of its own: for a paper."""

from collections.abc import Iterable

from twoarm.reporting.blocks import Grid, Heading, Paragraph, Report
from twoarm.reporting.section_cohort import CELLS, FLOW
from twoarm.reporting.section_forests import REGRESSIONS, SUBGROUPS
from twoarm.reporting.sheets import Flat, open_blocks

HEADS = {
    "attrition": (FLOW, "Flow of patients"),
    "protocol": ("Protocol", "Protocol"),
    "baseline": ("Table 1", "Table 1"),
    "outcomes": ("Results", "Outcomes"),
    "subgroups": (SUBGROUPS, "Subgroups"),
    "regression": (REGRESSIONS, "Cox regression"),
    "response": ("Response", "Response"),
    "surgery": ("Surgery and pathology", "Surgery and pathology"),
    "adverse_events": ("Adverse events", "Adverse events"),
    "quality": (CELLS, CELLS),
}
"""Name of a table to the heading under which it stands in the report, and its title."""
KEPT = (Heading, Paragraph, Grid)
"""What goes with a table: its parts' headings, and what is said of it."""
NOTHING = "The report has nothing of it."


def select_table(report: Report, name: str) -> Report:
    """Take a table, or tables of one kind, out of a report, with what is said of them.

    Parameters
    ----------
    report
        All of it.
    name
        Of `HEADS`.

    Returns
    -------
    Report
        What stands under its heading, up to the next as high, but for pictures; below
        it who made it, and which counts are not shown.
    """
    head, title = HEADS[name]
    kept = list(_under(open_blocks(report.blocks), head))
    blocks = kept or [Paragraph(NOTHING)]
    return Report(title, report.title, blocks, report.footer[:2], report.language)


def _under(blocks: Iterable[Flat], head: str) -> Iterable[Flat]:
    """Yield what stands under a heading."""
    level = 0
    for block in blocks:
        if isinstance(block, Heading):
            if level and block.level <= level:
                return
            if block.words == head:
                level = block.level
                continue
        if level and isinstance(block, KEPT):
            yield block
