"""The numbers of subgroups and regressions, folded below their forests."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from twoarm.reporting.blocks import Block, Fold, Grid, grid_of

Content = Mapping[str, Any]
SUBGROUPS = "Subgroups in numbers"
REGRESSIONS = "Regression in numbers"


def forest_blocks(content: Content) -> Iterator[Block]:
    """Lay out each subgroup and each term, where the study asks for them.

    Parameters
    ----------
    content
        As `twoarm.reporting.content.content_of` gathers it.
    """
    limits = content["limits"]
    if content["subgroups"]:
        grids = [
            _subgroups(part, content["arms"], limits) for part in content["subgroups"]
        ]
        yield Fold(SUBGROUPS, grids)
    if content["regressions"]:
        yield Fold(REGRESSIONS, [_terms(x, limits) for x in content["regressions"]])


def _subgroups(part: Content, arms: Sequence[str], limits: str) -> Grid:
    treated, control = arms
    rows = part["rows"]
    keys = ("label", "treated", "control", "ratio", "p")
    return Grid(
        caption=f"{part['label']}: hazard ratios in subgroups that were named "
        f"beforehand, {limits} % limits in brackets.{part['verdict']}",
        heads=[
            "Subgroup",
            f"{treated},\nevents / patients",
            f"{control},\nevents / patients",
            "Hazard ratio",
            "Interaction p",
        ],
        rows=[[row[key] for key in keys] for row in rows],
        looks=["head", *["number"] * 4],
        inner=frozenset(place for place, row in enumerate(rows) if row["inner"]),
        grouped=True,
    )


def _terms(part: Content, limits: str) -> Grid:
    events = f" There are {part['events']} events a term." if part["events"] else ""
    columns = {
        "label": ("Term", "head"),
        "alone": ("Alone", "number"),
        "alone_p": ("p", "number"),
        "together": ("Beside the others", "number"),
        "together_p": ("p", "number"),
    }
    caption = (
        f"{part['label']}: hazard ratios of a regression of the unadjusted arms, per "
        f"unit or against the first level, {limits} % limits in brackets.{events} The "
        f"ratios of covariates are not effects.{part['verdict']}"
    )
    return grid_of(caption, columns, part["rows"])
