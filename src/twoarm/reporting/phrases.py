"""A catalogue of phrases, in which texts are found again, whole or part by part."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from typing import Any, NamedTuple

import yaml

KEPT = {"NR", "SD", "n", "p", "ATT", "ATC", "ATE", "ATO", "ATM", "SMD", "to"}
"""Words of statistics that stay as they are."""
HOLE = re.compile(r"\{(\??)\}")
ITEM = re.compile(r"\d+[a-z]")
"""Number of an item of a checklist."""
DIGITS = "0123456789)%"
PAIRS = (("(", ")"), ("[", "]"), ("“", "”"))
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
        if not _is_closed(words):
            return None  # cut through a bracket
        ways = (
            *(self._whole, self._listed, self._sentences, self._filled),
            *(self._numbered, self._joined, self._clauses),
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
                found = None if self._runs_on(each) else self.find(each)
                if found is None:
                    break
                holes.append(found)
            else:
                if match:
                    return form.chinese.format(*holes)
        return None

    def _runs_on(self, words: str) -> bool:
        """Tell whether what should fill a hole goes beyond the end of a sentence."""
        return ". " in words and words not in self._names

    def _sentences(self, words: str) -> str | None:
        return self._parts(words, ". ", "") or self._parts(words, "; ", "；")

    def _clauses(self, words: str) -> str | None:
        return self._parts(words, ", ", "，")

    def _parts(self, words: str, mark: str, joint: str) -> str | None:
        """Find a text part by part, the first as short as can be."""
        for match in re.finditer(re.escape(mark) + OUTSIDE, words):
            kept = match.start() + (mark == ". ")
            first = self.find(words[:kept])
            rest = self.find(words[match.end() :]) if first is not None else None
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


def _is_closed(words: str) -> bool:
    """Tell whether brackets and quotes open before they close, and all close.

    >>> _is_closed("a (b) “c”"), _is_closed("b) (c"), _is_closed("(b")
    (True, False, False)
    """
    for opening, closing in PAIRS:
        depth = 0
        for letter in words:
            depth += (letter == opening) - (letter == closing)
            if depth < 0:
                return False
        if depth:
            return False
    return True


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
