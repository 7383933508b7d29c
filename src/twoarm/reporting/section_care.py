"""How patients responded, how they were operated on, and how they bore it."""

from collections.abc import Iterator, Mapping
from typing import Any

from twoarm.reporting.blocks import Block, Grid, Heading, Paragraph

Content = Mapping[str, Any]
HARM = (
    "The arms are at risk for different times and in different parts of the course. So "
    "adverse events are counted by period, with the time in which they were seen: "
    "numbers of events say nothing without the person-months above them, and a rate is "
    "to be held against that of the same part of the course alone. Time is that of "
    "being observed, on therapy or not."
)


def care_blocks(content: Content) -> Iterator[Block]:
    """Lay out response, surgery and adverse events, where the study knows of them.

    Parameters
    ----------
    content
        As `twoarm.reporting.content.content_of` gathers it.
    """
    limits = content["limits"]
    if content["response"]:
        yield Heading("Response")
        yield Paragraph(
            "Response rates are of all patients of an arm: who was not evaluable "
            "counts as without a response. The best response is up to progression and "
            "surgery: who is not operated on has longer to respond, so that the arms "
            "are to be compared by their response at time zero."
        )
        yield _findings(content["response"], "Response by arm.", limits)
    if content["surgery"]:
        yield Heading("Surgery and pathology")
        yield _findings(
            content["surgery"],
            "Of the operated; percentages are of those of whom it is known. "
            "Nothing is imputed.",
            limits,
        )
    if content["adverse_events"]:
        yield Heading("Adverse events")
        yield from _adverse_events(content["adverse_events"], limits)


def _findings(part: Content, told: str, limits: str) -> Grid:
    """Lay out a table of findings, a column an arm."""
    sized = [
        f"{arm}\nn = {size}"
        for arm, size in zip(part["arms"], part["sizes"], strict=True)
    ]
    known = f"Known,\n{' / '.join(part['arms'])}" if sized[1:] else "Known"
    caption = (
        f"{told} Numbers are n (%) [{limits} % limits] or median [IQR]. The last "
        "column has the patients of whom it is known."
    )
    return _grid(
        caption,
        ["Item", *sized, known],
        [[*r["cells"], r["known"]] for r in part["rows"]],
        part,
    )


def _adverse_events(part: Content, limits: str) -> Iterator[Block]:
    if not part["rows"]:
        yield Paragraph("No centre exports adverse events: they are not reported.")
        return
    yield Paragraph(HARM)
    caption = (
        f"Rates have exact {limits} % limits, which take events as independent: they "
        "are too narrow where few patients have many. Of a kind that is not told of "
        "all events, the number is of those of which it is."
    )
    yield _grid(
        caption, ["Item", *part["heads"]], [row["cells"] for row in part["rows"]], part
    )
    if part["outside"]:
        yield Paragraph(part["outside"])


def _grid(
    caption: str, heads: list[str], cells: list[list[str]], part: Content
) -> Grid:
    rows = part["rows"]
    return Grid(
        caption=caption,
        heads=heads,
        rows=[[row["label"], *own] for row, own in zip(rows, cells, strict=True)],
        looks=["head", *["number"] * (len(heads) - 1)],
        inner=frozenset(place for place, row in enumerate(rows) if row["inner"]),
        grouped=True,
    )
