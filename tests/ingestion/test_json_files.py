"""JSON: an array or lines, records within records."""

import gzip

import pytest

from twoarm.errors import UnreadableError
from twoarm.ingestion.files import read_file

LINES = """{"id": "007", "at": 1614902400000, "size": 6.50, "ok": true, "x": null}
{"id": 8, "at": 1.6149024e12, "note": "病\\n2", "address": {"city": "广州"}}

{"id": 9, "big": 123456789012345678901}
"""
NAMES = ["source_row", "id", "at", "size", "ok", "x", "note", "address.city", "big"]
ROWS = [
    (2, "007", "1614902400000", "6.50", "true", None, None, None, None),
    (3, "8", "1.6149024e12", None, None, None, "病\n2", "广州", None),
    (4, "9", None, None, None, None, None, None, "123456789012345678901"),
]


def write(folder, text, suffix="jsonl"):
    path = folder / f"export.{suffix}"
    path.write_text(text, "utf-8")
    return path


def refusal(path, **how):
    with pytest.raises(UnreadableError) as caught:
        read_file(path, **how)
    return str(caught.value)


@pytest.mark.parametrize("suffix", ["jsonl", "ndjson", "json"])
def test_lines_and_arrays_keep_their_digits(tmp_path, suffix):
    array = "[" + ",\n".join(line for line in LINES.splitlines() if line) + "]"
    for text in (LINES, array, "\ufeff" + LINES):
        read = read_file(write(tmp_path, text, suffix))
        assert read.rows.columns == NAMES
        assert read.rows.rows() == ROWS


def test_packed_lines_are_read(tmp_path):
    path = tmp_path / "export.jsonl.gz"
    path.write_bytes(gzip.compress(LINES.encode("gb18030")))

    assert read_file(path).rows.rows() == ROWS
    path.write_bytes(path.read_bytes()[:-20])
    assert "cannot be unpacked; it is damaged or cut short" in refusal(path)
    path.write_bytes(gzip.compress(b" " * 3_000_000))
    assert "unpack to far more" in refusal(path)


NESTED = """{"data": [
  {"id": 1, "sex": "m", "visits": [
    {"day": "2021-03-05", "lesions": [{"id": 1, "mm": 12}, {"id": 2, "mm": 9.0}]},
    {"day": "2021-06-01", "lesions": []}], "tags": ["a", "b"]},
  {"id": 2, "sex": "f", "visits": null}
]}"""


def test_records_are_reached_beside_those_that_hold_them(tmp_path):
    path = write(tmp_path, NESTED, "json")

    read = read_file(path, records="data.visits.lesions")

    way = "data.visits"
    assert read.rows.to_dicts() == [
        {
            "source_row": at,
            "data.id": "1",
            "data.sex": "m",
            f"{way}.day": "2021-03-05",
            f"{way}.lesions.id": each,
            f"{way}.lesions.mm": mm,
        }
        for at, each, mm in [(2, "1", "12"), (3, "2", "9.0")]
    ]
    assert read.notes == ("lists left out: data.tags; name one as records",)


def test_records_that_hold_none_are_told(tmp_path):
    text = '{"id": 1, "mm": [12, 9]}\n{"id": 2}\n'
    path = write(tmp_path, text)

    read = read_file(path, records="mm")

    assert read.rows.rows() == [(2, "1", "12"), (3, "1", "9")]
    assert read.notes == ("1 records hold none at mm",)
    assert "holds no records at sizes; correct records" in refusal(
        path, records="sizes"
    )


SECRET = "Zhang"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"a": 1}\n{"a": \n{"a": 3}\nx\n', "in 2 lines (2, 4)"),
        ('[{"a": "Zhang"}, {"a"', "is no JSON at line 1:"),
        ('{\n"a": 1,\n"b"', "is no JSON at line 3:"),
        ('{"a": 1, "a": "Zhang"}', "has two fields with one name: a"),
        ('{"a.b": 1, "a": {"b": 2}}', "has two fields with one name: a.b"),
        ('["Zhang"]', "holds values where records should be"),
        ("[]", "holds no records"),
        ("\n\n", "holds no records"),
        ("[" * 100_000, "cannot be read as .json"),
    ],
)
def test_broken_json_is_told_without_values(tmp_path, text, told):
    message = refusal(write(tmp_path, text, "json"))

    assert told in message
    assert SECRET not in message
