"""Names of drugs and procedures out of therapy records."""

import re
from collections import defaultdict
from collections.abc import Sequence
from functools import cache

import numpy as np
import polars as pl
from rapidfuzz.distance import OSA
from rapidfuzz.process import cdist

from twoarm.parsers.drugnames import (
    CLASS_WORDS,
    COMBINATIONS,
    key_of,
    list_drugs,
    list_names,
)
from twoarm.parsers.normal import in_ascii, parse_distinct

_APART = r"[+,;、/&()\[\]{}|。:\s]+|联合|序贯|[和与及加]|\b(?:and|plus|with)\b"
_DOSE = (
    r"\d+(?:\.\d+)? ?(?:mg|μg|ug|g|ml|gy|万?iu|毫克|克|毫升|万单位)"
    r"(?: ?/ ?(?:kg|m\^?2|d|天|日|次|qd))*"
)
_SCHEDULE = (
    r"\bq ?\d{0,2} ?[wdh]\b|\b(?:qd|bid|tid|qod|qn|po|iv|ivgtt|prn)\b|"
    r"每\d?[周天日]\d?次?|(?:[×x*] ?)?\d+ ?(?:次|周期|疗程|cycles?\b|cycs?\b|c\b)|"
    r"\b[cd]\d+(?:-\d+)?\b"
)
_BARE = r"^\d+(?:\.\d+)?$"
_DENIED = "[停无未否拒不禁忌]|过敏"
"""A text that says this of a drug is never taken for a typing error of its name."""
_CHUNK, _LONGEST = 4096, 40
_UNKNOWN, _AMBIGUOUS = "drug_unknown", "drug_ambiguous"
_Found = tuple[str | None, str | None, int, str | None]
"""A drug, or a class that is told alone, the edits, and the problem."""


def parse_drugs(text: pl.Series) -> pl.DataFrame:
    """Name the drugs and procedures of a text by their generic names.

    Known are Chinese and English names, brands, codes, usual abbreviations (`T药`) and
    combinations (`A+T`, `双艾`); doses and schedules are skipped. The beginning of a
    name counts if only one drug has it: two Chinese or four Latin letters. So does a
    name that is one edit away, or two for Latin names of eight letters or more, if only
    one drug is nearest. All parts of a text must be known.

    Optimal string alignment: Damerau 1964, doi:10.1145/363958.363994

    Parameters
    ----------
    text
        Texts without codes for missing values.

    Returns
    -------
    DataFrame
        One row a text. `drugs`, generic names in the order of the text; `classes`, in
        this order too, also where only a class is told (`PD-1单抗`), which is ambiguous
        unless a drug of the class stands beside; `parsed`, True if the text is more
        than one known name; `distance`, the most edits that a name took, 0 if all are
        exact; `problem`, `drug_unknown` or `drug_ambiguous`, where there are no drugs.

    Examples
    --------
    >>> parse_drugs(pl.Series(["仑伐替尼8mg+信迪利单抗"]))["drugs"].to_list()
    [['lenvatinib', 'sintilimab']]
    """
    return parse_distinct(text, _read)


def _read(frame: pl.DataFrame) -> pl.DataFrame:
    rows = frame.select(whole=pl.col("text").str.to_lowercase()).with_row_index("row")
    told = pl.col("whole")
    for pattern, drugs in COMBINATIONS.items():
        alone = rf"(^|[^a-z0-9])(?:{pattern})($|[^a-z0-9])"
        told = told.str.replace_all(alone, f"${{1}}{drugs}$2")
    for skipped in (_DOSE, _SCHEDULE):
        told = told.str.replace_all(in_ascii(skipped), " ")
    names = (
        rows.select("row", name=told.str.replace_all(_APART, "\n").str.split("\n"))
        .explode("name")
        .filter(pl.col("name") != "", ~pl.col("name").str.contains(in_ascii(_BARE)))
    )
    found = names.join(_find_names(names["name"].unique()), on="name", how="left")
    found = (
        found.filter(pl.col("skipped").not_())
        .group_by("row")
        .agg(
            pl.col("drug").drop_nulls().unique(maintain_order=True),
            pl.col("told_class").drop_nulls().unique(maintain_order=True),
            pl.col("edits").max(),
            pl.col("problem").max(),  # one unknown outweighs all
        )
    )
    return _answer(rows.join(found, on="row", how="left", maintain_order="left"))


def _answer(rows: pl.DataFrame) -> pl.DataFrame:
    """Tell drugs and classes; a class told alone needs a drug of it beside."""
    names = pl.DataFrame(
        list(list_drugs().items()), schema=["drug", "of"], orient="row"
    )
    classes = (
        rows.select("row", "drug")
        .explode("drug")
        .join(names, on="drug", how="left", maintain_order="left")
        .explode("of")
        .group_by("row", maintain_order=True)
        .agg(pl.col("of").drop_nulls().unique(maintain_order=True))
    )
    joined = rows.join(classes, on="row", how="left", maintain_order="left")
    joined = joined.with_columns(
        of=pl.coalesce("of", pl.lit([], dtype=pl.List(pl.String)))
    )
    alone = pl.col("told_class").list.set_difference("of").list.len() > 0
    either = pl.col("of").list.concat("told_class").list.unique(maintain_order=True)
    found = joined.with_columns(
        classes=pl.when(pl.col("problem").is_null()).then(either),
        problem=pl.when(pl.col("drug").is_null())
        .then(pl.lit(_UNKNOWN))
        .when(pl.col("problem").is_null() & alone)
        .then(pl.lit(_AMBIGUOUS))
        .otherwise("problem"),
    )
    known = pl.col("problem").is_null()
    written = pl.col("whole").str.replace_all(r"[-\s]", "")  # SHR-1210 is a name
    return found.select(
        drugs=pl.when(known).then("drug"),
        classes="classes",
        parsed=known & ~written.is_in(sorted(list_names())),
        distance=pl.when(known).then("edits"),
        problem="problem",
    )


def _find_names(names: pl.Series) -> pl.DataFrame:
    """Find each name: exactly, by its beginning, else by the nearest name."""
    keys = [key_of(name) for name in names]
    exact, begun = list_names(), _beginnings()
    found: dict[str, _Found] = {}
    for key in dict.fromkeys(keys):
        if key in CLASS_WORDS:
            found[key] = (None, CLASS_WORDS[key], 0, None)
        elif key in exact:
            found[key] = (exact[key], None, 0, None)
        elif key in begun:
            found[key] = _only(begun[key], 0)
    far = [key for key in dict.fromkeys(keys) if key and key not in found]
    found |= _find_near(far)
    blank: _Found = (None, None, 0, None)
    rows = [
        (name, key == "", *found.get(key, blank))
        for name, key in zip(names, keys, strict=True)
    ]
    return pl.DataFrame(
        rows,
        schema={
            "name": pl.String,
            "skipped": pl.Boolean,
            "drug": pl.String,
            "told_class": pl.String,
            "edits": pl.Int64,
            "problem": pl.String,
        },
        orient="row",
    )


def _only(drugs: set[str], edits: int) -> _Found:
    if len(drugs) == 1:
        return min(drugs), None, edits, None
    return None, None, 0, _AMBIGUOUS


@cache
def _beginnings() -> dict[str, set[str]]:
    """List what names begin with, long enough to tell, and the drugs that do so."""
    begun = defaultdict(set)
    for name, drug in list_names().items():
        for end in range(4 if name.isascii() else 2, len(name)):
            begun[name[:end]].add(drug)
    return begun


def _find_near(keys: Sequence[str]) -> dict[str, _Found]:
    """Find the nearest name within the edits that its length allows."""
    exact = list_names()
    names = [name for name in exact if _allowed(name)]
    found: dict[str, _Found] = dict.fromkeys(keys, (None, None, 0, _UNKNOWN))
    # A text of several lines of prose is no name.
    tried = [
        key
        for key in keys
        if _allowed(key) and len(key) <= _LONGEST and not re.search(_DENIED, key)
    ]
    for start in range(0, len(tried), _CHUNK):
        some = tried[start : start + _CHUNK]
        edits = cdist(some, names, scorer=OSA.distance, score_cutoff=2, dtype=np.int64)
        for key, row in zip(some, edits, strict=True):
            if (least := row.min()) <= _allowed(key):
                near = {exact[names[place]] for place in np.flatnonzero(row == least)}
                found[key] = _only(near, int(least))
    return found


def _allowed(name: str) -> int:
    """Tell how many edits a name of this length may have."""
    if name.isascii():
        return 2 if len(name) >= 8 else int(len(name) >= 5)
    return int(len(name) >= 3)
