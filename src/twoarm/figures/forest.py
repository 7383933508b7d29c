"""Forests: the arms in each subgroup, and the terms of a regression."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl
from matplotlib.figure import Figure

from twoarm.figures.lines import Line, draw_lines
from twoarm.figures.phrases import say
from twoarm.words import estimate_in_words, p_in_words, verdicts_in_words

Row = Mapping[str, Any]
NUMBERS = ("estimate", "conf_low", "conf_high")
RATIO = "Hazard ratio (limits)"


def draw_subgroups(
    effects: pl.DataFrame,
    *,
    designs: Mapping[str, str],
    covariates: Mapping[str, str],
    arms: Sequence[str],
) -> Figure:
    """Draw the hazard ratio in each subgroup of designs, with the interaction tests.

    Parameters
    ----------
    effects
        Rows of `Effects` of one endpoint.
    designs
        Designs that are drawn, to their labels.
    covariates
        Name to label.
    arms
        Labels of the treated and the control arm.
    """
    lines = [
        line
        for name, label in designs.items()
        for line in _of_design(effects.filter(design=name), label, covariates)
    ]
    heads = [
        *(say("{arm}: events / patients", arm=arm) for arm in arms),
        say(RATIO),
        say("Interaction p"),
    ]
    favours = [
        say("← favours {arm}", arm=arms[0]),
        say("favours {arm} →", arm=arms[1]),
    ]
    return draw_lines(lines, label=say("Hazard ratio"), heads=heads, favours=favours)


def _of_design(
    rows: pl.DataFrame, label: str, covariates: Mapping[str, str]
) -> list[Line]:
    """List all patients of a design, and each covariate with its levels."""
    lines = [*_all(rows, label)]
    tests = rows.filter(pl.col("term").str.starts_with("interaction: "))
    for test in tests.iter_rows(named=True):
        name = test["term"].removeprefix("interaction: ")
        told = p_in_words(test["p_value"]).removeprefix("= ")
        told = told if test["p_value"] is not None else say("not tested")
        cells = ("", "", "", told)
        lines.append(Line(covariates.get(name, name), cells, heading=True))
        start = f"subgroup: {name}="
        levels = rows.filter(pl.col("term").str.starts_with(start))
        lines += [
            _line(say(_minus(row["term"].removeprefix(start))), row)
            for row in levels.iter_rows(named=True)
        ]
    return lines


def draw_regression(
    effects: pl.DataFrame, *, design: str, covariates: Mapping[str, str]
) -> Figure:
    """Draw the terms of the regression of a design, alone and beside the others.

    Parameters
    ----------
    effects, covariates
        As `draw_subgroups` takes them.
    design
        Design that is drawn.
    """
    rows = effects.filter(design=design, measure="hazard_ratio")
    found = {row["term"]: row for row in rows.iter_rows(named=True)}
    levels = [each for each in found if f"univariable: {each}" in found]
    verdict = _verdict(found["treated"]) if "treated" in found else ""
    pairs = [(f"{say('Treatment')}{verdict}", "treated", "treated_adjusted")]
    pairs += [
        (term_label(each, covariates), f"univariable: {each}", each) for each in levels
    ]
    lines = []
    for label, alone, together in pairs:
        lines.append(Line(label, heading=True))
        for words, term in (("Alone", alone), ("Beside the others", together)):
            if term in found:
                lines.append(_ratio(say(words), found[term]))
    label = say("Hazard ratio, per unit or against the first level")
    return draw_lines(lines, label=label, heads=[say(RATIO)])


def _all(rows: pl.DataFrame, label: str) -> Iterator[Line]:
    whole = rows.filter(measure="hazard_ratio", term="treated")
    for row in whole.iter_rows(named=True):
        all_of = say("All, {label}", label=say(label))
        yield _line(f"{all_of}{_verdict(row)}", row)


def _line(label: str, row: Row) -> Line:
    counts = [
        "/".join(_count(row[f"{what}_{arm}"]) for what in ("events", "n"))
        for arm in ("treated", "control")
    ]
    line = _ratio(label, row)
    return line._replace(cells=(*counts, *line.cells))


def _minus(level: str) -> str:
    """Write the hyphen before a number as the minus sign that it is."""
    return re.sub(r"(^| )-(?=\d)", r"\1−", level)


def _count(count: int | None) -> str:
    """Write a count; one may be hidden for what it tells of another."""
    return "–" if count is None else f"{count:,}"


def _ratio(label: str, row: Row) -> Line:
    if row["estimate"] is None:
        why = row["method"].split(": ")[0]
        return Line(label, (say("too few events") if why == "not estimated" else why,))
    numbers = tuple(row[name] for name in NUMBERS)
    # What the audit holds against a design is held against its contrasts of the arms.
    contrast = row["term"].startswith(("treated", "subgroup: "))
    sound = not (contrast and _verdict(row))
    return Line(label, (estimate_in_words(row),), numbers, sound)


def _verdict(row: Row) -> str:
    """Say what the audit calls the design, if it is biased."""
    told = verdicts_in_words(row["method"])
    return "".join(
        f"; {say(each).lower()}" for each in told if each.startswith("Biased")
    )


def term_label(term: str, covariates: Mapping[str, str]) -> str:
    """Name a term of a regression by the label of its covariate, and its level."""
    name, _, level = term.partition("=")
    label = covariates.get(name, name)
    return f"{label}: {level}" if level else label
