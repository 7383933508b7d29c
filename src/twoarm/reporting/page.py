"""The report: one page that stands alone."""

import gzip
import json
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from jinja2 import Environment, StrictUndefined

from twoarm.words import (
    count_in_words,
    estimate_in_words,
    limits_in_words,
    p_in_words,
    verdicts_in_words,
)

NONE: Mapping[str, Any] = {"estimate": None, "conf_low": None, "conf_high": None}
"""A row of an estimate that an endpoint does not have."""
DRAWN = re.compile(r"<(?:path|use) [^>]*>")
STYLE = re.compile(r' style="([^"]*)"')
SHAPE = re.compile(r'(?<=["#])m[0-9a-f]{10}(?=")')
PATH = re.compile(r' d="[^"]*"')
MOVE = re.compile(r"([MLCQz]) ?(?:([-\d.]+) ([-\d.]+))?")
"""What matplotlib writes into an SVG: tags, styles, names of shapes, and paths."""
DIFFERENCE = pl.col("measure").str.ends_with("_difference")


def render_page(template: str, content: Mapping[str, Any]) -> str:
    """Fill the template; whatever comes from data is escaped.

    Parameters
    ----------
    template
        A jinja2 template of HTML.
    content
        What it names; a name that is missing is an error.
    """
    surroundings = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    surroundings.filters["p"] = p_in_words
    return surroundings.from_string(template).render(content)


def image_of(svg: bytes) -> str:
    """Turn an SVG into an address that holds it, so that the page stands alone.

    What is drawn is written in a third of the bytes: a style of many marks once,
    places to a hundredth of a point, and of a step the one that changes.
    """
    short = _shorten(svg.decode()).encode()
    return "data:image/svg+xml;base64," + b64encode(short).decode()


def _shorten(svg: str) -> str:
    styles: dict[str, str] = {}
    shapes: dict[str, str] = {}
    text = DRAWN.sub(lambda tag: re.sub(r"(\.\d\d)\d+", r"\1", tag[0]), svg)
    text = STYLE.sub(
        lambda style: f' class="{styles.setdefault(style[1], f"s{len(styles)}")}"', text
    )
    text = SHAPE.sub(lambda name: shapes.setdefault(name[0], f"m{len(shapes)}"), text)
    text = re.sub(r" ?\n([CLQz]) ?", r"\1", re.sub(r"\n\s*", "\n", text))
    text = PATH.sub(_shorten_steps, text)
    rules = "".join(f".{name}{{{style}}}" for style, name in styles.items())
    return text.replace("</style>", f"{rules}</style>", 1)


def _shorten_steps(path: re.Match[str]) -> str:
    x = y = ""

    def shorten(move: re.Match[str]) -> str:
        nonlocal x, y
        before = x, y
        if move[1] not in "ML":  # where it ends is not looked for
            x = y = ""
            return move[0]
        x, y = move[2], move[3]
        if move[1] == "L" and y == before[1]:
            return f"H{x}"
        return f"V{y}" if move[1] == "L" and x == before[0] else move[0]

    return MOVE.sub(shorten, path[0])


def packed_of(figures: Mapping[str, bytes]) -> str:
    """Pack SVGs for a script of the page: JSON of name to SVG, gzipped, in base 64."""
    told = json.dumps({name: svg.decode() for name, svg in figures.items()})
    return b64encode(gzip.compress(told.encode(), mtime=0)).decode()


def contrasts_of(
    effects: pl.DataFrame,
    *,
    endpoint: str,
    designs: Mapping[str, str],
    arms: Sequence[str],
    minimum_count: int,
) -> list[dict[str, str]]:
    """Put the contrasts of an endpoint in words, a design a row.

    Parameters
    ----------
    effects
        As the contract Effects, small counts hidden, with `row`, the place of each.
    arms
        Labels of the treated and the control arm.
    """
    rows = []
    for design, label in designs.items():
        part = effects.filter(endpoint=endpoint, design=design)
        found = {
            (row["measure"], row["term"]): row for row in part.iter_rows(named=True)
        }
        ratio = found[("hazard_ratio", "treated")]
        means = found.get(("rmst_difference", "treated"))
        drawn = found.get(("hazard_ratio", "treated_bootstrap"))
        rows.append(
            {
                "design": label,
                "ref": ratio["row"],
                "events": " / ".join(
                    f"{count_in_words(ratio[f'events_{arm}'], minimum_count)} of "
                    f"{count_in_words(ratio[f'n_{arm}'], minimum_count)}"
                    for arm in ("treated", "control")
                ),
                "medians": " / ".join(
                    estimate_in_words(found.get(("median", arm), NONE), 1)
                    for arm in arms
                ).replace("– / –", "–"),
                "ratio": estimate_in_words(ratio),
                "bootstrap": limits_in_words(drawn) if drawn else "",
                "p": p_in_words(ratio["p_value"]).removeprefix("= "),
                "audit": "; ".join(verdicts_in_words(ratio["method"])) or "–",
                "months": f"{means['months']:g}" if means else "–",
                "means": estimate_in_words(means, 1) if means else "–",
            }
        )
    return rows


def horizons_of(
    effects: pl.DataFrame, *, endpoint: str, designs: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Put survival at the horizons in words, a design and horizon a row, in percent.

    Where an event competes it is the cumulative incidence. Each row has `arms`, the
    label of an arm to its share, and the `difference`.
    """
    rows = []
    shown = effects.filter(
        pl.col("measure").str.contains("^(survival|cumulative_incidence)"),
        ~pl.col("method").str.starts_with("not estimated"),
        endpoint=endpoint,
    ).with_columns(pl.col("estimate", "conf_low", "conf_high") * 100)
    for design, label in designs.items():
        part = shown.filter(design=design)
        for months in part["months"].unique().sort():
            at = part.filter(months=months)
            contrast = at.filter(DIFFERENCE, term="treated")
            arms = at.filter(~DIFFERENCE)
            told = contrast.row(0, named=True)
            rows.append(
                {
                    "design": label,
                    "ref": told["row"],
                    "months": f"{months:g}",
                    "arms": {
                        row["term"]: estimate_in_words(row, 1)
                        for row in arms.iter_rows(named=True)
                    },
                    "difference": estimate_in_words(told, 1),
                }
            )
    return rows
