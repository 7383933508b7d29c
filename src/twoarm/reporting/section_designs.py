"""What each design is: whom it answers for, its weights, and its clones."""

from collections.abc import Iterator, Mapping
from typing import Any

from twoarm.reporting.blocks import (
    Block,
    Heading,
    Items,
    Pair,
    Paragraph,
    Picture,
    grid_of,
)

Content = Mapping[str, Any]


def design_blocks(content: Content) -> Iterator[Block]:
    """Lay out what each design is.

    Parameters
    ----------
    content
        As `twoarm.reporting.content.content_of` gathers it.
    """
    yield from _answers(content)
    yield from _clones(content)


def _answers(content: Content) -> Iterator[Block]:
    treated, control = content["arms"]
    yield Heading("For whom each design answers")
    yield grid_of(
        f"Numbers are {treated} / {control}. The effective size is that of as many "
        "patients with equal weights.",
        {
            "design": ("Design", "head"),
            "patients": ("Patients", ""),
            "out": ("Left out", ""),
            "effective": ("Effective size", ""),
            "largest": ("Greatest difference, SD", ""),
            "verdict": ("Balance", ""),
        },
        content["answers"],
    )
    yield Items(
        [(row["design"], " ".join(row["sentences"])) for row in content["answers"]]
    )
    yield Paragraph(" ".join(content["overlap"]))
    yield Pair([*_balance(content), *_weights(content)])


def _balance(content: Content) -> Iterator[Picture]:
    yield Picture(
        content["balance"],
        "Balance of the covariates",
        "Absolute standardised mean differences. The denominator is fixed on the "
        "patients before matching or weighting: the treated arm's standard deviation "
        "under ATT, the control arm's under ATC, else that of both arms.",
    )
    yield Picture(
        content["scores"],
        "Overlap of the propensity scores",
        "Propensity scores of the arms.",
    )
    yield Picture(
        content["preference"],
        "Overlap of the preference scores",
        "Preference scores of the arms: the propensity score as it were if the arms "
        "had the same size. Between 0.3 and 0.7 either treatment was usual.",
    )


def _weights(content: Content) -> Iterator[Picture]:
    for figure in content["weights"]:
        words = f"Weights of {figure['label']}"
        yield Picture(figure["image"], words, f"{words}.")


def _clones(content: Content) -> Iterator[Block]:
    if not content["clones"]:
        return
    yield Heading("Clones and their weights")
    for figure in content["clones"]:
        yield Picture(
            figure["image"],
            f"Clones of {figure['label']}",
            f"{figure['label']}: clones at risk and what they are worth, those who "
            "left their strategy, the largest weight, and the weights just after the "
            "grace period.",
        )
    if content["truncations"]:
        treated, control = content["arms"]
        rows = [
            {
                **row,
                "effective": f"{row['effective_n_treated']} / "
                f"{row['effective_n_control']}",
            }
            for row in content["truncations"]
        ]
        yield grid_of(
            "What limits to the weights change: percentiles to which weights of clones "
            "at risk together are moved.",
            {
                "endpoint": ("Endpoint", ""),
                "design": ("Design", "head"),
                "limit": ("Limit", ""),
                "hazard_ratio": ("Hazard ratio", ""),
                "rmst_difference": ("Restricted means, months", ""),
                "effective": (f"Effective size, {treated} / {control}", ""),
                "largest_weight": ("Largest weight", ""),
            },
            rows,
        )
