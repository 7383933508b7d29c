"""All designs side by side: what each finds, what it asks, and if it is sound."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from twoarm.kinds import in_order, kinds_of
from twoarm.tables.reporting import Answers
from twoarm.words import clock_words, estimate_in_words, list_in_words

NUMBERS = {"": "estimate", "_low": "conf_low", "_high": "conf_high"}
PLAIN = "unadjusted"


def compare_designs(
    effects: pl.DataFrame,
    audit: pl.DataFrame,
    *,
    study: Mapping[str, Any],
    clocks: Mapping[str, Mapping[str, Any]],
) -> pl.DataFrame:
    """Put what each design finds in a row an endpoint.

    Parameters
    ----------
    effects, audit
        As the contracts of these names, small counts hidden.
    study
        The complete config.
    clocks
        Name of a design to its clock.

    Returns
    -------
    pl.DataFrame
        As the contract Answers.
    """
    kinds, words = kinds_of(study["designs"]), clock_words(clocks)
    treated = effects.filter(term="treated")
    found = {
        (row["endpoint"], row["design"], row["measure"], row["months"]): row
        for row in treated.iter_rows(named=True)
    }
    judged = {
        (row["endpoint"], row["design"]): row for row in audit.iter_rows(named=True)
    }
    rows = []
    for endpoint in study["endpoints"]:
        for place, design in enumerate(in_order(kinds), start=1):
            named = {"endpoint": endpoint, "place": place, "design": design}
            rows.append(
                {
                    **named,
                    **_found(found, endpoint, design, study["analysis"]),
                    **_judged(judged, endpoint, design, study),
                    "kind": kinds[design],
                    "clock": words[design],
                }
            )
    return Answers.check(_typed(rows))


def _found(
    found: Mapping[Any, Mapping[str, Any]],
    endpoint: str,
    design: str,
    analysis: Mapping[str, Any],
) -> dict[str, Any]:
    """Take the numbers of a design, each as the table of effects has it."""
    ratio = found[endpoint, design, "hazard_ratio", None]
    mean = analysis["rmst_months"]
    asked = {
        "hazard_ratio": ("hazard_ratio", None),
        "rmst_difference": ("rmst_difference", mean),
        **{
            f"survival_difference_{months:g}": ("survival_difference", months)
            for months in analysis["horizons_months"] or []
        },
    }
    return {
        **{
            f"{name}{end}": found.get((endpoint, design, *key), {}).get(column)
            for name, key in asked.items()
            for end, column in NUMBERS.items()
        },
        "rmst_months": mean,
        **{f"n_{arm}": ratio[f"n_{arm}"] for arm in ("treated", "control")},
    }


def _judged(
    judged: Mapping[Any, Mapping[str, Any]],
    endpoint: str,
    design: str,
    study: Mapping[str, Any],
) -> dict[str, Any]:
    row, headline = judged[endpoint, design], study["headline"]
    sound = [
        name
        for name in study["endpoints"]
        if judged[name, design]["verdict"] == "sound"
    ]
    return {
        "verdict": row["verdict"],
        "reason": row["reason"],
        "sound_for": " ".join(sound) or None,
        "estimand": study["designs"].get(design, {}).get("estimand"),
        "headline": headline is not None
        and (headline["endpoint"], headline["design"]) == (endpoint, design),
    }


def _typed(rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Make a frame of which a column without any number is one of numbers too."""
    types = dict(Answers.create_empty().schema)
    others = {name: pl.Float64 for row in rows for name in row if name not in types}
    return pl.DataFrame(rows, schema={**types, **others})


def claims_in_words(
    answers: pl.DataFrame,
    *,
    designs: Mapping[str, str],
    endpoints: Mapping[str, str],
) -> list[str]:
    """Say what the naive contrast would have claimed, and what holds instead.

    Parameters
    ----------
    answers
        As the contract Answers.
    designs, endpoints
        Name to label.
    """
    rows = {
        (row["endpoint"], row["design"]): row for row in answers.iter_rows(named=True)
    }
    leading = answers.filter("headline")
    told = []
    for endpoint, label in endpoints.items():
        told.append(
            f"{label}: the contrast usually published, of those ever treated with the "
            f"others, would have claimed {_claim(rows[endpoint, PLAIN])}."
        )
        for design in leading["design"]:
            row = rows[endpoint, design]
            against = "" if row["verdict"] == "sound" else f" ({row['verdict']})"
            told.append(
                f"The design that this study leads with, {designs[design]}{against}, "
                f"finds {_claim(row)}."
            )
    return [*told, *_partly_sound(answers, designs, endpoints)]


def _claim(row: Mapping[str, Any]) -> str:
    """Write a design's numbers in a sentence."""
    if row["hazard_ratio"] is None:
        return "nothing, as it is not estimable"
    told = [f"a hazard ratio of {shown(row, 'hazard_ratio', 2)}"]
    last = [name for name in row if name.startswith("survival_difference_")]
    horizons = [name for name in last if not name.endswith(("_low", "_high"))]
    if horizons and row[horizons[-1]] is not None:
        months = horizons[-1].removeprefix("survival_difference_")
        points = shown(row, horizons[-1], 0, 100)
        told.append(f"a difference of {points} points at {months} months")
    if row["rmst_difference"] is not None:
        gain = shown(row, "rmst_difference", 1)
        told.append(f"{gain} months of {row['rmst_months']:g}")
    return list_in_words(told)


def shown(row: Mapping[str, Any], name: str, digits: int, scale: float = 1) -> str:
    """Write a number of the table with its limits."""
    parts = {
        column: None if row[f"{name}{end}"] is None else row[f"{name}{end}"] * scale
        for end, column in NUMBERS.items()
    }
    return estimate_in_words(parts, digits)


def _partly_sound(
    answers: pl.DataFrame, designs: Mapping[str, str], endpoints: Mapping[str, str]
) -> Iterator[str]:
    """Say of designs that are sound for one endpoint only why not for the other."""
    for design in designs:
        rows = answers.filter(design=design)
        sound = [endpoints[name] for name in rows.filter(verdict="sound")["endpoint"]]
        biased = rows.filter(pl.col("verdict").str.starts_with("biased"))
        if sound and biased.height:
            named = [endpoints[name] for name in biased["endpoint"]]
            why = biased["reason"][0]
            for name, label in endpoints.items():
                why = why.replace(f"the event of {name} ", f"the event of {label} ")
            yield (
                f"{designs[design]} is sound for {list_in_words(sound)} and biased for "
                f"{list_in_words(named)} here: {why}."
            )


def answer_rows(
    answers: pl.DataFrame,
    *,
    designs: Mapping[str, str],
    endpoints: Mapping[str, str],
    places: Mapping[tuple[str, str], int],
) -> list[dict[str, Any]]:
    """Put the table in words, an endpoint and design a row.

    `places` has where the hazard ratio of each stands in the table of effects.
    """
    last = [
        name
        for name in answers.columns
        if name.startswith("survival_difference_")
        and not name.endswith(("_low", "_high"))
    ]
    return [
        {
            "endpoint": endpoints[row["endpoint"]],
            "design": designs[row["design"]],
            "ref": places[row["endpoint"], row["design"]],
            "ratio": shown(row, "hazard_ratio", 2),
            "points": [shown(row, name, 0, 100) for name in last],
            "months": shown(row, "rmst_difference", 1),
            "clock": row["clock"],
            "verdict": row["verdict"],
            "reason": row["reason"],
            "sound_for": list_in_words(
                [endpoints[name] for name in (row["sound_for"] or "").split()]
            )
            or "none",
        }
        for row in answers.iter_rows(named=True)
    ]


def compared_in_words(
    tables: Mapping[str, pl.DataFrame], **labels: Mapping[str, str]
) -> dict[str, Any]:
    """Put all designs side by side; nothing where the table is not given."""
    if "answers" not in tables:
        return {"claims": [], "compared": [], "horizons": []}
    answers = tables["answers"]
    horizons = [
        name.removeprefix("survival_difference_")
        for name in answers.columns
        if name.startswith("survival_difference_")
        and not name.endswith(("_low", "_high"))
    ]
    ratios = tables["effects"].filter(measure="hazard_ratio", term="treated")
    places = {
        (endpoint, design): row
        for endpoint, design, row in ratios.select("endpoint", "design", "row").rows()
    }
    return {
        "claims": claims_in_words(answers, **labels),
        "compared": answer_rows(answers, places=places, **labels),
        "horizons": horizons,
    }
