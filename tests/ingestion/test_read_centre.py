import codecs
import datetime
import io
import re
import zipfile

import polars as pl
import pyreadr
import pyreadstat
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from twoarm.errors import UnreadableError
from twoarm.harmonisation.parts import select_part
from twoarm.ingestion.delimited import parse_text
from twoarm.ingestion.files import read_file
from twoarm.tables.ingestion import Faults, Files

FRAME = pl.DataFrame(
    {
        "id": ["p1", "p2", "p3"],
        "size": [12.5, None, 3.0],
        "visits": [1, 2, 10],
        "note": ["a", None, 'b, "c"'],
    }
)
CELLS = [
    (2, "p1", "12.5", "1", "a"),
    (3, "p2", None, "2", None),
    (4, "p3", "3", "10", 'b, "c"'),
]
SHOWN = FRAME.with_columns(size=pl.Series(["12.5", None, "3"]))
CSV = SHOWN.write_csv()
CHINESE = "病案号,性别,肿瘤大小\n甲1,男,12.5\n乙2,女,\n"
CHINESE_CELLS = [(2, "甲1", "男", "12.5"), (3, "乙2", "女", None)]


def write_ods(file):
    """The least that is an OpenDocument sheet."""

    def cell(value):
        if value is None:
            return "<table:table-cell/>"
        kind, number = ("string", "")
        if not isinstance(value, str):
            kind, number = "float", f' office:value="{value}"'
        return (
            f'<table:table-cell office:value-type="{kind}"{number}>'
            f"<text:p>{value}</text:p></table:table-cell>"
        )

    rows = "".join(
        f"<table:table-row>{''.join(map(cell, row))}</table:table-row>"
        for row in [FRAME.columns, *FRAME.rows()]
    )
    space = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'<office:document-content xmlns:office="{space}:office:1.0" '
        f'xmlns:table="{space}:table:1.0" xmlns:text="{space}:text:1.0">'
        '<office:body><office:spreadsheet><table:table table:name="S">'
        f"{rows}</table:table></office:spreadsheet></office:body>"
        "</office:document-content>"
    )
    with zipfile.ZipFile(file, "w") as zipped:
        zipped.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        zipped.writestr("content.xml", content)
        zipped.writestr(
            "META-INF/manifest.xml",
            f'<manifest:manifest xmlns:manifest="{space}:manifest:1.0"/>',
        )


WRITERS = {
    "csv": lambda file: file.write_text(CSV),
    "txt": lambda file: file.write_text(CSV),
    "tsv": lambda file: SHOWN.write_csv(file, separator="\t"),
    "xlsx": lambda file: FRAME.write_excel(str(file)),
    "xlsm": lambda file: FRAME.write_excel(str(file)),
    "ods": write_ods,
    "parquet": lambda file: FRAME.write_parquet(file),
    "xpt": lambda file: pyreadstat.write_xport(FRAME.to_pandas(), file),
    "sav": lambda file: pyreadstat.write_sav(FRAME.to_pandas(), file),
    "zsav": lambda file: pyreadstat.write_sav(FRAME.to_pandas(), file, compress=True),
    "dta": lambda file: pyreadstat.write_dta(FRAME.to_pandas(), file),
    "rds": lambda file: pyreadr.write_rds(str(file), FRAME.to_pandas()),
    "RData": lambda file: pyreadr.write_rdata(str(file), FRAME.to_pandas()),
    "rda": lambda file: pyreadr.write_rdata(str(file), FRAME.to_pandas()),
}


@pytest.fixture
def read(tmp_path):
    """Read bytes or text as a file of a kind; rows as tuples, its number first."""

    def read_as(content, suffix="csv", **reading):
        file = tmp_path / f"export.{suffix}"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_file(file, **reading).rows.rows()

    return read_as


@pytest.fixture
def refused(read):
    """The message with which a file is refused."""

    def refuse(content, suffix="csv", **reading):
        with pytest.raises(UnreadableError) as caught:
            read(content, suffix, **reading)
        return str(caught.value)

    return refuse


def workbook(sheets):
    """Bytes of a workbook: sheet to {(row, column): value}, counted from 0."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, cells in sheets.items():
            sheet = book.add_worksheet(name)
            for place, value in cells.items():
                if isinstance(value, datetime.date):
                    sheet.write_datetime(*place, value, day)
                else:
                    sheet.write(*place, value)
    return file.getvalue()


def grid(*rows):
    """Cells of a sheet from its rows."""
    return {
        (at, place): value
        for at, row in enumerate(rows)
        for place, value in enumerate(row)
        if value is not None
    }


@pytest.mark.parametrize("suffix", WRITERS)
def test_every_kind_of_file_gives_the_same_cells(tmp_path, suffix):
    file = tmp_path / f"export.{suffix}"
    WRITERS[suffix](file)

    found = read_file(file)

    assert found.rows.columns == ["source_row", *FRAME.columns]
    assert found.rows.rows() == CELLS
    assert set(found.rows.dtypes) == {pl.Int64, pl.String}
    expected = "utf-8" if suffix in ("csv", "txt", "tsv") else suffix.lower()
    assert found.encoding == expected


def test_suffix_may_be_in_capitals(tmp_path):
    (tmp_path / "EXPORT.CSV").write_text(CSV)

    assert read_file(tmp_path / "EXPORT.CSV").rows.rows() == CELLS


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (CHINESE.encode(), "utf-8"),
        (CHINESE.encode("utf-8-sig"), "utf-8"),
        (codecs.BOM_UTF16_LE + CHINESE.encode("utf-16-le"), "utf-16"),
        (codecs.BOM_UTF16_BE + CHINESE.encode("utf-16-be"), "utf-16"),
        (CHINESE.encode("gb18030"), "gb18030"),
        (CHINESE.replace("\n", "\r\n").encode("gb18030"), "gb18030"),
    ],
)
def test_encoding_is_detected(tmp_path, content, name):
    (tmp_path / "a.csv").write_bytes(content)

    found = read_file(tmp_path / "a.csv")

    assert found.encoding == name
    assert found.rows.columns == ["source_row", "病案号", "性别", "肿瘤大小"]
    assert found.rows.rows() == CHINESE_CELLS


def test_encoding_given_is_used(read):
    assert read(CHINESE.encode("utf-16-le"), encoding="utf-16-le") == CHINESE_CELLS
    assert read("姓名\n許\n".encode("big5"), encoding="big5") == [(2, "許")]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("a;b\n1,5;x\n-2,25;y\n", [(2, "1.5", "x"), (3, "-2.25", "y")]),
        ("a;b\n 1,5 ;x\n", [(2, "1.5", "x")]),
        ("a;b\n1.5;x,y\n", [(2, "1.5", "x,y")]),
        ("a\tb\nx, y\t1,5\n", [(2, "x, y", "1.5")]),
        ("a|b\n1|2\n", [(2, "1", "2")]),
        ("a,b\r\n1,2\r\n", [(2, "1", "2")]),
        ("a,b\r1,2\r", [(2, "1", "2")]),
        ('a,b\n"x\ny","say ""no"""\nz,w\n', [(2, "x\ny", 'say "no"'), (3, "z", "w")]),
        ('a,b\n"x;y;z",1\n', [(2, "x;y;z", "1")]),
        ('a,b\n6" tube,1\n', [(2, '6" tube', "1")]),
        (" a , b \n1,2\n", [(2, "1", "2")]),
        ("a,b\n1,2", [(2, "1", "2")]),
        ("a,b\n", []),
        ("a\n1\n", [(2, "1")]),
    ],
)
def test_text_is_cut_by_what_it_holds(read, text, rows):
    assert read(text) == rows


def test_a_comma_of_thousands_is_not_taken_for_a_decimal_comma(read):
    assert read('a,b\n"1,234",2\n') == [(2, "1,234", "2")]
    assert read('a;b\n"1,234";2\n', decimal=",") == [(2, "1.234", "2")]
    assert read("a;b\n0,234;1,5\n") == [(2, "0.234", "1.5")]


def test_rows_are_counted_as_a_spreadsheet_counts_them(read):
    blank_between = "a,b\n1,2\n\n3,4\n"
    assert read(blank_between) == [(2, "1", "2"), (3, None, None), (4, "3", "4")]
    assert read('a,b\n"1\n1",2\n3,4\n')[-1] == (3, "3", "4")
    assert read("\n\na,b\n1,2\n") == [(4, "1", "2")]


def test_blank_rows_at_the_end_are_no_rows(read):
    assert read("a,b\n1,2\n\n,\n,,,\n") == [(2, "1", "2")]
    cells = grid(["a", "b"], ["1", "2"]) | {(5, 0): "  "}
    assert read(workbook({"S": cells}), "xlsx") == [(2, "1", "2")]


def test_columns_without_a_name_do_not_disturb(read):
    assert read("a,,\n1,,\n2,x,\n") == [(2, "1", None, None), (3, "2", "x", None)]


def test_sheet_is_taken_by_name_else_the_first(read):
    book = workbook({"One": grid(["a"], ["1"]), "Two": grid(["b"], ["2"], [3])})

    assert read(book, "xlsx") == [(2, "1")]
    assert read(book, "xlsx", sheet="Two") == [(2, "2"), (3, "3")]


def test_rows_of_a_sheet_that_starts_lower_keep_their_numbers(read):
    cells = {(2, 1): "a", (2, 2): " b ", (3, 1): 1, (5, 2): True}

    rows = read(workbook({"S": cells}), "xlsx")

    assert [row[0] for row in rows] == [4, 5, 6]
    assert rows[0][1:] == ("1", None)
    assert rows[2][1:] == (None, "true")


def test_dates_of_every_kind_of_file_begin_as_iso(tmp_path):
    frame = pl.DataFrame({"day": [datetime.date(2021, 3, 5), None]})
    frame.write_parquet(tmp_path / "a.parquet")
    frame.write_excel(str(tmp_path / "a.xlsx"))
    pyreadstat.write_sav(frame.to_pandas(), tmp_path / "a.sav")
    pyreadr.write_rds(str(tmp_path / "a.rds"), frame.to_pandas())

    for file in tmp_path.iterdir():
        first = read_file(file).rows["day"][0]
        assert first.startswith("2021-03-05"), file.name
        assert first[10:].strip(" 0:.") == "", file.name


def test_what_is_no_number_becomes_null(tmp_path):
    frame = pl.DataFrame({"x": [float("nan"), 0.1, 1e-7, 100000.0, -0.0]})
    frame.write_parquet(tmp_path / "a.parquet")

    rows = read_file(tmp_path / "a.parquet").rows

    assert rows["x"].to_list() == [None, "0.1", "1e-7", "100000", "0"]


def test_r_frame_is_taken_by_name(tmp_path):
    file = tmp_path / "a.RData"
    pyreadr.write_rdata(str(file), FRAME.to_pandas(), df_name="patients")

    assert read_file(file, name="patients").rows.rows() == CELLS
    with pytest.raises(UnreadableError, match="has no frame people; it has patients"):
        read_file(file, name="people")


SECRET = "Zhang"
FAULTY = {
    "undecodable": (b"id,age\n1,\xff\xff\n", "csv", {}, "utf-8 or gb18030"),
    "utf-16 without a mark": (
        CHINESE.encode("utf-16-le"),
        "csv",
        {},
        "say its encoding in the config",
    ),
    "half a utf-16": (codecs.BOM_UTF16_LE + b"a", "csv", {}, "decoded as utf-16"),
    "wrong encoding": (
        f"姓名\n{SECRET}\n".encode("gb18030"),
        "csv",
        {"encoding": "utf-8"},
        "cannot be decoded as utf-8 in 1 line (1);",
    ),
    "empty": (b"", "csv", {}, "is empty"),
    "blank": (b" \n\n  \n", "csv", {}, "is empty"),
    "only a mark": (codecs.BOM_UTF8, "csv", {}, "is empty"),
    "one name twice": (b"id,age,id \n1,2,3\n", "csv", {}, "one name: id"),
    "row too long": (
        f"id,age\n1,2\n{SECRET},3,4\n".encode(),
        "csv",
        {},
        "2 columns in its header, and more or fewer in 1 row (3)",
    ),
    "row too short": (
        f"id,age,sex\n1,2,3\n{SECRET}\n4,5\n".encode(),
        "csv",
        {},
        "3 columns in its header, and more or fewer in 2 rows (3, 4)",
    ),
    "open quote": (
        f'id,age\n1,2\n"{SECRET},3\n'.encode(),
        "csv",
        {},
        "row 3: unexpected end of data",
    ),
    "text after a quote": (
        f'id,age\n"{SECRET}"x,3\n'.encode(),
        "csv",
        {},
        "is not a table delimited by ','",
    ),
    "endless cell": (
        f'id,age\n"{SECRET * 40_000}",3\n'.encode(),
        "csv",
        {},
        "more than 32,767 characters",
    ),
    "our name": (b"source_row,b\n1,2\n", "csv", {}, "a column source_row; rename it"),
    "unknown suffix": (b"id\n1\n", "pdf", {}, "known suffixes: csv, tsv, txt, xlsx"),
    "no suffix": (b"id\n1\n", "", {}, "is of no known kind"),
    "corrupt xlsx": (b"PK\x03\x04" + b"junk" * 50, "xlsx", {}, "no whole workbook"),
    "corrupt xls": (b"\xd0\xcf\x11\xe0" + b"junk" * 50, "xls", {}, "read as .xls"),
    "corrupt parquet": (b"PAR1" + b"x" * 50 + b"PAR1", "parquet", {}, "read as"),
    "missing sheet": (
        workbook({"One": grid(["a"], [SECRET]), "Two": {}}),
        "xlsx",
        {"sheet": "Three"},
        "has no sheet Three; it has One, Two",
    ),
    "blank sheet": (workbook({"One": {}}), "xlsx", {}, "is empty"),
    "one name twice in a sheet": (
        workbook({"One": grid(["a", "b", "a"], [SECRET, 1, 2])}),
        "xlsx",
        {},
        "has two columns with one name: a",
    ),
}


@pytest.mark.parametrize("fault", FAULTY)
def test_faulty_file_is_refused_in_words_and_without_its_values(refused, fault):
    content, suffix, reading, words = FAULTY[fault]

    message = refused(content, suffix, **reading)

    assert words in message
    assert SECRET not in message
    assert len(message) < 200


@pytest.mark.parametrize("suffix", [*list(WRITERS)[3:], "xls", "xlsb", "sas7bdat"])
def test_garbage_of_every_kind_is_refused(refused, suffix):
    assert f"cannot be read as .{suffix}" in refused(b"\x00\x01garbage" * 40, suffix)
    assert "is empty: it has no bytes" in refused(b"", suffix)


def test_parquet_of_lists_is_refused_by_column(tmp_path):
    pl.DataFrame({"id": [1], "all": [[1, 2]]}).write_parquet(tmp_path / "a.parquet")

    with pytest.raises(UnreadableError, match="no text, number or date: all"):
        read_file(tmp_path / "a.parquet")


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@st.composite
def tables(draw, cells=texts):
    """Rows of text cells; the first cell is never blank."""
    width = draw(st.integers(1, 4))
    identified = st.integers(0, 99).map(lambda number: f"病{number}")
    row = st.tuples(identified, *[cells] * (width - 1))
    return [f"列{place}" for place in range(width)], draw(st.lists(row, max_size=6))


def written(header, rows, encoding, delimiter, line):
    def quoted(cell):
        special = re.search(rf'["\r\n{re.escape(delimiter)}]', cell)
        return '"' + cell.replace('"', '""') + '"' if special else cell

    text = "".join(delimiter.join(map(quoted, row)) + line for row in [header, *rows])
    marks = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}
    return marks.get(encoding, b"") + text.encode(encoding)


def numbered(rows):
    """What is to be read: the number of each row, and null for nothing."""
    return [
        (at, *(cell or None for cell in row)) for at, row in enumerate(rows, start=2)
    ]


ENCODINGS = ["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "gb18030"]


@pytest.mark.parametrize("encoding", ENCODINGS)
@settings(deadline=None, max_examples=60)
@given(
    table=tables(),
    delimiter=st.sampled_from(",;\t|"),
    line=st.sampled_from(["\n", "\r\n"]),
)
def test_any_table_of_text_reads_back(
    tmp_path_factory, encoding, table, delimiter, line
):
    file = tmp_path_factory.mktemp("any") / "a.csv"
    file.write_bytes(written(*table, encoding, delimiter, line))

    found = read_file(file, delimiter=delimiter, decimal=".")

    assert found.rows.columns == ["source_row", *table[0]]
    assert found.rows.rows() == numbered(table[1])


@settings(deadline=None, max_examples=100)
@given(
    table=tables(st.from_regex(r"[a-z]{0,3}( |,|;|\n|\")?[a-z]{0,3}", fullmatch=True)),
    delimiter=st.sampled_from(",;\t|"),
)
def test_delimiter_of_tables_is_detected(tmp_path_factory, table, delimiter):
    file = tmp_path_factory.mktemp("any") / "a.csv"
    file.write_bytes(written(*table, "utf-8", delimiter, "\r\n"))

    assert read_file(file).rows.rows() == numbered(table[1])


def read_centre(script, folder, sources, centre="source"):
    """Run the script on (table, file, reading); return rows by table, files, faults."""
    targets = [str(folder / f"{table}.parquet") for table, _, _ in sources]
    script("ingestion/read_centre").main(
        [str(folder / file) for _, file, _ in sources],
        targets,
        str(folder / "files.parquet"),
        str(folder / "faults.parquet"),
        centre=centre,
        formats=[{"table": table, "reading": reading} for table, _, reading in sources],
        tables=[table for table, _, _ in sources],
    )
    rows = {
        source[0]: select_part(pl.read_parquet(target), 1)
        for source, target in zip(sources, targets, strict=True)
    }
    return (
        rows,
        Files.read(folder / "files.parquet"),
        Faults.read(folder / "faults.parquet"),
    )


NO_FORMAT = {"encoding": None, "delimiter": None, "decimal": None, "sheet": None}


def test_files_of_a_centre_are_read_in_their_order(script, tmp_path):
    (tmp_path / "a.csv").write_bytes(CHINESE.encode("gb18030"))
    (tmp_path / "b.xlsx").write_bytes(workbook({"S": grid(["a"], ["1"])}))

    rows, files, faults = read_centre(
        script,
        tmp_path,
        [
            ("patients", "a.csv", NO_FORMAT),
            ("labs", "b.xlsx", {**NO_FORMAT, "sheet": "S"}),
        ],
    )

    assert rows["patients"].rows() == CHINESE_CELLS
    assert rows["labs"].rows() == [(2, "1")]
    assert faults.is_empty()
    assert files.sort("table").rows() == [
        ("labs", 1, "b.xlsx", "S", "xlsx", 1, 0, "1900"),
        ("patients", 1, "a.csv", None, "gb18030", 2, 0, None),
    ]


def test_files_of_two_centres_with_one_name_are_told_apart(script, tmp_path):
    (tmp_path / "patients.csv").write_text("id\n1\n")
    sources = [("patients", "patients.csv", {})]

    _, files, _ = read_centre(script, tmp_path, sources, centre="b")

    assert files["file"].to_list() == ["b/patients.csv"]


def test_unreadable_file_is_one_fault_and_the_others_are_read(script, tmp_path):
    (tmp_path / "bad.csv").write_bytes(b"id,age\n1,\xff\xff\n")
    (tmp_path / "good.csv").write_text(CSV)
    (tmp_path / "b.xlsx").write_bytes(workbook({"S": grid(["a"], ["1"])}))

    rows, files, faults = read_centre(
        script,
        tmp_path,
        [
            ("patients", "bad.csv", NO_FORMAT),
            ("labs", "good.csv", NO_FORMAT),
            ("surgeries", "b.xlsx", {**NO_FORMAT, "sheet": "T"}),
        ],
    )

    assert rows["patients"].is_empty()
    assert rows["patients"].columns == ["source_row"]
    assert rows["labs"].rows() == CELLS
    assert faults.drop("what").rows() == [
        ("bad.csv", None, None, None, "file_unreadable"),
        ("b.xlsx", "T", None, None, "file_unreadable"),
    ]
    assert "cannot be decoded" in faults["what"][0]
    assert "has no sheet T; it has S" in faults["what"][1]
    counts = dict(files.select("table", "n_read").rows())
    assert counts == {"patients": None, "labs": 3, "surgeries": None}


def test_files_of_one_table_with_one_name_are_told_apart(script, tmp_path):
    sheets = {name: grid(["id"], [name]) for name in ("2020", "2021")}
    (tmp_path / "a.xlsx").write_bytes(workbook(sheets))
    for year in ("x", "y"):
        (tmp_path / year).mkdir()
        (tmp_path / year / "a.csv").write_text("id\n1\n")
    forms = [{"sheet": "2020"}, {"sheet": "2021"}, {}, {}]

    script("ingestion/read_centre").main(
        [str(tmp_path / name) for name in ("a.xlsx", "a.xlsx", "x/a.csv", "y/a.csv")],
        [str(tmp_path / "labs.parquet")],
        str(tmp_path / "files.parquet"),
        str(tmp_path / "faults.parquet"),
        centre="b",
        formats=[{"table": "labs", "reading": reading} for reading in forms],
        tables=["labs"],
    )

    assert Files.read(tmp_path / "files.parquet")["file"].to_list() == [
        *("b/a.xlsx (2020)", "b/a.xlsx (2021)", "b/a.csv (1)", "b/a.csv (2)")
    ]


def test_western_accents_are_not_guessed_to_be_chinese(tmp_path):
    path = tmp_path / "stages.csv"
    path.write_bytes("id,stage\n1,Müller\n2,Größe\n".encode("cp1252"))

    with pytest.raises(UnreadableError, match="say its encoding in the config"):
        read_file(path)

    found = read_file(path, encoding="cp1252").rows["stage"].to_list()
    assert found == ["Müller", "Größe"]


def test_chinese_beside_latin_letters_is_still_found(tmp_path):
    path = tmp_path / "drugs.csv"
    path.write_bytes("编号,用药\n1,T药\n2,AFP甲胎\n3,PD-1抑制剂\n".encode("gb18030"))

    assert read_file(path).rows["用药"].to_list() == ["T药", "AFP甲胎", "PD-1抑制剂"]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,x\n2,y\n3,z\n4,\n",
        "\n\na,b\n\n1,x\n\n\n\n2,y\n\n\n\n",
        "a,b\n",
        "a,b\n1,x,\n\n2,y\n3\n\n",
        "a,a\n1,x\n2\n",
        'a,b\n1,x\n2,y\n3,"z\n4\n',
        "\n\n",
    ],
)
def test_rows_held_at_once_do_not_matter(monkeypatch, text, size):
    def found():
        try:
            grids = parse_text([text], ",")
            return pl.concat(grid.rows for grid in grids).to_dict(as_series=False)
        except UnreadableError as error:
            return str(error)

    whole = found()
    monkeypatch.setattr("twoarm.ingestion.cells.CHUNK_ROWS", size)
    assert found() == whole


def test_queries_rows_left_out_and_spoilt_cells_are_told(script, tmp_path, monkeypatch):
    monkeypatch.delenv("LABS_ADDRESS", raising=False)
    sheet = grid(["id"], ["p"], [320102198001011234], ["合计"])
    (tmp_path / "b.xlsx").write_bytes(workbook({"S": sheet}))
    targets = [str(tmp_path / f"{table}.parquet") for table in ("labs", "patients")]
    files, faults = (str(tmp_path / f"{name}.parquet") for name in ("files", "faults"))
    asked = {"connection": "LABS_ADDRESS", "query": "SELECT 1"}

    script("ingestion/read_centre").main(
        [str(tmp_path / "b.xlsx")],  # a query to a server has no file
        targets,
        files,
        faults,
        centre="b",
        formats=[
            {"table": "labs", "reading": asked},
            {"table": "patients", "reading": {"totals": ["合计"]}},
        ],
        tables=["labs", "patients"],
    )

    told = Faults.read(faults).drop("what").rows()
    assert told == [
        ("b/labs.query", None, None, None, "file_unreadable"),
        ("b/b.xlsx", None, 3, "id", "digits_lost"),
    ]
    counts = Files.read(files).select("file", "n_read", "n_left_out").rows()
    assert counts == [("b/labs.query", None, None), ("b/b.xlsx", 2, 1)]
