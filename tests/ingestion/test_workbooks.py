"""Workbooks as hospitals make them."""

import datetime
import zipfile

import pytest
import xlsxwriter
import xlwt

from twoarm.errors import UnreadableError
from twoarm.ingestion.files import read_file

DAY = datetime.date(2021, 3, 5)
WIDE = ("病案号", "性别", "甲胎蛋白", "白蛋白", "末次随访")
PERSON = ("甲1", "男", 12.5, 40, "2021-03-05")


def fill(sheet, rows, day):
    for at, row in enumerate(rows):
        for place, cell in enumerate(row):
            if isinstance(cell, datetime.date):
                sheet.write_datetime(at, place, cell, day)
            elif isinstance(cell, tuple):
                sheet.write_formula(at, place, cell[0], None, cell[1])
            elif cell is not None:
                sheet.write(at, place, cell)


@pytest.fixture
def book(tmp_path):
    """Write a workbook: `book({"sheet": rows}, hidden=["sheet"], date_1904=True)`."""

    def write(sheets, hidden=(), **options):
        path = tmp_path / "export.xlsx"
        with xlsxwriter.Workbook(path, options) as file:
            day = file.add_format({"num_format": "yyyy-mm-dd"})
            for name, rows in sheets.items():
                sheet = file.add_worksheet(name)
                if name in hidden:
                    sheet.hide()
                else:
                    sheet.activate()
                fill(sheet, rows, day)
        return path

    return write


def refusal(path, **how):
    with pytest.raises(UnreadableError) as caught:
        read_file(path, **how)
    return str(caught.value)


def test_titles_above_the_header_are_passed_over_and_told(book):
    read = read_file(book({"S": [["某医院检验导出"], [], WIDE, PERSON]}))

    assert read.rows.columns == ["source_row", *WIDE]
    assert read.rows.rows() == [(4, "甲1", "男", "12.5", "40", "2021-03-05")]
    assert (read.header, read.left_out) == ((3,), ((1, "title"),))
    assert read.notes == (
        "row 3 taken for the header; rows that are no data: 1 of title (1)",
    )


def test_a_row_of_few_names_is_a_header_where_no_other_is(book):
    rows = [["id", None, None, None], ["p", 1, 2, 3], ["q", "x", "x", "y"]]

    assert read_file(book({"S": rows})).header == (1,)


def test_header_is_taken_from_the_stated_row(book):
    path = book({"S": [["a", "b"], ["id", "age"], ["p", 3]]})

    read = read_file(path, header=[2])

    assert read.rows.to_dicts() == [{"source_row": 3, "id": "p", "age": "3"}]
    assert read.left_out == ((1, "title"),)
    assert "has no row 9 among its first 50" in refusal(path, header=[9])


def test_two_rows_of_a_header_are_joined(book):
    upper = ["病案号", None, "甲胎蛋白", None, "备注"]
    lower = [None, "性别", "基线", "术前", None]
    path = book({"S": [["导出"], upper, lower, ["甲1", "男", 400, 20, "无"]]})

    read = read_file(path, header=[2, 3])

    assert read.rows.columns[1:] == [
        *("病案号", "性别", "甲胎蛋白 基线", "甲胎蛋白 术前", "备注")
    ]
    assert read.rows.rows() == [(4, "甲1", "男", "400", "20", "无")]


def test_row_of_units_is_no_data(book):
    units = [None, None, "ng/mL", " g/L ", None]
    read = read_file(book({"S": [WIDE, units, PERSON]}), units=True)

    assert read.units == {"甲胎蛋白": "ng/mL", "白蛋白": "g/L"}
    assert [row[0] for row in read.rows.rows()] == [3]
    assert read.left_out == ((2, "unit"),)


@pytest.mark.parametrize(
    ("unit", "contrary"),
    [("g/L", False), ("g/dL", True), ("分", False), (None, False)],
)
def test_units_of_the_file_and_of_the_codebook_must_agree(book, unit, contrary):
    rows = [WIDE, [None, None, "ng/mL", unit, None], PERSON]
    stated = {"白蛋白": ["albumin_g_l", "g/L"], "甲胎蛋白": ["afp_ng_ml", "ug/L"]}
    read = read_file(book({"S": rows}), units=True, stated=stated)

    found = [(each.column, each.rule, each.row) for each in read.faults]
    assert found == ([("白蛋白", "unit_contrary", None)] if contrary else [])


def test_a_unit_in_the_name_of_a_column_counts_too(book):
    path = book({"S": [["id", "PIVKA (ng/mL)", "TBIL(umol/L)"], ["p", 1, 2]]})
    stated = {
        "PIVKA (ng/mL)": ["pivka_mau_ml", "mAU/mL"],
        "TBIL(umol/L)": ["bilirubin_umol_l", "umol/L"],
    }
    (fault,) = read_file(path, stated=stated).faults
    assert fault.column == "PIVKA (ng/mL)"
    assert "the file says ng/mL and the codebook mAU/mL" in fault.what


def test_units_that_are_not_there_are_a_fault(book):
    assert "has no units in row 2" in refusal(book({"S": [WIDE]}), units=True)


def test_totals_are_left_out_and_told(book):
    rows = [["id", "n"], ["p", 1], ["合计：", 2], ["q", 3], [None, "总计 4"]]

    read = read_file(book({"S": rows}), totals=["合计", "总计"])

    assert read.rows.rows() == [(2, "p", "1"), (4, "q", "3")]
    assert read.left_out == ((3, "total"), (5, "total"))
    assert "2 of total (3, 5)" in read.notes[0]


def test_header_that_moved_is_told_with_its_row(book):
    path = book({"S": [["p", "q"], [1, 2], ["id", "age"], [3, 4]]})

    told = refusal(path, columns=["id", "age"])

    assert told.startswith("has the columns of the codebook in row 3, not in row 1")
    assert told.endswith("say header: 3")


def test_hidden_sheets_are_read_only_by_name(book):
    path = book(
        {"Old": [["a"], [1]], "Now": [["b"], [2]], "More": [["c"]]}, hidden=["Old"]
    )

    read = read_file(path)

    assert read.rows.columns == ["source_row", "b"]
    assert read.notes == ("sheet Now read; it has Old (hidden), Now, More",)
    assert read_file(path, sheet="Old").rows.columns == ["source_row", "a"]
    assert "it has Old (hidden), Now, More" in refusal(path, sheet="New")


@pytest.mark.parametrize("date_1904", [False, True])
def test_days_are_counted_from_the_year_of_the_workbook(book, date_1904):
    path = book({"S": [["day", "serial"], [DAY, 44260]]}, date_1904=date_1904)

    read = read_file(path)

    # A cell that bears a date is one in either system; a number is left as it is.
    assert read.rows.rows() == [(2, "2021-03-05 00:00:00", "44260")]
    assert read.epoch == ("1904" if date_1904 else "1900")


@pytest.mark.parametrize("late", [False, True])
def test_old_workbooks_are_read_too(tmp_path, late):
    file = xlwt.Workbook()
    file.dates_1904 = late
    hidden = file.add_sheet("Old")
    hidden.visibility = 1
    sheet = file.add_sheet("Now")
    for place, cell in enumerate(["编号", "day", "n"]):
        sheet.write(0, place, cell)
    sheet.write(1, 0, "007")
    sheet.write(1, 1, DAY, xlwt.easyxf(num_format_str="YYYY-MM-DD"))
    sheet.write(1, 2, 1.5)
    file.save(str(tmp_path / "old.xls"))

    read = read_file(tmp_path / "old.xls")

    assert read.rows.rows() == [(2, "007", "2021-03-05 00:00:00", "1.5")]
    assert read.encoding == "xls"
    assert read.epoch == ("1904" if late else "1900")


def test_formulas_give_what_was_saved_and_errors_their_text(book):
    rows = [
        ["id", "sum", "gone", "text"],
        ["p", ("=1+1", 2), ("=X!A1", "#REF!"), None],
        ["q", ("=1/0", "#DIV/0!"), 3, ("=NA()", "#N/A")],
    ]
    command = book({"T": [["id"], ["=cmd|'/c calc'!A0"]]}, strings_to_formulas=False)

    assert read_file(command).rows.rows() == [(2, "=cmd|'/c calc'!A0")]
    assert read_file(book({"S": rows})).rows.rows() == [
        (2, "p", "2", "#REF!", None),
        (3, "q", "#DIV/0!", "3", "#N/A"),
    ]


def test_errors_in_a_sheet_that_starts_lower_keep_their_place(book):
    rows = [[], [], [None, "id", "n"], [None, "p", ("=X!A1", "#REF!")]]

    assert read_file(book({"S": rows})).rows.rows() == [(4, "p", "#REF!")]


def test_a_bomb_is_not_unpacked(tmp_path):
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("xl/workbook.xml", "<workbook/>")
        bomb.writestr("xl/worksheets/sheet1.xml", b" " * 20_000_000)

    assert path.stat().st_size < 30_000
    assert "unpack to far more than a table holds" in refusal(path)


def test_a_workbook_that_lies_about_its_size_is_refused(book):
    path = book({"S": [["id"], ["x" * 1000]]})
    with zipfile.ZipFile(path) as archive:
        told = next(
            each for each in archive.infolist() if each.filename.endswith("sheet1.xml")
        )
    content = bytearray(path.read_bytes())
    directory = content.rindex(b"xl/worksheets/sheet1.xml")
    size = directory - 46 + 24
    assert int.from_bytes(content[size : size + 4], "little") == told.file_size
    content[size : size + 4] = (10).to_bytes(4, "little")
    path.write_bytes(content)

    assert "is no whole workbook; it is damaged or cut short" in refusal(path)


def test_a_workbook_cut_short_is_refused(book):
    path = book({"S": [["id"], *[[place] for place in range(500)]]})
    path.write_bytes(path.read_bytes()[:-400])

    assert "is no whole workbook; it is damaged or cut short" in refusal(path)


def test_endless_cells_are_refused_with_their_rows(tmp_path):
    path = tmp_path / "long.csv"
    path.write_text("id,note\n1,a\n2," + "字" * 32_768 + "\n3," + "字" * 32_767 + "\n")

    assert refusal(path) == (
        "has cells of more than 32,767 characters in 1 row (3); shorten them"
    )


def compound(stream):
    """The least of a compound file whose directory names one stream."""
    content = bytearray(b"\xff" * 512 * 3)
    content[:512] = b"\0" * 512
    content[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    content[1024:] = b"\0" * 512
    content[1024 : 1024 + 2 * len(stream)] = stream.encode("utf-16-le")
    return bytes(content)


@pytest.mark.parametrize("suffix", ["xlsx", "xls"])
def test_protection_is_told(tmp_path, suffix):
    path = tmp_path / f"locked.{suffix}"
    path.write_bytes(compound("EncryptedPackage"))

    assert refusal(path) == (
        "is protected by a password; open it and save it without one"
    )


def test_a_long_number_is_a_fault_and_a_long_text_is_not(book):
    rows = [
        ["编号", "n", "other"],
        ["320102198001011234", 1, 320102198001011234],
        [320102198001011234, 2, "x"],
        [123456789012345, 3, "y"],
    ]
    path = book({"S": rows})

    fault, other = read_file(path).faults
    assert (fault.row, fault.column, fault.rule) == (3, "编号", "digits_lost")
    assert fault.what.startswith("a long number that a spreadsheet cut;")
    assert (other.row, other.column) == (2, "other")
    assert read_file(path, columns=["编号"]).faults == (fault,)


def test_a_shortened_number_of_a_text_is_a_fault(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,hbv\n1.2345E+11,1.2E+07\n123450000000,1.2E+7\n")

    found = read_file(path).faults

    assert [(each.row, each.column, each.rule) for each in found] == [
        (2, "id", "digits_lost")
    ]


def test_protection_of_an_old_workbook_is_told(tmp_path):
    file = xlwt.Workbook()
    file.add_sheet("S").write(0, 0, "id")
    path = tmp_path / "locked.xls"
    file.save(str(path))
    # SOURCE: [MS-XLS] 2.4.117: a record FilePass says that all behind it is encrypted.
    # It takes the place of another, WriteAccess, of 112 bytes.
    content = path.read_bytes()
    assert content.count(b"\x5c\x00\x70\x00") == 1
    path.write_bytes(content.replace(b"\x5c\x00\x70\x00", b"\x2f\x00\x70\x00"))

    assert refusal(path) == (
        "is protected by a password; open it and save it without one"
    )
