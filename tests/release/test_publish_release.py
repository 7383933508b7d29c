import csv
import hashlib
from html import escape
from io import BytesIO

import polars as pl
import pytest
import typst
from docx import Document
from docx.oxml.ns import qn
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from twoarm.disclosure.readable import read_words
from twoarm.disclosure.release import check_release, list_few
from twoarm.errors import InputError
from twoarm.tables.harmonisation import Records
from twoarm.tables.release import manifest_of

NUMBERS = "0.123456,-0.123456,12.123456,1.5e-05,123456.5,.123456,1.123456e-05"


def refused(text, *identifiers):
    """What the check says of a text; None if it may leave."""
    try:
        check_release({"page.html": text}, identifiers)
    except InputError as error:
        return str(error)
    return None


@pytest.mark.parametrize(
    "text",
    [
        "<td>00123456</td>",
        "a,00123456,b",
        "Patient 00123456.",
        "Patient 00123456: died",
        "id:00123456",
        "a:00123456",
        "scan_00123456",
        "00123456-scan",
        "00123456.svg",
        "(00123456)",
        "00123456",
    ],
)
def test_identifier_is_found_wherever_it_stands(text):
    message = refused(text, "00123456")

    assert "page.html: an identifier of a patient" in message
    assert "00123456" not in message


@pytest.mark.parametrize(
    ("identifier", "text"),
    [
        ("a:00123456", "<td>00123456</td>"),
        ("a:00123456", "a:00123456"),
        ("H-2019-0012", "Patient H-2019-0012."),
        ("HB/12345", "seen HB/12345 again"),
        ("Ada O'Neill", "<td>Ada O&#x27;Neill</td>"),
        ("Ada O'Neill", "<td>Ada O&#39;Neill</td>"),
        ('Ada "O" Neill', '1,"Ada ""O"" Neill",2'),
        ("Ada Müller", "of Ada Müller"),
        ("AB_12345", "AB_12345"),
    ],
)
def test_identifiers_of_any_form_are_found(identifier, text):
    message = refused(text, "other1", identifier)

    assert "an identifier of a patient" in message
    assert identifier not in message


@pytest.mark.parametrize(
    ("identifier", "text"),
    [
        ("123456", NUMBERS),
        ("123456", "1234567 0123456 x123456x"),
        ("12345", "12345"),
        ("a:1234", "1234"),
        ("00123456", "nothing"),
    ],
)
def test_measurements_longer_numbers_and_short_identifiers_may_leave(identifier, text):
    assert refused(text, identifier) is None


@pytest.mark.parametrize(
    "text",
    [
        "2021/3/4",
        "04/03/2021",
        "2021.03.04",
        "4.3.2021",
        "seen 2021年3月4日",
        "05-MAR-2021".title(),
        "5 March 2021",
        "Mar 5, 2021",
        "2021-03-04",
        "on 2021-03-04.",
        "2021-03-04T10:00:00",
        "1999-12-31,",
        ">2021-03-04<",
        "seen_2021-03-04",
    ],
)
def test_date_is_found(text):
    message = refused(text)

    assert "page.html: a calendar date" in message
    assert text not in message


@pytest.mark.parametrize(
    "text",
    [
        "2021",
        "2021-03",
        "12021-03-045",
        "1.2021-03-04",
        "2021-99-04",
        "Jan 2021",
        "2021年3月",
        "10.1002/2021/3",
        "v1.2021.3.4",
        "2021/13/45",
        "1/2/2021/3",
    ],
)
def test_what_is_no_date_may_leave(text):
    assert refused(text) is None


SOUND_ID = "11010519491231002X"
"""The example of GB 11643-1999."""


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (f"id {SOUND_ID}.", "a national id"),
        ("call 13812345678", "a telephone number"),
        ("+86 13812345678,", "a telephone number"),
        ("电话13812345678。", "a telephone number"),
        (f"0.{SOUND_ID}", None),
        (SOUND_ID.replace("X", "1"), None),
        ("0.13812345678,13812345678.25", None),
        ("a13812345678f,12812345678", None),
    ],
)
def test_numbers_that_name_a_person_are_found(text, what):
    message = refused(text)

    assert (message is not None) == (what is not None)
    if what:
        assert f"page.html: {what}" in message
        assert text not in message


def test_texts_that_few_have_are_those_of_open_fields_and_no_known_events():
    tables = [
        pl.DataFrame({"patient_id": ["a", "a", "b"], "term": ["x y", "x y", "rash"]}),
        pl.DataFrame({"patient_id": ["c", "d"], "term": ["oft", None]}),
        pl.DataFrame({"patient_id": ["e", "f"], "term": ["oft", "Ada"], "site": "s"}),
    ]

    assert list_few([each.lazy() for each in tables], ["term"], 2) == {"x y", "Ada"}
    assert list_few([each.lazy() for each in tables], [], 2) == set()


@pytest.mark.parametrize("few", ["王小明", "Wang & <Ming>", "two words"])
def test_texts_of_few_are_found_however_they_are_written(few):
    for text in (f"a,{few},b", f"<td>{escape(few)}</td>"):
        with pytest.raises(InputError, match="a text that few patients have") as error:
            check_release({"a.csv": text}, [], [few])
        assert few not in str(error.value)


def test_short_texts_and_numbers_of_few_may_leave():
    check_release(
        {"a.csv": "IVb 123456.5 -2000000 其他"},
        [],
        ["IVb", "123456.5", "-2000000", "其他"],
    )


def test_all_faults_stand_in_one_message():
    with pytest.raises(InputError) as error:
        check_release(
            {"a.csv": "patient1", "b.csv": "fine", "c.svg": "patient1 2021-03-04"},
            ["patient1"],
        )

    lines = str(error.value).splitlines()[1:-1]
    assert lines == [
        "  a.csv: an identifier of a patient",
        "  c.svg: an identifier of a patient",
        "  c.svg: a calendar date",
    ]


def test_manifest_lists_files_by_name():
    found = manifest_of({"b.csv": b"xy", "a/c.svg": b""})

    assert found.rows() == [
        ("a/c.svg", hashlib.sha256(b"").hexdigest(), 0),
        ("b.csv", hashlib.sha256(b"xy").hexdigest(), 2),
    ]


def word_of(*paragraphs, author=""):
    document = Document()
    for text in paragraphs:
        paragraph = document.add_paragraph()
        for piece in text.split("|"):  # as Word does, in pieces
            paragraph.add_run(piece)
    properties = document.core_properties
    properties.author = author
    for name in ("created", "modified"):
        held = properties._element.find(qn(f"dcterms:{name}"))
        if held is not None:
            properties._element.remove(held)
    relations = document.part.package.rels
    for key in [key for key, each in relations.items() if "thumb" in each.reltype]:
        del relations[key]
    document.save(saved := BytesIO())
    return saved.getvalue()


def png_of(**told):
    more = PngInfo()
    for key, value in told.items():
        more.add_text(key, value)
    Image.new("L", (1, 1)).save(saved := BytesIO(), "png", pnginfo=more)
    return saved.getvalue()


def pdf_of(text, **told):
    said = (
        f'#set document(date: none, {told.get("head", "")})\n#text("{text}")\n'
        f'#figure(alt: "{told.get("alt", "")}", rect())'
    )
    return typst.compile(said.encode(), format="pdf", ignore_system_fonts=True)


SOURCES = {
    "report.docx": word_of("5 – 7 months"),
    "figures/os.pdf": pdf_of("Surgery"),
    "effects.csv": b"term,estimate\ntreated,0.123456\n",
    "report.html": "<p>5 – 7 months</p>\r\n".encode(),
    "figures/os.svg": b"<svg><text>Surgery</text></svg>",
    "figures/os.png": png_of(Software="Matplotlib"),
}


@pytest.fixture
def publish(script, tmp_path):
    """Run the rule; return what the release folder holds, by path."""

    def run(**changed):
        sources, released = [], []
        for name, content in {**SOURCES, **changed}.items():
            source = tmp_path / "made" / name
            source.parent.mkdir(parents=True, exist_ok=True)
            source.write_bytes(content)
            target = tmp_path / "release" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            sources.append(source)
            released.append(target)
        patients = {
            "patient_id": ["secret1", "b:00123456", "c:1", "c:2", "c:3"],
            "site": ["Wang <Ming>", "Wang <Ming>", "The many", "The many", "The many"],
            "source_row": [2, 3, 4, 5, 6],
        }
        place = pl.lit("rows.csv").alias("source_file")
        Records.write(
            pl.DataFrame(patients).with_columns(place), tmp_path / "records.parquet"
        )
        script("release/publish_release").main(
            records=[tmp_path / "records.parquet"],
            sources=sources,
            released=released,
            manifest=tmp_path / "release" / "manifest.csv",
            open_fields=["site"],
            minimum_count=3,
        )

    return run


def held(tmp_path):
    folder = tmp_path / "release"
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_files_are_copied_byte_for_byte(publish, tmp_path):
    publish()

    found = held(tmp_path)
    manifest = found.pop("manifest.csv").decode()
    assert found == SOURCES
    rows = list(csv.DictReader(manifest.splitlines()))
    assert [row["file"] for row in rows] == sorted(SOURCES)
    for row in rows:
        content = SOURCES[row["file"]]
        assert row["sha256"] == hashlib.sha256(content).hexdigest()
        assert int(row["n_bytes"]) == len(content)


@pytest.mark.parametrize("name", ["effects.csv", "report.html", "figures/os.svg"])
@pytest.mark.parametrize(
    "planted",
    [
        *("secret1", "00123456", "b:00123456", "2021-03-04", "13812345678"),
        *("99010119700101001X", "Wang <Ming>"),
    ],
)
def test_planted_identifier_or_date_is_refused_and_nothing_is_written(
    publish, tmp_path, name, planted
):
    with pytest.raises(InputError) as error:
        publish(**{name: SOURCES[name] + f" {planted}\n".encode()})

    message = str(error.value)
    assert f"  {name.split('/')[-1]}: a" in message
    assert planted not in message
    assert message.count("  ") == 1
    assert held(tmp_path) == {}


@pytest.mark.parametrize("planted", ["secret1", "00123456", "2021-03-04"])
@pytest.mark.parametrize(
    ("name", "plant"),
    [
        ("report.docx", lambda it: word_of("fine", f"of {it[:3]}|{it[3:]}.")),
        ("report.docx", lambda it: word_of("fine", author=it)),
        ("figures/os.png", lambda it: png_of(Title=it)),
        ("figures/os.pdf", pdf_of),
        ("figures/os.pdf", lambda it: pdf_of("fine", head=f'title: "{it}"')),
        ("figures/os.pdf", lambda it: pdf_of("fine", alt=f"Flow, {it} – so")),
    ],
    ids=["word", "author", "picture", "pdf", "title", "alternative"],
)
def test_what_is_planted_is_found_in_every_form(
    publish, tmp_path, name, plant, planted
):
    with pytest.raises(InputError) as error:
        publish(**{name: plant(planted)})

    assert f"  {name.split('/')[-1]}: a" in str(error.value)
    assert planted not in str(error.value)
    assert held(tmp_path) == {}


def test_day_on_which_a_pdf_was_made_is_found():
    dated = "#set document(date: datetime(year: 2021, month: 3, day: 4))\nfine"
    content = typst.compile(dated.encode(), format="pdf", ignore_system_fonts=True)

    assert refused(read_words("a.pdf", content)).count("a calendar date") == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.png", b"no picture"),
        ("a.png", png_of(Title="雪")),  # packed or in another code: not read
        ("a.pdf", b"no pdf"),
        ("a.docx", b"no zip"),
        ("a.csv", b"\xff"),
        ("a.exe", b""),
    ],
)
def test_what_cannot_be_looked_through_is_refused(name, content):
    with pytest.raises(InputError, match=f"^{name}: "):
        read_words(name, content)
