import json
import re
from base64 import b64decode
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest
from docx import Document
from pypdfium2 import PdfDocument

from twoarm.config.cohort import RULES
from twoarm.config.cohort import TIME_ZERO as CHOICES
from twoarm.config.study import complete, read_study
from twoarm.disclosure.text import neutralise
from twoarm.origins import Origins, spell_origins
from twoarm.reporting.audit import immortal_time_in_words, verdicts_of
from twoarm.reporting.chinese import names_of
from twoarm.reporting.methods import TIME_ZERO, methods_in_words
from twoarm.reporting.page import horizons_of, image_of, render_page
from twoarm.reporting.phrases import Phrases, read_phrases
from twoarm.reporting.weaknesses import find_weaknesses
from twoarm.tables.cohort import Attrition, Audit, Missingness
from twoarm.tables.criteria import Versions
from twoarm.tables.description import Description
from twoarm.tables.diagnostics import Diagnostics, Dropped
from twoarm.tables.harmonisation import Ledger
from twoarm.tables.outcomes import Scans
from twoarm.tables.propensity import Balance
from twoarm.tables.quality import Quality
from twoarm.tables.reporting import Protocol
from twoarm.tables.survival import Effects
from twoarm.words import count_in_words, estimate_in_words, p_in_words

FORMS = Path(__file__).parents[2] / "workflow" / "templates"
TEMPLATES = [FORMS / f"report.{kind}" for kind in ("html", "js", "typ")]
TEMPLATES += [FORMS / "chinese.yaml"]
BIASED = "biased: immortal time"
HOSTILE = "<script>alert(1)</script>"
QUOTES = "\"><img src=x onerror='alert(1)'>"
FORMULA = "=cmd|'/c calc'!A1"


def study_of(treated="Surgery", control="No surgery", **changed):
    """Write out the complete config of a small study, as the rule is given it."""
    plain = {
        "study": "toy",
        "title": "A toy study",
        "question": "Do they?",
        "source": {"kind": "table", "path": "toy.csv"},
        "patient_id": "id",
        "treatment": {
            "column": "arm",
            "treated": 1,
            "control": 0,
            "labels": {"treated": treated, "control": control},
        },
        "covariates": {
            "age": {"kind": "continuous", "label": "Age"},
            "male": {"kind": "binary", "label": "Male sex"},
        },
        "endpoints": {
            "os": {"label": "Overall survival", "time": "t", "event": "e"},
            "pfs": {"label": "Progression-free", "time": "u", "event": "f"},
        },
        "designs": {
            "matched": {"label": "Matched", "method": "nearest", "ratio": 2},
            "iptw": {"label": "Weighted", "method": "weighting", "estimand": "ATE"},
        },
        "release": {"minimum_count": 5, "minimum_at_risk": 10, "minimum_mark": 5},
    }
    config = complete(read_study({**plain, **changed}))
    inside = dict.fromkeys(("simulation", "patient_id"))
    keys = ("time_zero", "enrolled_from", "enrolled_to")
    inside["cohort"] = {key: config["cohort"][key] for key in keys}
    inside |= {"alone": {}, "rules": RULES, "language": "en"}
    return {**config, **inside, "source": {"kind": config["source"]["kind"]}}


def row(measure, term="treated", **values):
    usual = {"endpoint": "os", "design": "unadjusted", "method": "as usual"}
    usual |= {"n_treated": 1074, "n_control": 54}
    usual |= {"events_treated": 17, "events_control": 34}
    return {"measure": measure, "term": term, **usual, **values}


def with_limits(estimate, low, high):
    return {"estimate": estimate, "conf_low": low, "conf_high": high}


def effects_of(study, *more):
    """Make just what a page needs of each endpoint and design, and more rows."""
    rows = {}
    for endpoint in study["endpoints"]:
        for design in ("unadjusted", *study["designs"]):
            place = {"endpoint": endpoint, "design": design}
            ratio = {**with_limits(0.5, 0.25, 0.75), "p_value": 0.04}
            made = [row("hazard_ratio", **place, **ratio)]
            for arm in study["treatment"]["labels"].values():
                median = with_limits(20.0, 10.0, 30.0)
                made.append(row("median", arm, **place, **median))
            rows |= {key_of(each): each for each in made}
    return Effects.of(list({**rows, **{key_of(each): each for each in more}}.values()))


def key_of(effect):
    key = ("endpoint", "design", "measure", "term", "months")
    return tuple(effect.get(name) for name in key)


def audit_of(study, verdict="sound", sound=(), control=None, **treated):
    """Pass one verdict on all designs but the sound; more columns of the arms."""
    labels, control = study["treatment"]["labels"], control or {}
    rows = []
    for design in ("unadjusted", *study["designs"]):
        for endpoint in study["endpoints"]:
            usual = {"design": design, "endpoint": endpoint, "n_patients": 74}
            usual |= {"n_event": 17, "person_months": 1642.94, "immortal_months": 0.0}
            usual |= {"expected_events": 0.0, "reason": "so it is"}
            usual |= dict.fromkeys(
                ("n_waiting", "n_event_waiting", "n_before", "n_crossover"), 0
            )
            usual["verdict"] = "sound" if design in sound else verdict
            rows.append({**usual, "arm": labels["treated"], **treated})
            rows.append({**usual, "arm": labels["control"], **control})
    return Audit.of(rows)


def balance_row(design, covariate, smd, level=None, mean=0.5):
    return {
        "design": design,
        "covariate": covariate,
        "level": level,
        "mean_treated": mean,
        "mean_control": mean,
        "smd": smd,
        "ks": 0.1,
    }


BALANCE = [balance_row("unadjusted", "age", 0.05)]
SIZE = {
    "n_treated": 74, "n_control": 54, "n_treated_out": 0, "n_control_out": 0,
    "n_truncated": 0, "ess_treated": 74.0, "ess_control": 54.0, "weight_max": 1.0,
    "weight_share": 0.02, "c_statistic": 0.7, "overlap": 0.6, "share_unsupported": 0.0,
    "n_levels": 1, "n_over": 0, "smd_max": 0.05, "smd_covariate": "age",
    "n_ratios_over": 0, "verdict": "balanced",
}  # fmt: skip


def baseline_of(study):
    """Table 1 of age and sex, the same in each design."""
    rows = []
    counts = {"n_missing_treated": 0, "n_missing_control": 0}
    for design in ("unadjusted", *study["designs"]):
        for covariate, level in (("age", None), ("male", "no"), ("male", "yes")):
            if covariate not in study["covariates"]:
                continue
            size = {"n_treated": 74, "n_control": 54} if level is None else {}
            half = {"n_treated": 37, "n_control": 27, "smd": 0.0}
            half |= {f"share_{arm}": 0.5 for arm in ("treated", "control")}
            half |= {"weighted_treated": 37.0, "weighted_control": 27.0}
            place = {"row": len(rows) + 1, "design": design, "covariate": covariate}
            rows.append({**place, "level": level, **counts, **(size or half)})
    return Description.of(rows)


def missingness_of(study):
    rows = []
    for covariate in (*study["covariates"], None):
        for by, group in (("all", "all"), ("arm", "x"), ("arm", "y")):
            usual = {"n_patients": 128, "n_missing": 0, "share_missing": 0.0}
            usual |= {"handling": "complete", "concern": ""}
            rows.append({"covariate": covariate, "by": by, "group": group, **usual})
    return Missingness.of(rows)


FLOW = {
    "step": 1,
    "reason": "Patients read",
    "n_before": 9,
    "n_excluded": 0,
    "n_after": 9,
}
LEDGER = {"centre": "source", "table": "records", "n_read": 1128, "n_used": 1128}
PROTOCOL = {"place": 1, "component": "Eligibility", "emulation": "74 analysed."}
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>'


def tables_of(study):
    """Make what every report is given."""
    designs = ("unadjusted", *study["designs"])
    return {
        "effects": effects_of(study),
        "balance": Balance.of(BALANCE).drop("n_treated", "n_control"),
        "diagnostics": Diagnostics.of([{"design": each, **SIZE} for each in designs]),
        "dropped": Dropped.of([]),
        "attrition": Attrition.of([FLOW]).drop("n_event_after"),
        "audit": audit_of(study),
        "ledger": Ledger.of([LEDGER]).drop("file", "encoding"),
        "baseline": baseline_of(study),
        "missingness": missingness_of(study),
        "protocol": Protocol.of([PROTOCOL]),
    }


def figures_of(study):
    """Name the figures that every report has."""
    designs = ["unadjusted", *study["designs"]]
    curves = [f"{end}_{design}" for end in study["endpoints"] for design in designs]
    overviews = [f"designs_{end}" for end in study["endpoints"]]
    return [*curves, *overviews, "attrition", "balance", "scores", "preference"]


class Page(HTMLParser):
    """Tags with their attributes, texts, and the cells of tables by rows."""

    def __init__(self, text):
        super().__init__()
        self.text, self.tags, self.tables, self.words = text, [], [], []
        self.feed(text)
        self.prose = " ".join(" ".join(self.words).split())

    @property
    def cells(self):
        """Cells of all rows of all tables."""
        return [row for table in self.tables for row in table]

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")

    def handle_data(self, data):
        if self.tags and self.tags[-1][0] in ("style", "script"):
            return
        self.words.append(data)
        if self.tags and self.tags[-1][0] in ("td", "th") and data.strip():
            self.tables[-1][-1][-1] += data


@pytest.fixture
def report(script, tmp_path):
    """Run the rule on hand-made tables; return the page.

    What is for paper is written where a test asks for it: it takes its time.
    """

    def run(
        study=None, *, effects=None, balance=BALANCE, audit=None, ledger=(LEDGER,),
        protocol=(PROTOCOL,), more=None, paper=False,
    ):  # fmt: skip
        study = study or study_of()
        tables = {
            **tables_of(study),
            "balance": Balance.of(list(balance)).drop("n_treated", "n_control"),
            "ledger": Ledger.of(list(ledger)).drop("file", "encoding"),
            "protocol": Protocol.of(list(protocol)),
            **({} if effects is None else {"effects": effects}),
            **({} if audit is None else {"audit": audit}),
            **(more or {}),
        }
        for name, table in tables.items():
            neutralise(table).write_csv(tmp_path / f"{name}.csv")
        figures = []
        for name in figures_of(study):
            path = tmp_path / f"{name}.svg"
            path.write_bytes(SVG)
            figures.append(str(path))
        origins = tmp_path / "origins.json"
        origins.write_text(spell_origins(Origins({"effects.csv": "e"}, [], {})))
        rule = script("reporting/write_report")
        if not paper:
            rule.pictures_of = rule.render_word = rule.render_paper = lambda *_: b""
        rule.main(
            tables=[str(tmp_path / f"{name}.csv") for name in tables],
            figures=figures,
            origins=origins,
            templates=TEMPLATES,
            page=tmp_path / "report.html",
            word=tmp_path / "report.docx",
            paper=tmp_path / "report.pdf",
            study=study,
        )
        return Page((tmp_path / "report.html").read_text(encoding="utf-8"))

    return run


# What exports alone tell


def test_page_shows_criteria_and_scans_in_words(report):
    item = {"version": "v", "label": "The board", "used": True, "n_met": 128}
    asked = [("Pure", 573), (HOSTILE, None)]
    versions = [
        {**item, "position": place, "item": f"i{place}", "reason": reason, "n_ever": n}
        for place, (reason, n) in enumerate(asked, start=1)
    ]
    known = {"median_days": 60.0, "lower_days": 56.0, "upper_days": 64.0}
    scans = {"arm": "Surgery", "endpoint": "pfs", "n_patients": 74, "n_scans": 609}
    more = {"criteria": Versions.of(versions), "scans": Scans.of([{**scans, **known}])}

    page = report(more=more)

    assert ["The board (used)", "128", f"Pure (573); {HOSTILE} (< 5)"] in page.cells
    assert ["Progression-free", "Surgery", "609", "60 [56–64]"] in page.cells
    assert HOSTILE not in page.text
    assert " at 0x" not in page.text


def test_page_tells_what_was_done_to_cells(report):
    field = {"centre": HOSTILE, "table": "labs", "what": "flag"}
    rows = [
        {**field, "name": "unit_converted", "field": "albumin_g_l", "n_cells": 460},
        {**field, "name": "unit_converted", "field": "afp_ng_ml", "n_cells": None},
        {**field, "name": "comparator", "field": "afp_ng_ml", "n_cells": None},
        {**field, "what": "rule", "name": "date_absent", "field": "x", "n_cells": 7},
        {**field, "what": "outcome", "name": "used", "field": "x", "n_cells": 9},
    ]

    page = report(more={"quality": Quality.of(rows)})

    start = [HOSTILE, "labs"]
    converted = "Converted to the dictionary's unit"
    assert [*start, "Used", converted, "2", "at least 460"] in page.cells
    assert [*start, "Not used", "Date not known", "1", "7"] in page.cells
    (few,) = [cells for cells in page.cells if cells[-1] == "few"]
    assert few[3].startswith("Beyond a limit of measurement")
    assert HOSTILE not in page.text


def test_page_shows_endpoints_of_one_arm_beside_the_others(report):
    study = {**study_of(), "alone": {"rfs": "Recurrence-free survival"}}
    arm = {"endpoint": "rfs", "n_treated": 69, "n_control": 0, "events_treated": 38}
    arm |= {"events_control": 0, "months": 12.0}
    share = row("survival", "Surgery", **arm, **with_limits(0.651, 0.518, 0.755))

    page = report(study, effects=effects_of(study, share))

    at = "free of it at 12 months: 65.1 (51.8–75.5)"
    (cells,) = [each for each in page.cells if each[-1] == at]
    assert cells[:2] == ["Recurrence-free survival", "Surgery"]
    assert "38 of 69" in cells


# Words


@pytest.mark.parametrize(
    ("p_value", "words"),
    [
        (None, "–"),
        (0.0, "< 0.001"),
        (0.00099, "< 0.001"),
        (0.001, "= 0.001"),
        (0.0496, "= 0.050"),
        (1.0, "= 1.000"),
    ],
)
def test_p_value_in_words(p_value, words):
    assert p_in_words(p_value) == words


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ((0.325, 0.2449, 1.0), "0.33 (0.24–1.00)"),
        ((25.4, 20.0, None), "25.40 (20.00–NR)"),
        ((25.4, None, 30.0), "25.40 (NR–30.00)"),
        ((1.0, None, None), "1.00"),
        ((None, None, None), "–"),
        ((-3.1, -5.0, -1.2), "−3.10 (−5.00 to −1.20)"),
        ((1.0, -1.0, None), "1.00 (−1.00 to NR)"),
    ],
)
def test_estimate_in_words(numbers, words):
    assert estimate_in_words(with_limits(*numbers)) == words


@pytest.mark.parametrize(
    ("method", "words"),
    [
        ("not reached", "not reached"),
        (f"not reached; {BIASED}", "not reached"),
        ("not estimable: beyond the follow-up", "–"),
    ],
)
def test_estimate_that_is_not_there_says_why(method, words):
    assert (
        estimate_in_words({**with_limits(None, 9.0, None), "method": method}) == words
    )


def test_digits_of_an_estimate_may_be_chosen():
    assert estimate_in_words(with_limits(25.44, 20.06, 30.96), 1) == "25.4 (20.1–31.0)"


@pytest.mark.parametrize(
    ("count", "words"), [(None, "< 5"), (0, "0"), (5, "5"), (12345, "12,345")]
)
def test_count_in_words(count, words):
    assert count_in_words(count, 5) == words


# The page


def test_contrasts_are_those_of_the_table_to_the_printed_digit(report):
    study = study_of()
    more = [
        row(
            "hazard_ratio",
            **with_limits(0.53689, 0.27964, 1.03077),
            p_value=0.061637,
            events_treated=None,
        ),
        row(
            "median", "Surgery", **with_limits(None, 21.94, None), method="not reached"
        ),
        row("median", "No surgery", **with_limits(28.2546, 13.049, 40.95)),
        row("rmst_difference", months=36.0, **with_limits(6.149, -1.251, 13.55)),
        row(
            "hazard_ratio",
            design="matched",
            method=f"not estimable: no event; {BIASED}; not balanced: age 0.23",
        ),
        row("rmst_difference", design="matched", months=36.0, method="not estimable"),
    ]
    effects = effects_of(study, *more)

    contrasts, _, other, *_ = report(study, effects=effects).tables

    assert contrasts[1:] == [
        [
            "Unadjusted",
            "< 5 of 1,074 / 34 of 54",
            "not reached / 28.3 (13.0–41.0)",
            "0.54 (0.28–1.03)",
            "0.062",
            "6.1 (−1.3 to 13.6) (36)",
            "–",
        ],
        [
            "Matched (ATT)",
            "17 of 1,074 / 34 of 54",
            "20.0 (10.0–30.0) / 20.0 (10.0–30.0)",
            "–",
            "–",
            "–",
            "Biased: immortal time; Not balanced (greatest difference 0.23 SD)",
        ],
        [
            "Weighted (ATE)",
            "17 of 1,074 / 34 of 54",
            "20.0 (10.0–30.0) / 20.0 (10.0–30.0)",
            "0.50 (0.25–0.75)",
            "0.040",
            "–",
            "–",
        ],
    ]
    assert contrasts[0][-1] == "Held against it"
    assert [cells[0] for cells in other[1:]] == [cells[0] for cells in contrasts[1:]]


def test_bootstrap_limits_have_a_column_where_there_are_any(report):
    study = study_of(analysis={"bootstrap": {"replicates": 100}})
    drawn = row("hazard_ratio", "treated_bootstrap", **with_limits(0.5, 0.2, 0.9))

    contrasts, *_ = report(study, effects=effects_of(study, drawn)).tables

    assert contrasts[0][4] == "Bootstrap limits"
    assert [cells[4] for cells in contrasts[1:]] == ["0.20–0.90", "–", "–"]
    (without, *_) = report().tables
    assert "Bootstrap limits" not in without[0]


def survival_rows(study, months, treated, control, difference, **place):
    arms = list(study["treatment"]["labels"].values())
    place = {"months": months, **place}
    return [
        row("survival", arms[0], **place, **with_limits(*treated)),
        row("survival", arms[1], **place, **with_limits(*control)),
        row("survival_difference", **place, **with_limits(*difference)),
    ]


LATE = ((0.7126, 0.6004, 0.81), (None, None, None), (None, None, None))
EARLY = ((1.0, None, None), (0.9, 0.8251, 0.95), (0.1, 0.05, 0.15))


@pytest.mark.parametrize(
    ("treated", "control"), [("Surgery", "No surgery"), ("treated", "difference")]
)
def test_survival_is_that_of_the_table_in_percent(report, treated, control):
    study = study_of(treated, control)
    effects = effects_of(
        study,
        *survival_rows(study, 36.0, *LATE),
        *survival_rows(study, 12.0, *EARLY),
        *survival_rows(study, 12.0, *EARLY, design="iptw"),
    )

    _, horizons, _, none, *_ = report(study, effects=effects).tables

    assert horizons == [
        ["Design", "Months", treated, control, "Difference"],
        ["Unadjusted", "12", "100.0", "90.0 (82.5–95.0)", "10.0 (5.0–15.0)"],
        ["Unadjusted", "36", "71.3 (60.0–81.0)", "–", "–"],
        ["Weighted (ATE)", "12", "100.0", "90.0 (82.5–95.0)", "10.0 (5.0–15.0)"],
    ]
    assert len(none) == 1


def test_ledger_is_that_of_the_table(report):
    counts = dict.fromkeys(
        ("n_read", "n_used", "n_quarantined", "n_merged", "n_elsewhere")
    )
    hidden = {**counts, "table": "labs"}
    page = report(
        ledger=[
            {**LEDGER, "n_quarantined": 0, "n_merged": 0, "n_elsewhere": 0},
            {**LEDGER, **hidden},
        ]
    )

    (table,) = [each for each in page.tables if each[0][0] == "Source"]
    assert table[1:] == [
        ["source", "records", "1,128", "1,128", "0", "0", "0"],
        ["source", "labs", *["not shown"] * 5],
    ]


def test_table_one_stands_before_and_after_each_design(report):
    page = report()

    parts = [each for each in page.tables if each[0][0] == "Covariate"]
    assert len(parts) == 3
    assert parts[0][0] == ["Covariate", "Surgery", "No surgery", "SMD", "Missing,"]
    assert parts[1][0] == ["Covariate", "Surgery", "No surgery", "SMD", "SMD"]
    assert "Surgery n = 74 No surgery n = 54" in page.prose
    male = ["Male sex, n (%)", "37 (50)", "27 (50)", "0.00"]
    assert [part[4][:4] for part in parts] == [male] * 3
    designs, checklists = 2, 3
    folds = [tag for tag, _ in page.tags if tag == "details"]
    assert len(folds) == designs + checklists + len(["patients", "flow in numbers"])
    assert "Matched (ATT): 74 / 54 patients" in page.prose
    assert "known of every patient" in page.prose


def test_page_says_what_the_study_is(report):
    page = report()

    for words in (
        "A toy study",
        "Do they?",
        "Surgery against No surgery; 95 % limits in brackets.",
        "Counts under 5 and curves with fewer than 10 patients at risk are not shown.",
        "Age, Male sex",
        "polars",
    ):
        assert words in page.prose
    assert ("title", {}) in page.tags


def test_word_and_pdf_say_what_the_page_says(report, tmp_path):
    study = study_of(title=f"A {HOSTILE}", headline=HEADLINE)
    more = [row("rmst_difference", months=36.0, **with_limits(6.149, -1.251, 13.55))]
    more += survival_rows(study, 12.0, *EARLY)

    page = report(study, effects=effects_of(study, *more), paper=True)

    word = Document(tmp_path / "report.docx")
    tables = [[[c.text for c in r.cells] for r in t.rows] for t in word.tables]
    plain = [[[c.split("\n")[-1] for c in r] for r in t] for t in tables]
    assert [t[1:] for t in plain] == [t[1:] for t in page.tables]
    assert tables[0][1][5] == "6.1 (−1.3 to 13.6) (36)"
    said = " ".join(" ".join(p.text for p in word.paragraphs).split())
    assert said.index("hazard ratio 0.50 (0.25–0.75)") < said.index("What weakens")
    words = ("What weakens this study", "Table 1", "Methods", f"A {HOSTILE}")
    assert all(each in said and each in page.prose for each in words)
    with PdfDocument(tmp_path / "report.pdf") as pdf:
        texts = " ".join(each.get_textpage().get_text_range() for each in pdf)
    printed = "".join(texts.split())
    cells = {cell for table in tables for line in table for cell in line}
    told = [each for each in [*cells, *words] if HOSTILE not in each]
    assert all("".join(each.split()) in printed for each in told)


def test_report_whose_figures_are_chinese_is_chinese_on_paper(report, tmp_path):
    page = report({**study_of(), "language": "zh"}, paper=True)

    word = Document(tmp_path / "report.docx")
    assert [cell.text for cell in word.tables[0].rows[0].cells][:2] == [
        "设计",
        "事件数/患者数",
    ]
    with PdfDocument(tmp_path / "report.pdf") as pdf:
        assert "本研究的薄弱之处" in pdf[0].get_textpage().get_text_range()
    assert ("html", {"lang": "en", "data-first": "zh-CN"}) in page.tags


def test_no_text_of_the_page_lacks_its_chinese(report):
    study = study_of(headline=HEADLINE, analysis={"bootstrap": {"replicates": 100}})
    method = pl.lit(f"Cox, 7.2 events a term; {BIASED}; not balanced: age 0.23")
    more = [row("rmst_difference", months=36.0, **with_limits(6.149, -1.251, 13.55))]
    more += survival_rows(study, 12.0, *EARLY)
    more += [row("proportional_hazards", estimate=9.0, p_value=0.002)]
    effects = effects_of(study, *more).with_columns(method=method)
    told = "treated patients count as treated before they were"
    audit = audit_of(study, BIASED, **WAITED, reason=told)
    scan = {"arm": "Surgery", "endpoint": "pfs", "n_patients": 74, "n_scans": 609}

    page = report(study, effects=effects, audit=audit, more={"scans": Scans.of([scan])})

    catalogue = read_phrases(TEMPLATES[-1].read_text(encoding="utf-8"))
    named = names_of(study, {"audit": audit, "ledger": Ledger.of([LEDGER])})
    phrases = Phrases(catalogue, [*named, "so it is", "male", "74 analysed"])
    texts = {" ".join(each.split()) for each in page.words}
    texts = {each for each in texts if not re.search(r"effects\.csv:\d", each)}
    assert len(texts) > 140
    assert not {each for each in texts if phrases.find(each) is None}
    chinese = json.loads(re.search(r'id="chinese">(.*?)</script>', page.text)[1])
    assert chinese["Held against it"] == "不利之处"
    assert sum(each in chinese for each in texts) > 100


def scripts_of(page):
    return [attributes for tag, attributes in page.tags if tag == "script"]


def test_page_asks_nothing_of_a_network(report):
    page = report()

    addresses = [
        value
        for _, attributes in page.tags
        for name, value in attributes.items()
        if name in ("src", "href", "srcset", "action", "data", "poster")
    ]
    addresses = [each for each in addresses if each != "#whence"]
    assert len(addresses) == 12
    assert all(each.startswith("data:image/svg+xml;base64,") for each in addresses)
    assert {b64decode(each.split(",")[1]) for each in addresses} == {SVG}
    for sign in ("http:", "https:", "//", "@import", "url("):
        assert sign not in page.text.replace("base64,", "")
    assert not {tag for tag, _ in page.tags} & {"link", "iframe", "object"}
    data = [{"type": "application/json", "id": each} for each in ("chinese", "groups")]
    packed = {"type": "text/plain", "id": "others"}
    assert scripts_of(page) == [data[0], packed, data[1], {}]


@pytest.mark.parametrize("hostile", [HOSTILE, QUOTES, FORMULA, "'=1", "-1", "A & B"])
def test_hostile_text_is_shown_as_text(report, hostile):
    covariates = {"age": {"kind": "continuous", "label": hostile}}
    ends = {"os": {"label": f"end {hostile}", "time": "t", "event": "e"}}
    designs = {"matched": {"label": f"by {hostile}", "method": "nearest"}}
    study = study_of(
        treated=hostile,
        title=f"Title {hostile}",
        question=hostile,
        covariates=covariates,
        endpoints=ends,
        designs=designs,
    )
    effects = effects_of(study, *survival_rows(study, 12.0, *EARLY))

    page = report(
        study,
        effects=effects,
        audit=audit_of(study, BIASED, median_wait_months=1.5),
        ledger=[{**LEDGER, "centre": hostile, "table": hostile}],
        protocol=[{**PROTOCOL, "target_trial": hostile, "emulation": hostile}],
    )

    assert f"Title {hostile}" in page.prose
    assert f"end {hostile}" in page.prose
    assert f"{hostile} against No surgery" in page.prose
    assert page.tables[0][2][0] == f"by {hostile} (ATT)"
    assert page.tables[1][0][2] == hostile
    assert page.tables[1][1][2] == "100.0"
    assert page.tables[2][1][:2] == [hostile, hostile]
    flow, protocol, table_one = page.tables[3:6]
    assert flow[1] == ["Patients read", "9", "0", "9"]
    assert protocol[1][1:] == [hostile, hostile]
    assert table_one[1][2] == hostile
    images = [attributes for tag, attributes in page.tags if tag == "img"]
    assert all(set(image) == {"src", "alt", "data-name"} for image in images)
    assert all(image["src"].startswith("data:") for image in images)
    assert len(scripts_of(page)) == 4
    assert f">\n{FORMS.joinpath('report.js').read_text()}<" in page.text


def test_name_that_the_content_lacks_is_an_error():
    with pytest.raises(Exception, match="'missing' is undefined"):
        render_page("{{ missing }}", {})


def test_image_holds_itself():
    assert image_of(b"<svg/>") == "data:image/svg+xml;base64,PHN2Zy8+"


# The audit


WAITED = {
    "n_waiting": 74,
    "immortal_months": 106.02,
    "median_wait_months": 1.4456,
    "expected_events": 12.34,
    "control": {"n_event_waiting": 18},
}


def verdict_of(page):
    (box,) = [
        attributes["class"].split()
        for tag, attributes in page.tags
        if tag == "div" and "verdict" in attributes.get("class", "")
    ]
    return box


def held_against(page, endpoints=2):
    """The last cell of each row of the contrasts, over the endpoints."""
    tables = page.tables[: 2 * endpoints : 2]
    return [cells[-1] for table in tables for cells in table[1:]]


def test_biased_contrast_is_called_biased_wherever_it_stands(report):
    study = study_of()

    ratios = effects_of(study).with_columns(method=pl.lit(f"Cox; {BIASED}"))
    page = report(study, effects=ratios, audit=audit_of(study, BIASED, **WAITED))

    assert verdict_of(page) == ["verdict", "biased"]
    assert "The plain contrast is biased: it gives the treated immortal" in page.prose
    assert "Patients count as “Surgery” because of something that" in page.prose
    assert "74 patients waited, half of them longer than 1.4 months." in page.prose
    assert (
        "Overall survival: 106 of 1,643 patient-months of the arm (6.5 %) were "
        "immortal; as many untreated patients would have had 12.3 events in them. In a "
        "span as long as the median wait 18 patients of the other arm had the event."
        in page.prose
    )
    words = "Biased by immortal time: Unadjusted, Matched (ATT) and Weighted (ATE)."
    assert words in page.prose
    assert "Sound:" not in page.prose
    figures = len(study["endpoints"]) * 3
    assert held_against(page) == ["Biased: immortal time"] * figures
    assert page.prose.count("Biased: immortal time.") == figures


def test_design_whose_clock_starts_at_treatment_is_not_called_biased(report):
    late = {"label": "Late", "method": "risk_set"}
    days = {"column": "arm", "treated": 1, "control": 0, "days": "wait"}
    labels = {"labels": {"treated": "Surgery", "control": "No surgery"}}
    study = study_of(designs={"late": late}, treatment={**days, **labels})
    biased = pl.col("design") == "unadjusted"
    method = pl.when(biased).then(pl.lit(f"Cox; {BIASED}")).otherwise(pl.lit("Cox"))
    ratios = effects_of(study).with_columns(method=method)

    audit = audit_of(study, BIASED, sound=["late"], **WAITED)
    page = report(study, effects=ratios, audit=audit)

    assert "Sound: Late (ATT). Biased by immortal time: Unadjusted." in page.prose
    ends = len(study["endpoints"])
    assert held_against(page) == ["Biased: immortal time", "–"] * ends
    assert page.prose.count("Biased: immortal time.") == ends


def told_of(audit, study):
    labels = study["treatment"]["labels"]
    return immortal_time_in_words(audit, labels, {"os": "OS", "pfs": "PFS"}, 5)


def test_few_who_waited_are_not_counted_in_words():
    study = study_of()
    few = {**WAITED, "n_waiting": None, "control": {"n_event_waiting": None}}

    said = told_of(audit_of(study, BIASED, **few), study)

    assert said[1].startswith("< 5 patients waited, half of them longer than 1.4")
    assert "median wait < 5 patients of the other arm" in said[1]
    assert len(said) == 3


def test_time_that_few_waited_is_not_told():
    study = study_of()
    gone = dict.fromkeys(
        ("n_waiting", "median_wait_months", "immortal_months", "expected_events")
    )

    said = told_of(audit_of(study, BIASED, **{**WAITED, **gone}), study)

    assert said[1].startswith("< 5 patients waited. OS: for how long is not shown")


def test_a_wait_that_is_hidden_is_not_told():
    study = study_of()
    hidden = {**WAITED, "n_waiting": None, "median_wait_months": None}

    said = told_of(audit_of(study, BIASED, **hidden), study)

    assert said[1].startswith("< 5 patients waited. OS: 106 of 1,643")


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        ("sound", "The arms are told apart by what was known at time zero."),
        ("unknown", "Immortal time could not be checked"),
    ],
)
def test_contrast_that_is_not_biased_is_not_called_so(report, verdict, words):
    study = study_of()

    page = report(study, audit=audit_of(study, verdict))

    assert verdict_of(page) == ["verdict"]
    assert words in page.prose
    assert f"{verdict.capitalize()}: Unadjusted, Matched (ATT) and" in page.prose
    assert set(held_against(page)) == {"–"}
    assert "Biased: immortal time" not in page.prose
    assert "Biased by" not in page.prose
    assert "contrast is biased" not in page.prose


def test_a_verdict_of_some_endpoints_names_them():
    study = study_of()
    sound = (pl.col("design") == "matched") & (pl.col("endpoint") == "pfs")
    verdict = pl.when(sound).then(pl.lit("sound")).otherwise("verdict")
    audit = audit_of(study, BIASED).with_columns(verdict=verdict)
    names = {"unadjusted": "Unadjusted", "matched": "Matched"}

    first, second, last = verdicts_of(audit, names, {"os": "OS", "pfs": "Progression"})

    assert first == "Sound: Matched (for Progression)."
    assert second == "Biased by immortal time: Unadjusted and Matched (for OS)."
    assert last.startswith("Sound is a design whose arms count no time")


def test_audit_is_that_of_the_table(report):
    study = study_of(designs={})
    more = {"n_waiting": None, "n_before": 7, "median_follow_up_months": 30.04}
    more |= {"shared_months": 48.0}
    control = {"n_crossover": 1234, "median_year": 2019.5, "shared_months": 0.0}

    audit = audit_of(study, BIASED, **{**WAITED, **more, "control": control})
    page = report(study, audit=audit)

    (table,) = [each for each in page.tables if "Immortal" in each[0]]
    treated, other = table[1:3]
    assert treated == [
        "Unadjusted", "Overall survival", "Surgery", "74", "1,643", "106", "48",
        "12.3", "7", "0", "30.0", "–", BIASED,
    ]  # fmt: skip
    assert other == [
        "Unadjusted", "Overall survival", "No surgery", "74", "1,643", "0", "0", "0.0",
        "0", "1,234", "–", "2019.5", BIASED,
    ]  # fmt: skip
    assert len(table) == 1 + 2 * len(study["endpoints"])


def test_protocol_is_that_of_the_table(report):
    rows = [PROTOCOL, {**PROTOCOL, "place": 2, "target_trial": "Adults."}]

    page = report(protocol=rows)

    (table,) = [each for each in page.tables if each[0][0] == "Component"]
    assert table[1:] == [
        ["Eligibility", "Not told.", "74 analysed."],
        ["Eligibility", "Adults.", "74 analysed."],
    ]


# The headline


HEADLINE = {"endpoint": "os", "design": "matched"}


def test_headline_is_the_estimate_of_the_table_and_leads(report):
    study = study_of(headline=HEADLINE)
    more = row("rmst_difference", design="matched", months=36.0,
               **with_limits(6.149, -1.251, 13.55))  # fmt: skip

    page = report(study, effects=effects_of(study, more))

    lead = page.prose.index(
        "Overall survival, Matched (ATT): hazard ratio 0.50 (0.25–0.75), p = 0.040, "
        "“Surgery” against “No surgery”. Over 36 months the restricted means differ by "
        "6.1 (−1.3 to 13.6) months. The study file named this estimate before it was "
        "seen."
    )
    assert lead < page.prose.index("What weakens this study")
    assert "Held against it:" not in page.prose
    assert "names no estimate to lead with" not in page.prose


def test_a_study_without_a_headline_says_so(report):
    page = report()

    assert "The study file names no estimate to lead with." in page.prose
    assert not [tag for tag, each in page.tags if each.get("class") == "headline"]


def test_what_is_held_against_the_headline_stands_beside_it_and_who_signed(report):
    signed = {"reason": "It was <planned>.", "signed": "A. Author"}
    study = study_of(headline={**HEADLINE, "exception": signed})
    method = pl.lit(f"Cox; {BIASED}; not balanced: age 0.23")

    page = report(study, effects=effects_of(study).with_columns(method=method))

    words = "Held against it: Biased: immortal time; Not balanced (greatest difference"
    assert words in page.prose
    assert "It leads all the same, as A. Author signed: It was <planned>." in page.prose


# Weaknesses


DESIGNS = {"unadjusted": "Unadjusted", "matched": "Matched (ATT)"}
ENDPOINTS = {"os": "Overall survival"}


def weaknesses(*effects, balance=BALANCE):
    return find_weaknesses(
        Effects.of(list(effects)),
        Balance.of(list(balance)),
        designs=DESIGNS,
        endpoints=ENDPOINTS,
        threshold=0.1,
    )


def test_sound_study_has_no_weakness_of_its_own(report):
    assert weaknesses() == []
    page = report()
    assert "No check of this run found anything" in page.prose
    assert "Unmeasured differences between the arms remain" in page.prose


def test_imbalance_is_counted_by_design_in_one_sentence():
    balance = [
        balance_row("unadjusted", "age", -0.3149),
        balance_row("unadjusted", "male", 0.12, "yes"),
        balance_row("unadjusted", "ecog", 0.1, "1"),
        balance_row("unadjusted", "centre", None, "b"),
        balance_row("matched", "age", 0.099),
    ]
    both = [*balance, balance_row("matched", "male", -0.204, "yes")]

    first = "Unadjusted (2 of 3 levels, by up to 0.31)"
    words = "Covariates differ by more than 0.1 standard deviations under "
    assert weaknesses(balance=balance) == [f"{words}{first}."]
    assert weaknesses(balance=both) == [
        f"{words}{first} and Matched (ATT) (1 of 2 levels, by up to 0.20)."
    ]


@pytest.mark.parametrize(
    ("p_value", "told"),
    [(0.0499, "(p = 0.050)"), (1e-9, "(p < 0.001)"), (0.05, None), (None, None)],
)
def test_hazards_that_are_not_proportional(p_value, told):
    found = weaknesses(row("proportional_hazards", estimate=4.0, p_value=p_value))

    assert len(found) == (told is not None)
    for words in found:
        assert words.startswith("Overall survival: the hazards are not proportional")
        assert f"under Unadjusted {told};" in words


def test_designs_with_such_hazards_are_told_in_one_sentence_in_their_order():
    rows = [
        row("proportional_hazards", design=name, estimate=4.0, p_value=p_value)
        for name, p_value in (("matched", 0.01), ("unadjusted", 0.02))
    ]

    (found,) = weaknesses(*rows)

    assert "under Unadjusted (p = 0.020) and Matched (ATT) (p = 0.010);" in found


@pytest.mark.parametrize(("per_term", "told"), [("9.9", True), ("10.0", False)])
def test_few_events_a_term(per_term, told):
    method = f"Cox with covariates, Efron ties, {per_term} events a term; {BIASED}"

    found = weaknesses(row("hazard_ratio", "treated_adjusted", method=method))

    assert bool(found) == told
    assert not told or "has as few as 9.9 events a term" in found[0]


@pytest.mark.parametrize(("n", "told"), [(4999, True), (5000, False)])
def test_few_clones_leave_bias(n, told):
    method = "weighted Kaplan-Meier of clones, variance clustered by patient"
    rows = [row("survival", term="Surgery", months=12, method=method, n_treated=n)]
    found = find_weaknesses(
        Effects.of(rows), Balance.of(list(BALANCE)), threshold=0.1,
        designs={"unadjusted": "Cloned"}, endpoints={"os": "OS"},
    )  # fmt: skip

    assert any("Cloned: 4,999 patients are few" in each for each in found) == told


def test_the_fewest_events_a_term_are_told_once():
    rows = [
        row(
            "hazard_ratio",
            "treated_adjusted",
            design=name,
            method=f"{few} events a term",
        )
        for name, few in (("unadjusted", "7.5"), ("matched", "3.2"))
    ]

    (found,) = weaknesses(*rows)

    assert "has as few as 3.2 events a term" in found


def test_what_is_not_estimable_is_told_once_a_horizon():
    beyond = "not estimable: beyond the follow-up"
    found = weaknesses(
        row("survival", "A", months=60.0, method=beyond),
        row("survival", "B", months=60.0, method=beyond),
        row("rmst", "A", months=36.5, method=beyond),
        row("hazard_ratio", design="matched", method="not estimable: an arm has none"),
        row("median", "A", method="not reached"),
    )

    assert found == [
        f"Overall survival, Unadjusted at 60 months: {beyond}.",
        f"Overall survival, Unadjusted at 36.5 months: {beyond}.",
        "Overall survival, Matched (ATT): not estimable: an arm has none.",
    ]


def test_designs_that_are_not_estimable_for_one_reason_are_told_together():
    why = "not estimable: an arm has none"
    found = weaknesses(
        row("hazard_ratio", method=f"{why}; biased: immortal time"),
        row("hazard_ratio", design="matched", method=why),
    )

    assert f"Overall survival, Unadjusted and Matched (ATT): {why}." in found


@pytest.mark.parametrize(
    ("levels", "told"),
    [
        (["a"], "1 covariate level is not shown in the balance: few patients."),
        (["a", "b"], "2 covariate levels are not shown in the balance: few patients."),
    ],
)
def test_hidden_levels_are_counted_once_over_the_designs(levels, told):
    hidden = [
        {**balance_row(design, "grade", None, level, mean=None), "ks": None}
        for design in DESIGNS
        for level in levels
    ]

    assert weaknesses(balance=[*BALANCE, *hidden]) == [told]


def test_weaknesses_stand_on_the_page(report):
    study = study_of()
    test = row("proportional_hazards", estimate=9.0, p_value=0.002)

    page = report(study, effects=effects_of(study, test))

    words = "the hazards are not proportional under Unadjusted (p = 0.002)"
    assert words in page.prose
    assert "No check of this run found anything" not in page.prose


def test_difference_without_spread_is_a_weakness():
    row = {**balance_row("matched", "male", None, "yes"), "mean_treated": 1.0}

    (found,) = weaknesses(balance=[*BALANCE, row])

    assert found.startswith("The arms differ in male")
    assert found.endswith("no design can mend that: Matched (ATT).")


# Methods


def test_methods_are_those_of_the_config():
    said = " ".join(methods_in_words(study_of()))

    assert "Time zero is that of the source's own times." in said
    assert "of the arm on Age, Male sex." in said
    assert "a logistic regression (Rosenbaum" in said
    assert "Matched (ATT): greedy nearest-neighbour matching of 2 controls" in said
    assert "within 0.2 standard deviations of the logit" in said
    assert "without replacement" in said
    assert "Weighted (ATE): weighting by the propensity score" in said
    assert "limits of 95 %" in said


def test_methods_name_structural_gaps():
    margin = {"kind": "continuous", "label": "Margin", "structural": True}
    age = {"kind": "continuous", "label": "Age"}
    said = methods_in_words(study_of(covariates={"age": age, "margin": margin}))

    assert "Gaps of Margin are no accident" in said[-1]
    assert "of the arm on Age." in " ".join(said)
    assert "no accident" not in methods_in_words(study_of())[-1]


def test_methods_name_the_clocks():
    days = {"column": "arm", "treated": 1, "control": 0, "days": "wait"}
    designs = {
        "late": {"label": "Day 90", "method": "crude", "landmark_days": 90},
        "changing": {"label": "Changing", "method": "time_dependent"},
        "overlap": {
            "label": "Overlap",
            "method": "weighting",
            "estimand": "ATO",
            "landmark_days": 90,
        },
    }

    said = " ".join(methods_in_words(study_of(treatment=days, designs=designs)))

    since = "from day 90, with who is followed beyond it, "
    assert f"Day 90: {since}the arms as they are." in said
    assert f"Overlap (ATO): {since}" in said
    assert "Changing: Cox regression with a treatment that changes over time" in said


def test_horizons_of_an_endpoint_without_any_are_none():
    effects = effects_of(study_of())

    assert horizons_of(effects, endpoint="os", designs=DESIGNS) == []


def test_tables_are_read_as_disclosure_wrote_them(tmp_path):
    effects = Effects.of([row("median", FORMULA, **with_limits(1.5, None, None))])
    neutralise(effects).write_csv(tmp_path / "effects.csv")

    found = Effects.read_csv(tmp_path / "effects.csv")

    assert found.equals(effects)
    assert found.schema["p_value"] == pl.Float64


def test_every_time_zero_that_a_study_may_choose_has_words():
    chosen = {name for names in CHOICES.values() for name in names}

    assert set(TIME_ZERO) == chosen
    study = study_of()
    said = methods_in_words({**study, "cohort": {"time_zero": "first_dose"}})[0]
    assert said.startswith("Time zero is the first dose of patients who later met")
