"""The page in a browser: Debian's Chromium, steered by Playwright."""

import re
import shutil
from pathlib import Path

import pytest
from pypdfium2 import PdfDocument

from twoarm.reporting.blocks import (
    Box,
    Fold,
    Grid,
    Heading,
    Items,
    Pair,
    Paragraph,
    Picture,
    Report,
)
from twoarm.reporting.page import image_of, packed_of, render_page

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
FORMS = Path(__file__).parents[2] / "workflow" / "templates"
SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="1400" height="300">'
    b'<rect width="1400" height="300" fill="teal"/></svg>'
)
WORDS = "Time zero is a patient's first visit, and much follows from that. " * 4
RATIOS = ["1.20 (0.9–1.5)", "−0.30 (−1 to 1)", "–", "< 0.001", "10.00", "2.00"]
HEADS = ["Design", "Ratio", *(f"Column {place}" for place in range(11))]
ROWS = [[f"Design {place}", ratio, *["1,234 of 5,678"] * 11]
        for place, ratio in enumerate(RATIOS)]  # fmt: skip
WIDE = Grid("Wide.", HEADS, ROWS, ["head", *["number"] * 12], refs=range(7, 13))
FORMULA = Grid("Odd.", ["a", "b"], [["=1+1", "-1"], ["@x", "y"]], ["head", ""])
GROUPED = Grid(
    "Table.", ["Covariate", "n"], [["Age", "1"], ["Mean", "2"]], ["head", "number"],
    frozenset({1}), grouped=True,
)  # fmt: skip
LONG = Grid(
    "Long.", ["Begin", "End"], [[f"r{n}r", "1"] for n in range(90)], ["head", ""]
)
PICTURE = Picture("a", "Flow of patients", "Patients read.", broad=True)
WHENCE = {
    "study": "mine",
    "flow": [{"reason": "Too old", "counts": "613 − 41 = 572"}],
    "jobs": [
        {"rule": rule, "script": f"workflow/scripts/stage/{rule}.py",
         "params": ["'os'", "<b>5</b>"], "inputs": [("made/os.parquet", "ab" * 32)]}
        for rule in ("suppress_counts", "estimate_effects", "estimate_cure")
    ],
    "groups": [
        {"rows": [(7, "hazard_ratio", "treated", None), (9, "rmst", "Surgery", 36.0)],
         "jobs": [0, 1]},
        {"rows": [(8, "cure_fraction", "treated", None)], "jobs": [0, 2]},
    ],
}  # fmt: skip
BLOCKS = [
    Box(["Hazard ratio 0.5.", WORDS], "headline"),
    Box([WORDS, WORDS], "biased"),
    Heading("Results"),
    Heading("Overall survival", 3),
    WIDE,
    PICTURE,
    Pair([PICTURE, PICTURE, PICTURE]),
    Items([("Matched", WORDS), ("", WORDS)]),
    Fold("More", [Paragraph(WORDS), FORMULA]),
    GROUPED,
    LONG,
]
CHINESE = {
    "Results": "结果", "Wide.": "宽表。", "Ratio": "比值", "Matched": "匹配",
    "Copy": "复制", "Flow of patients": "患者流程", "A title": "标题",
}  # fmt: skip


@pytest.fixture(scope="module")
def browser():
    api = pytest.importorskip("playwright.sync_api", reason="Playwright is not here")
    # No sandbox: it wants rights that containers do not give.
    bare = ["--no-sandbox", "--disable-gpu"]
    with (
        api.sync_playwright() as play,
        play.chromium.launch(executable_path=CHROMIUM, args=bare) as browser,
    ):
        yield browser


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    content = {
        "report": Report("A title", "Do they?", BLOCKS, ["The end."]),
        "images": {"a": image_of(SVG)},
        "chinese": CHINESE,
        "language": "en",
        **WHENCE,
        "others": packed_of({"a": SVG.replace(b"teal", b"navy")}),
        "script": (FORMS / "report.js").read_text(encoding="utf-8"),
    }
    path = tmp_path_factory.mktemp("page") / "report.html"
    form = (FORMS / "report.html").read_text(encoding="utf-8")
    path.write_text(render_page(form, content), encoding="utf-8")
    return path


@pytest.fixture
def page(browser, file):
    """The page opened; it may say nothing to the console and ask for nothing."""
    with browser.new_context() as context:
        page, said, asked = context.new_page(), [], []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(file.as_uri())
        yield page
        assert said == []
        assert [each for each in asked if not each.startswith("data:")] == [
            file.as_uri()
        ]


def unfold(page):
    for each in page.locator("summary").all():
        each.click()


def column_of(page, place):
    return (
        page.locator("table")
        .first.locator("tbody tr")
        .evaluate_all(f"rows => rows.map(row => row.cells[{place}].textContent)")
    )


def test_rows_are_sorted_up_down_and_back(page):
    button = page.locator("th .sort", has_text="Ratio")
    up = ["−0.30 (−1 to 1)", "< 0.001", "1.20 (0.9–1.5)", "2.00", "10.00", "–"]

    orders = []
    for _ in range(3):
        button.click()
        orders.append(column_of(page, 1))

    assert orders[0] == up
    assert orders[1] == [*up[-2::-1], "–"]
    assert orders[2] == RATIOS
    refs = [f"[{place}]" for place in WIDE.refs]
    heads = [row[0] for row in ROWS]
    assert column_of(page, 0) == [*map("".join, zip(heads, refs, strict=True))]
    button.press("Enter")
    assert column_of(page, 1) == up
    assert page.locator("table.grouped th .sort").count() == 0


def test_language_is_switched_and_back(page):
    before = page.locator("main").inner_text()
    switch = page.locator(".language")
    assert switch.inner_text() == "中文"

    switch.click()

    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    assert page.title() == "标题"
    after = page.locator("main").inner_text()
    for words in ("结果", "宽表。", "比值", "匹配", "复制"):
        assert words in after
    assert "Overall survival" in after  # the catalogue lacks it
    figure = page.locator("img").first
    assert figure.get_attribute("alt") == "患者流程"
    page.wait_for_function("document.querySelector('img').src.includes('navy')")
    assert figure.evaluate("image => image.decode().then(() => image.naturalWidth)")
    page.locator("th .sort", has_text="比值").click()
    switch.click()
    page.locator("th .sort", has_text="Ratio").click(click_count=2, delay=20)
    assert "navy" not in figure.get_attribute("src")
    assert page.locator("main").inner_text() == before


def test_table_is_copied_and_formulas_are_neutralised(page):
    unfold(page)
    page.evaluate(
        """() => window.addEventListener("copy", event => {
            window.copied = ["plain", "html"].map(
                kind => event.clipboardData.getData(`text/${kind}`));
        })"""
    )

    page.locator("table", has_text="Odd.").locator(".copy").click()

    plain, html = page.evaluate("window.copied")
    assert plain == "a\tb\n'=1+1\t-1\n'@x\ty"
    assert "<td>'=1+1</td>" in html


def test_row_tells_where_its_numbers_come_from(page):
    link = page.locator(".ref").first
    assert link.inner_text() == "[7]"
    assert link.get_attribute("title") == "effects.csv:7"

    link.press("Enter")

    told = page.locator("dialog").inner_text()
    for words in (
        *("make why OF=effects.csv:7 STUDY=mine", "hazard_ratio", "36"),
        *("suppress_counts", "estimate_effects", "<b>5</b>", "613 − 41 = 572"),
        f"made/os.parquet {'ab' * 32}",
    ):
        assert words in told
    assert "cure" not in told
    page.keyboard.press("Escape")
    page.locator("dialog").wait_for(state="detached", timeout=5000)
    # Of a number that no group holds the page shows what it has of all.
    page.locator(".ref").last.click()
    assert page.url.endswith("#whence")
    assert page.locator("dialog").count() == 0


def test_figure_is_enlarged_and_closed(page):
    page.set_viewport_size({"width": 390, "height": 800})
    page.locator("figure .enlarge").nth(1).click()

    assert page.locator("dialog img").count() == 1
    page.locator("dialog button").click()
    page.locator("dialog").wait_for(state="detached", timeout=5000)


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_overflows(page, width):
    page.set_viewport_size({"width": width, "height": 900})
    unfold(page)

    beyond = page.evaluate(
        """() => [...document.querySelectorAll("body *")]
            .filter(each => !each.parentElement.closest(".wide"))
            .filter(each => each.getBoundingClientRect().right > innerWidth)
            .map(each => each.outerHTML.slice(0, 80))"""
    )

    assert beyond == []
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_print_shows_what_is_folded_and_cuts_no_table(page, tmp_path):
    page.pdf(path=tmp_path / "page.pdf", prefer_css_page_size=True)

    with PdfDocument(tmp_path / "page.pdf") as pdf:
        texts = [each.get_textpage().get_text_range() for each in pdf]
        for each in pdf:
            words, width = each.get_textpage(), each.get_width()
            rights = [words.get_rect(place)[2] for place in range(words.count_rects())]
            assert max(rights) <= width
    text = "".join(texts)
    long = [each for each in texts if re.search(r"r\d+r", each)]
    assert len(long) > 1
    assert all("Begin" in each for each in long)
    assert all(f"r{n}r" in text for n in range(90))
    assert "=1+1" in text
    assert "".join(text.split()).count("1,234of5,678") == 11 * len(ROWS)
    assert "中文" not in text


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_no_serious_fault_of_accessibility(page, language):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe is not installed"
    )
    unfold(page)
    if language != "en":
        page.locator(".language").click()

    found = axe.Axe().run(page).response["violations"]

    grave = [each for each in found if each["impact"] in ("serious", "critical")]
    assert [(each["id"], each["nodes"][0]["html"]) for each in grave] == []
