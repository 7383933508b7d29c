"""Tables in pieces: what comes of them is what comes of the whole."""

import gzip
import sqlite3

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twoarm.errors import UnreadableError
from twoarm.harmonisation.parts import select_part
from twoarm.ingestion import cells, databases, delimited, doors, frames, text
from twoarm.ingestion.ahead import Ahead
from twoarm.ingestion.files import read_file, read_in_pieces
from twoarm.tables import pieces as tables
from twoarm.tables.ingestion import Faults, Files

LINES = ["1,x", '"2","y ""z"""', '"3\n3",x', "", ",", "合计,9", '"4,5",x', "1.5,x"]
FAULTY = ["1", "1,x,2", '6" tube,1', '"', "7,\ufffd", "1.2345E+11,x"]
ENDS = ["\n", "\r\n", "\r"]


@pytest.fixture
def small(monkeypatch):
    """Hold no more than three rows and some bytes at once."""
    shrink(monkeypatch)


def shrink(patch, rows=3, size=7):
    for module in (cells, databases, frames, tables):
        patch.setattr(module, "PIECE_ROWS", rows)
    patch.setattr(doors, "BLOCK", size)
    patch.setattr(delimited, "FIRST", size)
    patch.setattr(delimited, "PIECE", 3 * size)


def found(path, **how):
    try:
        return read_file(path, **how)
    except UnreadableError as error:
        return str(error)


def same(one, other):
    if isinstance(one, str) or isinstance(other, str):
        return one == other
    return one.rows.equals(other.rows) and one[1:] == other[1:]


@settings(max_examples=35, deadline=None)
@given(
    lines=st.lists(st.sampled_from(LINES), max_size=12),
    faulty=st.lists(st.sampled_from(FAULTY), max_size=2),
    end=st.sampled_from(ENDS),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gb18030"]),
    rows=st.integers(1, 4),
    size=st.integers(2, 30),
)
def test_a_text_in_pieces_is_the_whole(
    tmp_path_factory, lines, faulty, end, encoding, rows, size
):
    path = tmp_path_factory.mktemp("any") / "a.csv"
    content = end.join(["检验", "编号,n", *lines, *faulty, *lines[:3]])
    path.write_bytes(content.encode(encoding))
    how = {"totals": ["合计"], "header": [2]}
    whole = found(path, **how)

    with pytest.MonkeyPatch().context() as patch:
        shrink(patch, rows, 2 * size)
        assert same(found(path, **how), whole)
        if not isinstance(whole, str):
            heights = [piece.rows.height for piece in read_in_pieces(path, **how)]
            assert max(heights) <= rows


@pytest.mark.parametrize("decimal", [",", "."])
def test_the_last_row_tells_the_decimal_mark_of_the_first(small, tmp_path, decimal):
    path = tmp_path / "a.csv"
    rows = ["1,250;x"] * 9 + [f"2{decimal}5;y"]
    path.write_text("n;t\n" + "\n".join(rows))

    first = next(read_in_pieces(path)).rows["n"][0]

    assert first == ("1.250" if decimal == "," else "1,250")


def test_a_number_in_quotes_is_found_across_pieces(small, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("n,t\n" + "1,x\n" * 20 + '"  123,5",y\n')

    assert read_file(path).rows["n"][-1] == "123.5"
    assert text.may_have_commas(['"12', "3,", "5"], ",")
    assert not text.may_have_commas(['"a",1', ",2"], ",")


@pytest.mark.parametrize("size", range(5, 11))
def test_the_first_bytes_that_fit_no_encoding_may_come_last(
    monkeypatch, tmp_path, size
):
    shrink(monkeypatch, size=size)
    path = tmp_path / "a.csv"
    path.write_bytes("病案号,n\n".encode() + b"1,x\n" * 30 + b"2,\xff\xff\n")
    with pytest.raises(UnreadableError, match=r"in 1 line \(32\)"):
        list(read_in_pieces(path, encoding="utf-8"))
    # UTF-8 throughout, but for a character that Chinese systems wrote.
    path.write_bytes(b"id,n\n" + b"1,x\n" * 30 + "2,男\n".encode("gb18030"))
    assert read_file(path).encoding == "gb18030"
    # One of a western system in the last word of many.
    path.write_bytes(b"id,n\n" + b"1,x\n" * 30 + "2,Müller\n".encode("cp1252"))
    with pytest.raises(UnreadableError, match="say its encoding"):
        list(read_in_pieces(path))


def test_a_long_text_is_never_held(small, monkeypatch):
    held = []
    monkeypatch.setattr(
        Ahead, "_held", property(lambda s: s.h, lambda s, h: hold(s, h)), raising=False
    )

    def hold(ahead, value):
        held.append(len(value))
        ahead.h = value

    lines = (f"{place},x\n" for place in range(400))
    rows = sum(grid.rows.height for grid in delimited.parse_text(lines, ","))

    assert rows == 399
    assert max(held) < 200


def write_parquet(folder, rows):
    rows.write_parquet(folder / "a.parquet", row_group_size=4)
    return folder / "a.parquet"


def write_sqlite(folder, rows):
    with sqlite3.connect(folder / "a.db") as opened:
        opened.execute("CREATE TABLE t (id TEXT, n REAL)")
        opened.executemany("INSERT INTO t VALUES (?, ?)", rows.rows())
    opened.close()
    return folder / "a.db"


def write_duckdb(folder, rows):
    with duckdb.connect(folder / "a.duckdb") as opened:
        opened.execute("CREATE TABLE t AS SELECT * FROM rows")
    return folder / "a.duckdb"


def write_packed(folder, rows):
    (folder / "a.csv.gz").write_bytes(gzip.compress(rows.write_csv().encode()))
    return folder / "a.csv.gz"


@pytest.mark.parametrize(
    "write", [write_parquet, write_sqlite, write_duckdb, write_packed]
)
@pytest.mark.parametrize("size", [0, 1, 10])
def test_other_long_tables_come_in_pieces(monkeypatch, tmp_path, write, size):
    numbers = pl.Series("n", range(size), pl.Float64) / 4
    rows = pl.DataFrame([pl.Series("id", map(str, range(size)), pl.String), numbers])
    path = write(tmp_path, rows)
    whole = read_file(path)
    assert whole.rows["source_row"].to_list() == list(range(2, size + 2))

    shrink(monkeypatch, rows=3)
    assert same(read_file(path), whole)
    if size > 3 and write is not write_duckdb:  # which has pieces of its own
        assert len(list(read_in_pieces(path))) > 3


def test_a_file_that_breaks_off_leaves_one_fault(small, script, tmp_path):
    good = ["id,n", *(f"{place},x" for place in range(20))]
    (tmp_path / "a.csv").write_text("\n".join([*good, "21,x,y"]))
    (tmp_path / "b.csv").write_text("\n".join(good))
    target = tmp_path / "labs.parquet"
    files, faults = (tmp_path / f"{name}.parquet" for name in ("files", "faults"))

    script("ingestion/read_centre").main(
        [str(tmp_path / "a.csv"), str(tmp_path / "b.csv")],
        [str(target)],
        str(files),
        str(faults),
        centre="c",
        formats=[{"table": "labs", "reading": {}}] * 2,
        tables=["labs"],
    )

    counts = Files.read(files).select("file", "part", "n_read").rows()
    assert counts == [("c/a.csv", 1, None), ("c/b.csv", 2, 20)]
    (told,) = Faults.read(faults)["what"]
    assert "more or fewer in 1 row (22)" in told
    stacked = list(tables.read_pieces(target))
    assert {piece["part"].n_unique() for piece in stacked} == {1}
    assert max(piece.height for piece in stacked) == 3
    whole = select_part(pl.concat(stacked), 2)
    assert whole.equals(read_file(tmp_path / "b.csv").rows)
