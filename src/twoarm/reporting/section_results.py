"""What the study found: results of each endpoint, and what supports them."""

from collections.abc import Iterator, Mapping
from typing import Any

from twoarm.reporting.blocks import (
    Block,
    Fold,
    Heading,
    Items,
    Pair,
    Paragraph,
    Picture,
    grid_of,
)
from twoarm.reporting.section_care import care_blocks
from twoarm.reporting.section_forests import forest_blocks

Content = Mapping[str, Any]
WHY_NOT = {"why": ("Why not", "words")}


def result_blocks(content: Content) -> Iterator[Block]:
    """Lay out the results of each endpoint, and what supports them.

    Parameters
    ----------
    content
        As `twoarm.reporting.content.content_of` gathers it.
    """
    yield Heading("Results")
    for endpoint in content["endpoints"]:
        yield from _endpoint(content, endpoint)
    yield from _twins(content)
    yield from _alone(content)
    yield from _adjuvant(content)
    yield from care_blocks(content)
    yield from _support(content)
    if content["courses"]:
        yield Heading("Courses")
    for figure in content["courses"]:
        yield Picture(figure["image"], figure["label"], figure["label"])


def overview_of(endpoint: Content) -> Picture:
    """Show what every design finds of an endpoint."""
    return Picture(
        endpoint["overview"],
        f"All designs, {endpoint['label']}",
        f"{endpoint['label']}: what every design finds, kind by kind. Hollow marks are "
        "of designs that the audit calls biased: what they would have claimed.",
        broad=True,
    )


def _endpoint(content: Content, endpoint: Content) -> Iterator[Block]:
    yield Heading(endpoint["label"], 3)
    yield _contrasts(content, endpoint)
    if not content["compared"]:
        yield overview_of(endpoint)
    yield _horizons(content, endpoint)
    yield from _forestalled(endpoint)
    if endpoint["means"]:
        yield Picture(
            endpoint["means"],
            f"Restricted means, {endpoint['label']}",
            f"{endpoint['label']}: restricted means. Of one design the area under the "
            "curve of each arm; of each design the difference of the arms along the "
            f"horizon, with pointwise {content['limits']} % limits. Hollow marks are "
            "of designs that the audit calls biased.",
        )
    yield Pair(
        [
            Picture(
                figure["image"],
                f"{endpoint['label']} by arm, {figure['label']}",
                f"{endpoint['label']}, {figure['label']}.{figure['verdicts']}",
            )
            for figure in endpoint["figures"]
        ],
        large=True,
    )


def _contrasts(content: Content, endpoint: Content) -> Block:
    treated, control = content["arms"]
    drawn = {"bootstrap": ("Bootstrap limits", "")} if content["bootstrapped"] else {}
    columns = {
        "design": ("Design", "head"),
        "events": ("Events of patients", ""),
        "medians": ("Median, months", "both"),
        "ratio": ("Hazard ratio", ""),
        **drawn,
        "p": ("p", ""),
        "means": ("Difference of restricted means, months (horizon)", "both"),
        "audit": ("Held against it", "words"),
    }
    rows = [
        {
            **row,
            "bootstrap": row["bootstrap"] or "–",
            "means": row["means"]
            if "–" in (row["months"], row["means"])
            else f"{row['means']} ({row['months']})",
        }
        for row in endpoint["contrasts"]
    ]
    caption = f"{treated} against {control}; {content['limits']} % limits in brackets."
    return grid_of(caption, columns, rows)


def _horizons(content: Content, endpoint: Content) -> Block:
    treated, control = content["arms"]
    what = (
        "Cumulative incidence" if endpoint["subdistributions"] else "Free of the event"
    )
    columns = {
        "design": ("Design", "head"),
        "months": ("Months", ""),
        "treated": (treated, ""),
        "control": (control, ""),
        "difference": ("Difference", ""),
    }
    rows = [
        {**row, "treated": row["arms"][treated], "control": row["arms"][control]}
        for row in endpoint["horizons"]
    ]
    return grid_of(f"{what}, in percent.", columns, rows)


def _forestalled(endpoint: Content) -> Iterator[Block]:
    """Show what competes with an endpoint, and who never has it."""
    if endpoint["subdistributions"]:
        yield grid_of(
            "Competing events counted: subdistribution hazard ratio of Fine and Gray, "
            "and Gray's test. The hazard ratios above are cause-specific.",
            {
                "design": ("Design", "head"),
                "ratio": ("Ratio", ""),
                "p": ("p", ""),
                "gray": ("Gray's p", ""),
                **WHY_NOT,
            },
            [{**row, "why": row["why"] or "–"} for row in endpoint["subdistributions"]],
        )
    if endpoint["cures"]:
        yield grid_of(
            "Never to have the event, in percent.",
            {
                "design": ("Design", "head"),
                "how": ("By", ""),
                "arm": ("Arm", ""),
                "share": ("Share", ""),
                **WHY_NOT,
            },
            [{**row, "why": row["why"] or "–"} for row in endpoint["cures"]],
        )


def _twins(content: Content) -> Iterator[Block]:
    """Show how each design does where the truth is known."""
    twins = content["twins"]
    if not twins["sentences"]:
        return
    yield Heading("How each design does on a twin of this cohort")
    yield from map(Paragraph, twins["sentences"])
    if not twins["rows"]:
        return
    told = {row["endpoint"] for row in twins["rows"]}
    for endpoint in content["endpoints"]:
        if endpoint["twins"] and endpoint["label"] in told:
            yield Picture(
                endpoint["twins"],
                f"Designs on twins of this cohort, {endpoint['label']}",
                f"{endpoint['label']}: each design on invented cohorts like this one, "
                "of which the truth is known. Lines are what chance leaves open among "
                "so many cohorts (95 %).",
            )
    columns = {
        "endpoint": ("Endpoint", "head"),
        "design": ("Design", ""),
        "effect": ("In truth", ""),
        "truth": ("True ratio", ""),
        "mean": ("Mean ratio", ""),
        "rejection": ("Found an effect, %", ""),
        "coverage": ("Limits held the truth, %", ""),
        "failed": ("Not analysed", ""),
    }
    caption = (
        "Mean hazard ratio of each design over the invented cohorts, with the limits "
        "that chance leaves; cohorts in percent (± Monte Carlo error) in which the "
        f"design found an effect, and in which its {content['limits']} % limits held "
        "the truth; cohorts that it could not analyse."
    )
    yield Fold("Every design in numbers", [grid_of(caption, columns, twins["rows"])])


def _alone(content: Content) -> Iterator[Block]:
    if content["alone"]:
        columns = {
            "endpoint": ("Endpoint", "head"),
            "arm": ("Arm", ""),
            "events": ("Events of patients", ""),
            "median": ("Median, months", ""),
            "percent": ("Percent", "words"),
        }
        rows = [
            {**row, "percent": f"{row['what']} at {row['at']}"}
            for row in content["alone"]
        ]
        caption = (
            f"Not a comparison of the arms; percent with {content['limits']} % limits."
        )
        yield Heading("Endpoints of an arm by itself")
        yield grid_of(caption, columns, rows)


def _adjuvant(content: Content) -> Iterator[Block]:
    if content["adjuvant"]:
        columns = {
            "endpoint": ("Endpoint", "head"),
            "day": ("Day", ""),
            "events": ("Events of patients, resumed / not", ""),
            "ratio": ("Hazard ratio", ""),
            "p": ("p", ""),
            "adjusted": ("With covariates", ""),
        }
        caption = (
            "Who resumed therapy by a day after surgery against who had not, of those "
            "operated and free of recurrence then; the clock starts on that day. Not "
            "the comparison of the arms, and not adjusted for why therapy was resumed "
            "but for what the last column says."
        )
        yield Heading("Therapy after surgery")
        yield grid_of(caption, columns, content["adjuvant"])


def _support(content: Content) -> Iterator[Block]:
    """Show subgroups, hazard ratios along time, and how fragile the answer is."""
    if content["forests"]:
        yield Heading("Subgroups and regression")
        yield Pair(
            [
                Picture(figure["image"], figure["label"], f"{figure['label']}.")
                for figure in content["forests"]
            ]
        )
    yield from forest_blocks(content)
    if content["proportionality"]:
        yield Heading("Hazard ratios along time")
    for figure in content["proportionality"]:
        yield Picture(
            figure["image"],
            f"Hazard ratios along time, {figure['label']}",
            f"{figure['label']}, of one design: log(-log S) of the arms, parallel if "
            "the hazards are proportional; and each hazard ratio along time, level "
            f"then, with pointwise {content['limits']} % limits.",
        )
    if content["specifications"] or content["fragility"]:
        yield Heading("How fragile the answer is")
    if content["specifications"]:
        yield Picture(
            content["specifications"],
            "Every hazard ratio of the study, sorted",
            "Every hazard ratio of the study in the order of its size, and the "
            "endpoint, the design and the covariates that made it. Hollow marks are of "
            "designs that the audit calls biased.",
        )
    if content["fragility"]:
        yield Items([("", each) for each in content["fragility"]])
    if content["checks"]:
        yield Paragraph(content["checks"])
