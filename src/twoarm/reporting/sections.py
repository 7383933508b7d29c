"""The report from its first line to its last: what stands where, under which head."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from twoarm.reporting.blocks import (
    Block,
    Box,
    Fold,
    Heading,
    Items,
    Paragraph,
    Report,
    grid_of,
)
from twoarm.reporting.checklists import checklists_of
from twoarm.reporting.section_cohort import cohort_blocks
from twoarm.reporting.section_designs import design_blocks
from twoarm.reporting.section_results import overview_of, result_blocks

Content = Mapping[str, Any]


def report_of(content: Content) -> Report:
    """Put in order what the report says.

    Parameters
    ----------
    content
        As `twoarm.reporting.content.content_of` gathers it.
    """
    blocks = [
        *_lead(content),
        *_compared(content),
        *_weaknesses(content),
        *result_blocks(content),
        *cohort_blocks(content),
        *design_blocks(content),
        Heading("Methods"),
        *map(Paragraph, content["methods"]),
    ]
    footer = [
        f"twoarm {content['version']}. Study {content['study']}. "
        f"{content['software']}. Run it again with “snakemake --cores 4 --configfile” "
        "and the study's file.",
        f"Counts under {content['minimum_count']} and curves with fewer than "
        f"{content['minimum_at_risk']} patients at risk are not shown.",
        *_marks(content["minimum_mark"]),
        "Where a number comes from, back to the files of the source: “make why "
        f"OF=effects.csv:ROW STUDY={content['study']}”, ROW being its row in that "
        "table.",
    ]
    report = Report(content["title"], content["question"] or "", blocks, footer)
    return replace(report, blocks=[*blocks, *checklists_of(report)])


def _marks(minimum: int) -> list[str]:
    """Say what a mark of a figure stands for, where it is not one patient."""
    if minimum == 1:
        return []
    return [
        f"A step of a curve stands for at least {minimum} events, a bar, a line or an "
        f"area for at least {minimum} patients: no mark of a figure is one patient's."
    ]


def _lead(content: Content) -> Iterator[Block]:
    """Say what the study leads with, and what the audit holds against it."""
    if content["headline"]:
        yield Box(content["headline"], "headline")
    told = [*content["immortal_time"], *content["verdicts"]]
    if not content["headline"]:
        told.append("The study file names no estimate to lead with.")
    yield Box(told, "biased" if content["biased"] else "verdict")


def _compared(content: Content) -> Iterator[Block]:
    """Put all designs side by side."""
    if not content["compared"]:
        return
    yield Heading("All designs")
    yield from map(Paragraph, content["claims"])
    yield from map(overview_of, content["endpoints"])
    points = {
        f"at_{months}": (f"At {months} months", "") for months in content["horizons"]
    }
    columns = {
        "endpoint": ("Endpoint", ""),
        "design": ("Design", "head"),
        "ratio": ("Hazard ratio", ""),
        **points,
        "months": ("Restricted means", ""),
        "clock": ("Clock from", ""),
        "sound_for": ("Sound for", ""),
        "verdict": ("Verdict", "words"),
    }
    rows = [
        {
            **row,
            **dict(zip(points, row["points"], strict=True)),
            "verdict": f"{row['verdict']}: {row['reason']}",
        }
        for row in content["compared"]
    ]
    treated, control = content["arms"]
    caption = (
        f"{treated} against {control}; {content['limits']} % limits in brackets. "
        "Differences of survival are in percentage points, of restricted means in "
        "months."
    )
    grid = grid_of(caption, columns, rows)
    yield Fold("The numbers, and why a design is biased", [grid])


def _weaknesses(content: Content) -> Iterator[Block]:
    """Say what a reader should hold against the study."""
    yield Heading("What weakens this study")
    if content["weaknesses"]:
        yield Items([("", each) for each in content["weaknesses"]])
    else:
        yield Paragraph(
            "No check of this run found anything; the design itself is yours to judge."
        )
    yield Paragraph("Unmeasured differences between the arms remain in every design.")
