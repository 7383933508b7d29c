"""Pages that bear the name of a workbook."""

import pytest

from twoarm.errors import UnreadableError
from twoarm.ingestion.files import read_file

PAGE = """<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head>
<meta http-equiv=Content-Type content="text/html; charset={charset}">
<style>td {{color: black}}</style></head><body>
<table><tr><td>导航</td></tr></table>
<table border=1 id="export">
<tr><td colspan=4>某医院<b>住院</b>病人</td></tr>
<tr><th>病案号<th rowspan=1>性别</th><th>肿瘤&nbsp;大小</th><th>备注</th></tr>
<tr><td rowspan=2>007</td><td>男</td><td>6.5 ×
 5.8</td><td>a<br>b &lt; 2</td></tr>
<tr><td>男</td><td></td><td><table><tr><td>x</td></tr></table></td></tr>
<tr><td>008</td><td colspan="2">无</td><td>&nbsp;</td></tr>
</table></body></html>"""
ROWS = [
    (3, "007", "男", "6.5 × 5.8", "a\nb < 2"),
    (4, "007", "男", None, "x"),
    (5, "008", "无", None, None),
]


def write(folder, text, encoding="utf-8", suffix="xls"):
    path = folder / f"export.{suffix}"
    path.write_bytes(text.encode(encoding))
    return path


def refusal(path, **how):
    with pytest.raises(UnreadableError) as caught:
        read_file(path, **how)
    return str(caught.value)


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [("utf-8", "utf-8"), ("GB2312", "gb18030"), ("big5", "big5"), ("gbk", "utf-16")],
)
def test_page_is_read_as_a_sheet(tmp_path, charset, encoding):
    text = PAGE.format(charset=charset)
    if encoding == "big5":
        text = text.translate(str.maketrans("医导号备肿别无", "醫導號備腫別無"))
    read = read_file(write(tmp_path, text, encoding))

    assert read.encoding == encoding
    assert len(read.rows.columns) == 5
    if encoding != "big5":
        assert read.rows.columns[1:] == ["病案号", "性别", "肿瘤 大小", "备注"]
        assert read.rows.rows() == ROWS
    assert read.left_out == ((1, "title"),)
    assert read.notes[0] == "table export read; it has 1, export, 3"


def test_table_is_taken_by_number_or_id(tmp_path):
    path = write(tmp_path, PAGE.format(charset="utf-8"), suffix="html")

    assert read_file(path, sheet="1").rows.columns == ["source_row", "导航"]
    assert "has no table 9; it has 1, export, 3" in refusal(path, sheet="9")


def test_two_rows_of_a_header_are_joined_by_their_spans(tmp_path):
    text = (
        "<table><tr><th rowspan=2>id<th colspan=2>AFP<th rowspan=2>sex</tr>"
        "<tr><th>before<th>after</tr><tr><td>p<td>400<td>20<td>m</tr></table>"
    )
    read = read_file(write(tmp_path, text), header=[1, 2])

    assert read.rows.to_dicts() == [
        {"source_row": 3, "id": "p", "AFP before": "400", "AFP after": "20", "sex": "m"}
    ]


def test_a_page_need_not_be_well_made(tmp_path):
    text = "<TABLE><tr><td>id<td>n<tr><td>p<td>1<tr><td>q<td colspan=0>2"

    assert read_file(write(tmp_path, text)).rows.rows() == [
        (2, "p", "1"),
        (3, "q", "2"),
    ]


def test_spans_are_bounded(tmp_path):
    text = "<table><tr><td colspan=999999 rowspan=999999>id</td></tr></table>"

    assert len(read_file(write(tmp_path, text)).rows.columns) == 1_001


def test_text_under_the_name_of_a_workbook_is_read(tmp_path):
    lines = "id\t姓\n007\t王\n"
    for encoding in ("gb18030", "utf-8-sig", "utf-16"):
        read = read_file(write(tmp_path, lines, encoding))
        assert read.rows.rows() == [(2, "007", "王")]
    assert read_file(write(tmp_path, "id,n\n7,1\n")).rows.rows() == [(2, "7", "1")]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("<html><body>Session expired</body></html>", "is a page without a table"),
        (
            '<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>'
            '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
            "is an XML spreadsheet; open it and save it as xlsx",
        ),
        (
            "MIME-Version: 1.0\nContent-Type: multipart/related\n\n<html><table>",
            "is a web archive; open it and save it as xlsx",
        ),
    ],
)
def test_pages_without_rows_are_told(tmp_path, text, told):
    assert told in refusal(write(tmp_path, text))
