"""Who the patients are: where they came from, the protocol, the audit, Table 1."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from twoarm.reporting.blocks import (
    Block,
    Fold,
    Grid,
    Heading,
    Paragraph,
    Picture,
    grid_of,
)

FLOW, CELLS = "The flow in numbers", "What was done to the cells of the exports"
Content = Mapping[str, Any]


def cohort_blocks(content: Content) -> Iterator[Block]:
    """Lay out who the patients are.

    Parameters
    ----------
    content
        As `twoarm.reporting.content.content_of` gathers it.
    """
    yield from _patients(content)
    yield Heading("Protocol")
    yield grid_of(
        "The randomised trial that this study stands in for, and what stands for it.",
        {
            "component": ("Component", "head"),
            "target_trial": ("Target trial", "words"),
            "emulation": ("Emulation", "words"),
        },
        content["protocol"],
    )
    yield from _audit(content)
    yield from _table_one(content)
    yield from _missing(content)


def _patients(content: Content) -> Iterator[Block]:
    """Show what became of the rows of the source, and of the patients."""
    yield Heading("Patients")
    yield grid_of(
        "Rows of the source: each was used, or set aside with a reason, or tells what "
        "another row tells, or holds none of its table, such as a patient without "
        "surgery.",
        {
            "centre": ("Source", "head"),
            "table": ("Table", ""),
            "n_read": ("Read", ""),
            "n_used": ("Used", ""),
            "n_quarantined": ("Set aside", ""),
            "n_merged": ("Told twice", ""),
            "n_elsewhere": ("None of it", ""),
        },
        content["ledger"],
    )
    yield from _quality(content)
    yield Picture(
        content["attrition"],
        "Flow of patients",
        "Patients read, those who left and why, and the arms.",
    )
    yield from _flow(content)
    if content["criteria"]:
        rows = [
            {**row, "label": row["label"] + (" (used)" if row["used"] else "")}
            for row in content["criteria"]
        ]
        yield Heading("Criteria for surgery", 3)
        yield grid_of(
            "Patients who meet each version of the criteria at one assessment, and "
            "each item at any.",
            {
                "label": ("Version", "head"),
                "met": ("Patients", ""),
                "told": ("Items", "words"),
            },
            rows,
        )


def _flow(content: Content) -> Iterator[Block]:
    """Give the numbers of the flow."""
    if content["flow"]:
        columns = {
            "reason": ("Step", "head"),
            "n_before": ("Before", "number"),
            "n_excluded": ("Left", "number"),
            "n_after": ("After", "number"),
        }
        told = "Patients before each step, who left at it, and after it."
        yield Fold(FLOW, [grid_of(told, columns, content["flow"])])


def _quality(content: Content) -> Iterator[Block]:
    if not content["quality"]:
        return
    told = Paragraph(
        "A cell of a column that a codebook names is used, missing, not used because "
        "it breaks a rule, or of a row set aside. Of a cell that is used, what was "
        "done to it is flagged: nothing is converted, read out of a text or taken for "
        "another in silence. The counts by field are in tables/quality.csv, small ones "
        "hidden."
    )
    grid = grid_of(
        "Cells flagged, and cells not used.",
        {
            "centre": ("Source", "head"),
            "table": ("Table", ""),
            "effect": ("Cells are", ""),
            "what": ("Why", "words"),
            "fields": ("Fields", "number"),
            "cells": ("Cells", "number"),
        },
        content["quality"],
    )
    yield Fold(CELLS, [told, grid])


def _audit(content: Content) -> Iterator[Block]:
    yield Heading("Audit of the clocks")
    yield grid_of(
        "Patient-months of each arm, those before the treatment that count as treated "
        "(immortal), and those before time zero, in which neither arm could have the "
        "event; events that as many untreated patients would have had in them. Left "
        "out: who was not followed to the start of the clock. Crossed over: control "
        "patients treated later. Follow-up is the median of reverse Kaplan-Meier, time "
        "zero the median calendar year.",
        {
            "design": ("Design", "head"),
            "endpoint": ("Endpoint", ""),
            "arm": ("Arm", ""),
            "n_patients": ("Patients", ""),
            "months": ("Months", ""),
            "immortal": ("Immortal", ""),
            "shared": ("Before time zero", ""),
            "expected": ("Events not possible", ""),
            "n_before": ("Left out", ""),
            "n_crossover": ("Crossed over", ""),
            "follow_up": ("Follow-up, months", ""),
            "year": ("Time zero", ""),
            "verdict": ("Verdict", ""),
        },
        content["audit"],
    )
    for figure in content["lost_time"]:
        yield Picture(figure["image"], figure["label"], figure["label"])
    if content["scans"]:
        yield grid_of(
            "Scans while at risk of progression, and days between them, median [IQR]: "
            "an arm that is scanned more often is seen to progress sooner.",
            {
                "endpoint": ("Endpoint", "head"),
                "arm": ("Arm", ""),
                "scans": ("Scans", ""),
                "days": ("Days between", ""),
            },
            content["scans"],
        )


def _table_one(content: Content) -> Iterator[Block]:
    """Describe the arms before and after each design."""
    before, *after = content["table_one"]
    yield Heading("Table 1")
    yield _description(content, before, first=True)
    yield Paragraph(
        "SMD is the standardised mean difference, treated less control; a dash stands "
        "where a covariate is not compared. Quartiles are those at which the weights "
        "sum to a quarter, a half and three quarters."
    )
    for part in after:
        summary = f"{part['design']}: {' / '.join(part['sizes'])} patients"
        yield Fold(summary, [_description(content, part, first=False)])


def _description(content: Content, part: Content, *, first: bool) -> Grid:
    told = [
        "Numbers are weighted, and scaled to the patients of the arm; shares, means "
        "and quartiles are weighted."
        if part["weighted"]
        else "Patients.",
        "Numbers are n (%), mean (SD) or median [IQR].",
    ]
    if content["imputed"]:
        told.append(
            "Missing values are imputed; each number is the mean of those of "
            f"{content['imputed']} completed data sets."
        )
    arms = content["arms"]
    sized = [
        f"{arm}\nn = {size}" for arm, size in zip(arms, part["sizes"], strict=True)
    ]
    last = f"Missing,\n{' / '.join(arms)}" if first else "SMD\nunadjusted"
    keys = ("label", "treated", "control", "smd", "missing" if first else "before")
    return Grid(
        caption=" ".join(told),
        heads=["Covariate", *sized, "SMD", last],
        rows=[[row[key] for key in keys] for row in part["rows"]],
        looks=["head", *["number"] * 4],
        inner=_inner(part["rows"]),
        grouped=True,
    )


def _inner(rows: Sequence[Content]) -> frozenset[int]:
    return frozenset(place for place, row in enumerate(rows) if row["inner"])


def _missing(content: Content) -> Iterator[Block]:
    missing = content["missing"]
    yield Heading("Missing values")
    yield Paragraph(" ".join(missing["sentences"]))
    if missing["rows"]:
        groups = missing["groups"]
        yield Grid(
            caption="Patients in whom a covariate is not known, n (%).",
            heads=["Covariate", *groups, "Handling"],
            rows=[
                [row["label"], *row["cells"], row["handling"]]
                for row in missing["rows"]
            ],
            looks=["head", *["number"] * len(groups), ""],
        )
    for figure in content["imputation"]:
        yield Picture(figure["image"], figure["label"], figure["label"])
