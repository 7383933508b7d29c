"""Every parser by the table of its forms."""

import importlib
from pathlib import Path

import polars as pl
import pytest
import yaml

TABLE = yaml.safe_load((Path(__file__).parent / "forms.yaml").read_text("utf-8"))
CASES = [
    pytest.param(group["parser"], group.get("options", {}), group["forms"], id=str(n))
    for n, group in enumerate(TABLE)
]


def parser_of(name):
    module = importlib.import_module(f"twoarm.parsers.{name.removeprefix('parse_')}")
    return getattr(module, name)


def answer_of(told, columns):
    """The row that a case tells, with what it leaves out."""
    row = dict.fromkeys(columns)
    if "parsed" in columns:
        row["parsed"] = "problem" not in told
    if "distance" in columns and "drugs" in told:
        row["distance"] = 0
    if "inferred" in columns:
        row["inferred"] = False
    if "precision" in columns and "value" in told:
        row |= {"precision": "day", "earliest": told["value"], "latest": told["value"]}
    return row | told


@pytest.mark.parametrize(("name", "options", "forms"), CASES)
def test_forms(name, options, forms):
    texts = pl.Series([*forms, None], dtype=pl.String)

    found = parser_of(name)(texts, **options)

    wrong = {
        text: row
        for (text, told), row in zip(
            forms.items(), found.iter_rows(named=True), strict=False
        )
        if row != answer_of(told, found.columns)
    }
    assert wrong == {}
    assert all(cell is None for cell in found.row(-1))


@pytest.mark.parametrize(("name", "options", "forms"), CASES)
def test_no_text_and_texts_in_other_orders(name, options, forms):
    parser = parser_of(name)
    texts = pl.Series([None, *forms, *reversed(forms), None], dtype=pl.String)

    found = parser(texts, **options)

    assert found.equals(found.reverse())
    assert parser(texts.clear(), **options).schema == found.schema
    assert parser(pl.Series([None, None]), **options).schema == found.schema
