"""A study whose input is planted with all that must not leave or run, and what left."""

import csv
import re
import shutil
from io import BytesIO
from zipfile import ZipFile

import polars as pl
import pytest
import xlsxwriter
import yaml
from lxml import etree

from twoarm.disclosure.readable import read_words

CHROMIUM = shutil.which("chromium")
FORMULAS = (
    '=HYPERLINK("http://evil.example/","x")',
    "+cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "-2+3",
)
SCRIPTS = (
    "<script>planted()</script>",
    '"><img src=x onerror=planted()>',
    "</script><svg onload=planted()>",
    "{{7*7}}{% raw %}",
)
MARKUP = (
    '#import "planted.typ": *',
    "$sum_(i)^n$ \\input{planted}",
    "**bold** [a](javascript:planted())",
    "_a_ *b* `c` @ref <label> ~",
)
UNSEEN = ("bell\x07 and \x1b[31m red", "\u202egnitset\u202c", "two\nlines\tand tab")
PLANTED = (*FORMULAS[1:3], SCRIPTS[3], MARKUP[1], *UNSEEN)
"""Levels of a covariate: each of so many patients that tables show it."""
SHOWN = ("bell and [31m red", "gnitset", "two lines and tab")
"""What can be seen of the last."""
FEW = "Few & far <b>"
"""A level of three patients, that the study states."""
FILE = "a\"><img src=x onerror=planted()> $x$ #y 'z' =1+1.xlsx"
SHEET = "=SUM(1)<b>$x$"
HEADER = '=cmd|" /C calc"!A0 <script>planted()</script>'
LABELS = {
    "title": f"=1+1 {SCRIPTS[0]} {MARKUP[0]}",
    "question": f"Do they? {SCRIPTS[1]} {MARKUP[1]}",
    "treated": f"@Hormone {SCRIPTS[0]} $x$",
    "control": f"-No {SCRIPTS[1]} #y",
    "endpoint": f"+Survival {SCRIPTS[0]} $z$",
    "design": f"=Weighted {SCRIPTS[1]} {MARKUP[2]}",
    "age": FORMULAS[0],
    "odd": SCRIPTS[2],
    "site": MARKUP[3],
    "reason": f"-2+3 {SCRIPTS[0]} $x$",
}
STEERING = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\u200e\u200f\u202a-\u202e]")
FORMULA = re.compile(r"[=+\-@\t\r]")
PACKED = re.compile(rb"stream\r?\n.*?endstream", re.DOTALL)
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?")


def plant(run, rows):
    """Make a workbook of the patients, and plant all text of it and of the study."""
    place = pl.int_range(pl.len())
    numbers = pl.Series([f"{each:04d}" for each in range(rows.height)])
    planted = rows.with_columns(
        pid="H-2019-00" + pl.lit(numbers),
        name="Ada Patient" + pl.lit(numbers),
        phone="1381234" + pl.lit(numbers),
        odd=pl.lit(pl.Series(PLANTED)).gather(place // 3 % len(PLANTED)),
        site=pl.when(place < 3).then(pl.lit(FEW)).otherwise(pl.lit("+West #many")),
        hormon=pl.when(pl.col("hormon") == 1)
        .then(pl.lit("=1+1<b>"))
        .otherwise(pl.lit("@no")),
    )
    with xlsxwriter.Workbook(
        run.folder / FILE, {"strings_to_formulas": False}
    ) as workbook:
        sheet = workbook.add_worksheet(SHEET)
        for column, name in enumerate(planted.columns):
            sheet.write_string(0, column, HEADER if name == "odd" else name)
            for row, value in enumerate(planted[name], start=1):
                write = sheet.write_string if isinstance(value, str) else sheet.write
                write(row, column, value)
    (run.folder / "rotterdam.csv").unlink()
    path = run.folder / "study.yaml"
    study = yaml.safe_load(path.read_text("utf-8"))
    path.write_text(yaml.safe_dump(_plant_study(study), allow_unicode=True))
    return planted


def _plant_study(study):
    study |= {name: LABELS[name] for name in ("title", "question")}
    study["source"] |= {"path": FILE, "sheet": SHEET}
    arms = {arm: LABELS[arm] for arm in ("treated", "control")}
    study["treatment"] |= {"treated": "=1+1<b>", "control": "@no", "labels": arms}
    study["covariates"]["age"] |= {"label": LABELS["age"], "unit": "$y$<b>"}
    study["covariates"] |= {
        "odd": {"kind": "categorical", "column": HEADER, "label": LABELS["odd"]},
        "site": {
            "kind": "categorical",
            "label": LABELS["site"],
            "levels": ["+West #many", FEW],
        },
    }
    study["endpoints"]["os"]["label"] = LABELS["endpoint"]
    study["designs"] = {"iptw": study["designs"]["iptw"] | {"label": LABELS["design"]}}
    study["propensity"] = {"covariates": ["nodes", "size", "age"]}
    study["analysis"]["cox"] = {"covariates": ["nodes", "age", "odd"]}
    step = {"name": "known", "reason": LABELS["reason"], "where": "nodes >= 0"}
    study["cohort"] = {"eligibility": [step]}
    study["figures"] = {"formats": ["svg", "pdf", "png"]}
    study["validation"] = {"twins": {"replicates": 0}}
    return study


def plain(text):
    """A text as it is told where line breaks do not count."""
    return "".join(text.split())


@pytest.mark.xdist_group("missing")
class TestPlanted:
    """Nothing imputed; who has a gap is set aside, but not for a structural one."""

    @pytest.fixture(scope="class")
    @classmethod
    def run(cls, new_run, with_gaps):
        run = new_run("planted")
        run.rows = with_gaps(run, 0)
        run.planted = plant(run, run.rows)
        run.snakemake("--configfile", "study.yaml")
        run.left = {
            path.relative_to(run.release("rotterdam")).as_posix(): path
            for path in sorted(run.release("rotterdam").rglob("*"))
            if path.is_file()
        }
        run.words = {
            name: read_words(name, path.read_bytes()) for name, path in run.left.items()
        }
        return run

    def test_nothing_private_leaves_or_is_logged(self, run):
        logs = {
            str(path): path.read_text("utf-8")
            for path in (run.folder / "logs").rglob("*")
            if path.is_file()
        }
        private = re.compile(
            "|".join(
                f"(?<!{edge}){start}[0-9]{{4}}"
                for start, edge in (
                    ("H-2019-00", "x"), ("Ada Patient", "x"), ("1381234", "[0-9.]"),
                )
            )
        )  # fmt: skip
        assert private.search(run.planted["pid"][7])
        assert len(run.words) > 30
        assert len(logs) > 30
        for name, text in {**run.words, **logs}.items():
            assert not private.search(text), name
            assert str(run.folder) not in text, name
            if not name.endswith(".png"):  # its words have a mark behind their name
                assert not STEERING.search(text), name

    def test_no_spreadsheet_runs_a_cell(self, run):
        seen = 0
        for name in run.left:
            if not name.endswith(".csv"):
                continue
            for row in csv.reader(run.words[name].splitlines()):
                for cell in filter(FORMULA.match, row):
                    assert NUMBER.fullmatch(cell), name
                seen += sum(each.startswith("'") for each in row)
        assert seen > 20  # planted formulas, behind an apostrophe

    def test_count_of_a_small_level_is_nowhere(self, run):
        for name in ("tables/baseline", "balance", "tables/missingness"):
            table = pl.read_csv(run.left[f"{name}.csv"], infer_schema_length=None)
            rows = table.filter(pl.col("covariate") == "site")
            counts = rows.select(pl.selectors.matches("^(n|share|mean|smd)_|^smd$"))
            if "level" in table.columns:
                rows = counts.filter(rows["level"] == FEW)
                kept = rows.select(pl.exclude("^n_(treated|control|missing.*)$"))
                assert all(x is None for row in kept.rows() for x in row), name
            assert not any(x in (1, 2, 3, 4) for row in counts.rows() for x in row)

    def test_planted_text_is_shown_as_text_on_paper(self, run):
        shown = [*LABELS.values(), *FORMULAS, *SCRIPTS, *MARKUP, *SHOWN]
        for name in ("report.pdf", "report.docx"):
            told = plain(run.words[name])
            lacking = [text for text in shown if plain(text) not in told]
            assert lacking == [], name

    def test_no_paper_runs_anything_or_leads_anywhere_planted(self, run):
        for name, path in run.left.items():
            if name.endswith(".pdf"):
                content = PACKED.sub(b"", path.read_bytes())
                for word in (b"/JavaScript", b"/JS", b"/Launch", b"/OpenAction"):
                    assert word not in content, name
                links = re.findall(rb"/URI ?\((.*?)\)", content)
                assert not [link for link in links if b"planted" in link], name
                assert not [link for link in links if b"evil" in link], name
        with ZipFile(BytesIO(run.left["report.docx"].read_bytes())) as archive:
            for member in archive.namelist():
                content = archive.read(member)
                if not member.endswith((".xml", ".rels")):
                    continue
                root = etree.fromstring(content)
                assert not list(root.iter("{*}fldSimple", "{*}hyperlink")), member
                fields = "".join(each.text or "" for each in root.iter("{*}instrText"))
                assert "planted" not in fields
                assert "evil" not in fields
                targets = [
                    each.get("Target", "") for each in root.iter("{*}Relationship")
                ]
                assert not [each for each in targets if ":" in each], member

    def test_figures_hold_text_and_no_script(self, run):
        drawn = [name for name in run.left if name.endswith(".svg")]
        assert len(drawn) > 8
        for name in drawn:
            root = etree.parse(run.left[name]).getroot()
            kinds = {etree.QName(each).localname for each in root.iter("*")}
            assert not kinds & {"script", "foreignObject", "image", "a"}, name
            for each in root.iter("*"):
                for key, value in each.attrib.items():
                    local = etree.QName(key).localname
                    assert not local.startswith("on"), name
                    assert local != "href" or value.startswith("#"), name
        words = plain(run.words["figures/os_iptw.svg"].replace("&lt;", "<"))
        assert plain(LABELS["treated"]).replace(">", "&gt;") in words

    @pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
    def test_browser_shows_planted_text_and_runs_none(self, run):
        api = pytest.importorskip("playwright.sync_api", reason="no Playwright")
        bare = ["--no-sandbox", "--disable-gpu"]
        said, asked = [], []
        with (
            api.sync_playwright() as play,
            play.chromium.launch(executable_path=CHROMIUM, args=bare) as browser,
        ):
            page = browser.new_page()
            page.on("console", lambda message: said.append(message.text))
            page.on("pageerror", lambda error: said.append(str(error)))
            page.on("dialog", lambda dialog: said.append(dialog.message))
            page.on("request", lambda request: asked.append(request.url))
            page.goto(run.left["report.html"].as_uri())
            page.evaluate(
                "document.querySelectorAll('details').forEach(each => each.open = true)"
            )
            told = plain(page.locator("body").inner_text())
            page.locator(".language").click()
            chinese = plain(page.locator("body").inner_text())
            figure = run.left["figures/attrition.svg"].as_uri()
            page.goto(figure)
        shown = [*LABELS.values(), *FORMULAS, *SCRIPTS, *MARKUP, *SHOWN]
        assert [text for text in shown if plain(text) not in told] == []
        assert [text for text in LABELS.values() if plain(text) not in chinese] == []
        assert said == []
        pages = [run.left["report.html"].as_uri(), figure]
        assert [each for each in asked if not each.startswith("data:")] == pages

    def test_who_was_set_aside_is_counted(self, run):
        gone = run.rows.filter(pl.any_horizontal(pl.col("age", "size").is_null()))
        rows = pl.read_csv(run.left["tables/missingness.csv"], infer_schema_length=None)
        whole = rows.filter(pl.col("covariate").is_null(), by="all").row(0, named=True)
        assert (whole["n_patients"], whole["n_missing"]) == (500, gone.height)
        assert whole["handling"] == "set aside"
        pgr = rows.filter(covariate="pgr", by="all").row(0, named=True)
        assert pgr["handling"] == "left as it is"
        page = run.words["report.html"]
        assert f"{gone.height} of 500 patients" in page
        assert "were set aside because a covariate is not known" in page

    def test_nothing_tells_of_an_imputation(self, run):
        assert not [name for name in run.left if "imput" in name]

    def test_description_is_of_the_analysed(self, run):
        whole = run.rows.filter(pl.all_horizontal(pl.col("age", "size").is_not_null()))
        rows = pl.read_csv(run.left["tables/baseline.csv"], infer_schema_length=None)
        age = rows.filter(covariate="age", design="unadjusted").row(0, named=True)
        for arm, code in (("treated", 1), ("control", 0)):
            ages = whole.filter(hormon=code)["age"]
            assert (age[f"n_{arm}"], age[f"n_missing_{arm}"]) == (len(ages), 0)
            assert age[f"mean_{arm}"] == pytest.approx(ages.mean())
            assert age[f"median_{arm}"] == ages.median()
