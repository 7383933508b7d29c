"""Delimited text: what is cut fast is what `csv` would cut."""

import codecs
import csv
import io

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twoarm.errors import UnreadableError
from twoarm.ingestion import delimited
from twoarm.ingestion.delimited import parse_text
from twoarm.ingestion.files import read_file


@pytest.fixture
def small(monkeypatch):
    """Cut texts in pieces of a few characters."""
    monkeypatch.setattr(delimited, "FIRST", 8)
    monkeypatch.setattr(delimited, "PIECE", 24)


def rows_of(text):
    return pl.concat(grid.rows for grid in parse_text([text], ","))


def found(text):
    try:
        return rows_of(text).to_dict(as_series=False)
    except UnreadableError as error:
        return str(error)


pieces = st.sampled_from(
    ["a", "b", "病", '"', '""', ",", ",", "\n", "\n", "\r\n", "\r", '"x,y"', '"x\ny"']
)
rows = st.sampled_from(
    [
        "1,x",
        '"1","x"',
        '"1\n1","x ""y"""',
        "1",
        ",",
        " ,",
        "1,x,2",
        '6" tube,1',
        "",
        '"',
    ],
)


@settings(max_examples=300)
@given(
    body=st.lists(pieces, max_size=60).map("".join)
    | st.lists(rows, max_size=20).flatmap(
        lambda lines: st.sampled_from(["\n", "\r\n", "\r"]).map(
            lambda end: "".join(line + end for line in lines)
        )
    )
)
def test_pieces_cut_fast_are_cells_of_csv(body):
    text = "p,q\n" + body
    patched = pytest.MonkeyPatch()
    with patched.context() as patch:
        patch.setattr(delimited, "_cut_fast", lambda *_: None)
        slow = found(text)
    with patched.context() as patch:
        patch.setattr(delimited, "FIRST", 8)
        patch.setattr(delimited, "PIECE", 24)
        assert found(text) == slow


def test_clean_pieces_are_cut_fast(small, monkeypatch):
    lines = ["id,note", '1,"a,b"', '2,"say ""no"""', '3,"x\ny"', "4,", ",5"]
    text = "\n".join(lines * 9)
    slow = list(csv.reader(io.StringIO(text, newline="")))
    cut = list(delimited.cut_text([text], ","))

    frames = [part for part in cut if isinstance(part, pl.DataFrame)]
    assert sum(frame.height for frame in frames) > 40
    joined = [
        row
        for part in cut
        for row in (part.rows() if isinstance(part, pl.DataFrame) else [part])
    ]
    assert [[cell or "" for cell in row] for row in joined] == slow


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_may_be_mixed(small, end):
    body = "".join(f'{place},"x{end}y"{end}' for place in range(30))
    read = rows_of("id,note\r\n" + body + "30,z\r31,w\r\n")

    assert read["source_row"].to_list() == list(range(2, 34))
    assert read["note"][0] == f"x{end}y"
    assert read["id"].to_list() == [str(place) for place in range(32)]


def test_faults_are_told_by_row_far_down(small):
    lines = ["id,note", *(f"{place},x" for place in range(40))]

    ragged = [*lines[:30], "30,x,y", *lines[31:]]
    assert "in 1 row (31)" in found("\n".join(ragged))
    assert "row 42" in found("\n".join([*lines, '"41,x']))


def test_totals_far_down_are_left_out(small):
    from twoarm.ingestion.header import Layout

    lines = ["id,n", *(f"{place},1" for place in range(40)), " 合计,40", "x,1"]
    (grid,) = parse_text(["\n".join(lines)], ",", Layout(totals=("合计",)))

    assert grid.left_out == ((42, "total"),)
    assert grid.rows["source_row"].to_list() == [*range(2, 42), 43]


def write(folder, content):
    (folder / "a.csv").write_bytes(content)
    return folder / "a.csv"


@pytest.mark.parametrize("order", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("mark", [True, False])
def test_utf_16_may_lack_its_mark_if_it_is_stated(tmp_path, order, mark):
    begin = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}
    content = (begin[order] if mark else b"") + "id\tsex\n甲\t男\n".encode(order)

    read = read_file(write(tmp_path, content), encoding="utf-16")

    assert read.rows.rows() == [(2, "甲", "男")]


MIXED = "编号,备注\n1,好\n2,".encode("gb18030") + b"\xff\xff\n" + "3,坏\n".encode("gbk")


def test_bytes_that_are_mixed_are_told_by_line(tmp_path):
    with pytest.raises(UnreadableError) as caught:
        read_file(write(tmp_path, MIXED), encoding="gb18030")

    assert str(caught.value).startswith("cannot be decoded as gb18030 in 1 line (3);")
    assert "undecodable: replace" in str(caught.value)


def test_bytes_that_are_replaced_are_told_by_row(tmp_path):
    read = read_file(write(tmp_path, MIXED), encoding="gb18030", undecodable="replace")

    assert read.rows["备注"].to_list() == ["好", "\ufffd\ufffd", "坏"]
    assert read.notes == ("characters lost to broken bytes in 1 row (3)",)


@pytest.mark.parametrize(
    ("text", "how", "cells"),
    [
        ("a;b\n1.234,5;x\n", {"decimal": ",", "thousands": "."}, ("1234.5", "x")),
        ('a,b\n"1,234,567",x\n', {"thousands": ","}, ("1234567", "x")),
        ('a,b\n"12,34",x\n', {"thousands": ",", "decimal": "."}, ("12,34", "x")),
        ("a;b\n1 234,5;1 2\n", {"thousands": " "}, ("1 234,5", "1 2")),
        ("a;b\n1 234,5;2,5\n", {"thousands": " "}, ("1234.5", "2.5")),
        ("a;b\n1.234;x\n", {"decimal": ","}, ("1.234", "x")),
    ],
)
def test_thousands_are_parted_only_by_a_stated_mark(tmp_path, text, how, cells):
    assert read_file(write(tmp_path, text.encode()), **how).rows.rows() == [(2, *cells)]
