"""The report in Chinese: each text of it found again in a catalogue of phrases."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from itertools import count
from typing import Any, NamedTuple

import polars as pl
import yaml

from twoarm.reporting.blocks import Report
from twoarm.words import design_labels

KEPT = {"NR", "SD", "n", "p", "ATT", "ATC", "ATE", "ATO", "ATM", "SMD", "to"}
"""Words of statistics that stay as they are."""
NAMING = {
    *("arm", "design", "endpoint", "covariate", "level", "centre", "table", "term"),
    *("group", "label", "smd_covariate"),
}
"""Columns of tables that hold what a study calls things."""
REASONED = ("attrition", "criteria")
"""Tables whose reasons are words of the study, not of the audit."""
PROGRAMS = ("Python", "survival", "numpy", "scipy", "polars", "snakemake", "twoarm")
CONTROLS = ("Copy", "Copied", "Enlarge", "Close")
"""Words of what a page does when it is clicked."""
HOLE = re.compile(r"\{(\??)\}")
ITEM = re.compile(r"\d+[a-z]")
"""Number of an item of a checklist."""
SPLIT = {r"\. ": "", "; ": "；", ", ": "，"}
"""Where a text falls into parts, and what joins them in Chinese."""
DIGITS = "0123456789)%"
PAIRS = ("()", "[]", "“”")
OUTSIDE = r"(?![^()]*\))"
"""Not within brackets."""
LETTERS = re.compile(r"[^\W\d_]+")


class Form(NamedTuple):
    """A phrase with holes: its longest part, its looks, and the Chinese of it."""

    part: str
    looks: re.Pattern[str]
    greedy: re.Pattern[str]
    chinese: str


class Phrases:
    """A catalogue of phrases, for a study with names of its own.

    Parameters
    ----------
    catalogue
        English to Chinese; `{}` is a hole, `{?}` one that may be empty, and `{2}` of
        the Chinese the second hole of the English.
    names
        What the study calls things; these stay as they are, if the catalogue has none.
    """

    def __init__(self, catalogue: Mapping[str, str], names: Iterable[str]) -> None:
        self._plain = {key: each for key, each in catalogue.items() if "{" not in key}
        with_holes = [key for key in catalogue if "{" in key]
        with_holes.sort(key=lambda key: len(HOLE.sub("", key)), reverse=True)
        telling = [key for key in with_holes if LETTERS.search(HOLE.sub("", key))]
        bare = [key for key in with_holes if key not in telling]
        self._forms = [_form(key, catalogue[key]) for key in telling]
        self._bare = [_form(key, catalogue[key]) for key in bare]
        self._names = set(names)
        self._known: dict[str, str | None] = {"": ""}

    def find(self, words: str) -> str | None:
        """Find a text in Chinese; None where the catalogue lacks a part of it."""
        if words not in self._known:
            self._known[words] = None  # a part is never the whole
            self._known[words] = self._find(words)
        return self._known[words]

    def _find(self, words: str) -> str | None:
        if any(words.count(pair[0]) != words.count(pair[1]) for pair in PAIRS):
            return None  # cut through a bracket
        ways = (
            *(self._whole, self._filled, self._numbered),
            *(self._listed, self._parts, self._joined),
        )
        return next(filter(None, (way(words) for way in ways)), None)

    def _whole(self, words: str) -> str | None:
        if words in self._plain:
            return self._plain[words]
        if {*LETTERS.findall(words)} <= KEPT or ITEM.fullmatch(words):
            return words.replace(" to ", "至")
        return words if words in self._names else None

    def _filled(self, words: str) -> str | None:
        """Find a phrase with holes."""
        return next(
            filter(None, (self._fill(each, words) for each in self._forms)), None
        )

    def _numbered(self, words: str) -> str | None:
        """Keep a name and its number, such as a version."""
        named = {*LETTERS.findall(words)} <= KEPT | self._names
        return words if words[-1] in DIGITS and named else None

    def _joined(self, words: str) -> str | None:
        """Find what nothing but marks joins, or what a full stop ends."""
        found = next(
            filter(None, (self._fill(each, words) for each in self._bare)), None
        )
        if found is None and words.endswith("."):
            ended = self.find(words[:-1])
            found = None if ended is None else f"{ended}。"
        return found

    def _fill(self, form: Form, words: str) -> str | None:
        """Find what stands in the holes of a phrase; None if any is not found."""
        if form.part not in words:  # most are told apart by that, and it is quick
            return None
        for looks in (form.looks, form.greedy):
            match = looks.fullmatch(words)
            holes: list[str] = []
            for each in match.groups() if match else ():
                found = self.find(each)
                if found is None:
                    break
                holes.append(found)
            else:
                if match:
                    return form.chinese.format(*holes)
        return None

    def _parts(self, words: str) -> str | None:
        """Find a text part by part, the shortest first."""
        for mark, joint in SPLIT.items():
            at = [match.start() for match in re.finditer(mark + OUTSIDE, words)]
            for place in at:
                kept = place + 1 if joint == "" else place
                first = self.find(words[:kept])
                rest = self.find(words[place + 2 :]) if first is not None else None
                if first is not None and rest is not None:
                    return f"{first}{joint}{rest}"
        return None

    def _listed(self, words: str) -> str | None:
        """Find a list of what is found."""
        head, _, last = words.rpartition(" and ")
        if not head or re.search(r"[.;:] ", words):
            return None
        known: list[str] = []
        for each in [*re.split(", " + OUTSIDE, head), last]:
            found = self.find(each)
            if found is None:
                return None
            known.append(found)
        return f"{'、'.join(known[:-1])}和{known[-1]}"


def _form(english: str, chinese: str) -> Form:
    """Read a phrase with holes."""
    pieces = HOLE.split(english)
    looks, greedy = re.escape(pieces[0]), re.escape(pieces[0])
    for empty, literal in zip(pieces[1::2], pieces[2::2], strict=True):
        looks += f"(.{'*' if empty else '+'}?){re.escape(literal)}"
        greedy += f"(.{'*' if empty else '+'}){re.escape(literal)}"
    order = count(1)
    numbered = re.sub(r"\{(\d?)\}", lambda hole: _place(hole[1], order), chinese)
    part = max(pieces[::2], key=len)
    return Form(part, re.compile(looks, re.S), re.compile(greedy, re.S), numbered)


def _place(number: str, order: Iterator[int]) -> str:
    """Give a hole of the Chinese its place: the one it names, or its turn."""
    turn = next(order)
    return f"{{{int(number or turn) - 1}}}"


def read_phrases(text: str) -> dict[str, str]:
    """Read a catalogue, written as YAML.

    Raises
    ------
    ValueError
        If a phrase stands there twice, or the holes of its two sides differ.
    """
    node: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    pairs = [(key.value, each.value) for key, each in node.value]
    twice = [
        key for key, times in Counter(key for key, _ in pairs).items() if times > 1
    ]
    odd = [
        key
        for key, each in pairs
        if len(HOLE.findall(key)) != len(re.findall(r"\{\d?\}", each))
    ]
    if twice or odd:
        raise ValueError(f"phrases that stand twice {twice}, or have odd holes {odd}")
    return dict(pairs)


def texts_of(block: Any) -> Iterator[str]:
    """List every text that a reader of a report, or of a block, meets."""
    if isinstance(block, str):
        yield block
    elif is_dataclass(block):
        silent = ("name", "look", "looks", "kind")
        for each in fields(block):
            if each.name not in silent:
                yield from texts_of(getattr(block, each.name))
    elif isinstance(block, list | tuple):
        for each in block:
            yield from texts_of(each)


def names_of(study: Mapping[str, Any], tables: Mapping[str, pl.DataFrame]) -> set[str]:
    """Gather what a study calls things: all words of its config, and of its tables."""
    named = {*_leaves(study), *PROGRAMS, *design_labels(study["designs"]).values()}
    for name, table in tables.items():
        columns = NAMING | ({"reason"} if name in REASONED else set())
        for column in columns & {*table.select(pl.selectors.string()).columns}:
            named |= {*table[column].drop_nulls().to_list()}
    return named


def _leaves(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
        yield part.removesuffix(".")
    elif isinstance(part, Mapping):
        yield from part
        yield from _leaves(list(part.values()))
    elif isinstance(part, list | tuple):
        for each in part:
            yield from _leaves(each)


def translate_report(report: Report, phrases: Phrases) -> dict[str, str]:
    """Translate the texts of a report.

    Returns
    -------
    dict
        English to Chinese, of each text that the catalogue has whole and that is
        another in Chinese; the other texts stay in English.
    """
    texts = [*texts_of(report), *CONTROLS]
    lines = {line for text in texts for line in (text, *text.split("\n"))}
    found = {text: phrases.find(text) for text in sorted(lines)}
    return {
        text: chinese
        for text, chinese in found.items()
        if chinese is not None and chinese != text
    }
