"""Words of the figures in Chinese: none lacks, and the font has all their letters."""

import ast
import re
import string
from pathlib import Path

import polars as pl
import pytest
from fontTools.ttLib import TTFont
from matplotlib.font_manager import findfont

from twoarm.cohort import audit
from twoarm.figures.endpoint import draw_endpoint
from twoarm.figures.house import CHINESE_FONT, house_style
from twoarm.figures.phrases import CHINESE, say, speaking, spoken_contrasts
from twoarm.kinds import KINDS
from twoarm.tables.survival import Curves, Differences, Effects
from twoarm.words import clock_words, twin_in_words, verdicts_in_words

ROOT = Path(__file__).parents[2]
DRAWN = sorted((ROOT / "src/twoarm/figures").glob("*.py"))
GIVEN = {
    "clones": "drawn",
    "courses": "MARKS",
    "imputations": "KEY MEAN SPREAD",
    "proportionality": "NAMES",
    "responses": "RESPONSES",
    "risk_counts": "KINDS",
    "twins": "TITLES",
}
"""Modules to the names of what they say word by word."""


def letters():
    with house_style():
        return set(TTFont(findfont(CHINESE_FONT)).getBestCmap())


def words_in(node):
    """Constant strings that start like words, in whatever they are nested."""
    texts = [x.value for x in ast.walk(node) if isinstance(x, ast.Constant)]
    found = [each for each in texts if isinstance(each, str)]
    return [each for each in found if re.match(r"[A-Z{][a-z]+[a-z} :]", each)]


def said(file):
    """What a module hands to `say`: words, or names of its own that hold them."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    held = {
        name.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value
        for name in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(name, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "say":
            first = node.args[0]
            if isinstance(first, ast.Name) and isinstance(
                held.get(first.id), ast.Constant
            ):
                first = held[first.id]
            if isinstance(first, ast.Constant):
                yield first.value
    for name in GIVEN.get(file.stem, "").split():
        yield from words_in(held[name])


@pytest.mark.parametrize("file", DRAWN, ids=lambda file: file.stem)
def test_no_phrase_lacks_its_chinese(file):
    assert not [words for words in said(file) if words not in CHINESE]


def test_figures_say_enough_to_be_tested():
    assert sum(len(list(said(file))) for file in DRAWN) > 80


def test_words_that_come_from_elsewhere_are_translated():
    verdicts = [
        getattr(audit, name)
        for name in ("IMMORTAL", "LATER", "SELECTED", "CENSORED", "CONFOUNDED")
    ]
    words = [
        *KINDS.values(),
        *(each for one in verdicts for each in verdicts_in_words(one)),
        *verdicts_in_words("Cox; not balanced: age 0.23"),
        *verdicts_in_words("Cox; not balanced"),
        *map(twin_in_words, ("1", "0.7", "estimated")),
    ]
    clocks = ["risk_set", "sequential", "first_dose", "treatment", "landmark", "fixed"]
    starts = {name: {"clock": name, "landmark_days": 90} for name in clocks}
    words += clock_words(starts).values()

    with speaking("zh"):
        assert [each for each in words if say(each) == each] == []
        assert say("day 90") == "第 90 天"
        assert "0.23" in say("Not balanced (greatest difference 0.23 SD)")
        contrasts = spoken_contrasts({"unadjusted": "Unadjusted", "own": "Mine"})
    assert list(contrasts.values()) == [
        "未调整",
        "未调整，含协变量",
        "Mine",
        "Mine，含协变量",
    ]


def test_english_and_chinese_have_the_same_parts():
    def parts(words):
        return sorted(f"{n}:{f}" for _, n, f, _ in string.Formatter().parse(words) if n)

    for english, chinese in CHINESE.items():
        assert parts(english) == parts(chinese), english
        assert english.count("#") == chinese.count("#"), english


def test_font_has_every_letter_of_gb_2312_and_of_the_phrases():
    known = letters()
    rows = range(0xB0, 0xF8)
    pairs = [bytes([high, low]) for high in rows for low in range(0xA1, 0xFF)]
    hanzi = "".join(pair.decode("gb2312", "ignore") for pair in pairs)

    assert len(hanzi) == 6763
    assert {ord(letter) for letter in hanzi} <= known
    foreign = {letter for words in CHINESE.values() for letter in words}
    assert {x for x in foreign if ord(x) > 0x2E80} <= {chr(each) for each in known}


def test_labels_of_a_study_stay_as_they_are():
    with speaking("zh"):
        assert say("Child-Pugh #1 {a}") == "Child-Pugh #1 {a}"
    assert say("Median {arm}: {estimate}", arm="A", estimate="1") == "Median A: 1"
    assert say("Number at risk") == "Number at risk"


ARMS = {"手术": "#D7263D", "非手术": "#5B2A86"}


def drawn_in(language):
    counts = {"n_event": 1, "n_censor": 1}
    named = {"endpoint": "os", "design": "d"}
    curves = [
        {**named, "arm": arm, "months": m, "n_risk": n, "estimate": n / 40, **counts}
        for arm in ARMS
        for m, n in ((0.0, 40), (12.0, 38), (30.0, 36))
    ]
    apart = [{**named, "months": m, "estimate": m / 100} for m in (0.0, 12.0)]
    numbers = {"estimate": 0.5, "conf_low": 0.3, "conf_high": 0.8, "p_value": 0.004}
    size = {"n_treated": 9, "n_control": 9, "events_treated": 6, "events_control": 6}
    method = {"method": "Cox; biased: immortal time"}
    effects = [
        {**named, **numbers, **size, **method, "measure": measure, "term": term}
        for measure, term in (
            *(("median", arm) for arm in ARMS),
            ("hazard_ratio", "treated"),
            ("logrank", "treated"),
        )
    ]
    with speaking(language):
        return draw_endpoint(
            Curves.of(curves), Effects.of(effects), Differences.of(apart),
            label="总生存", arms=ARMS, origin="day 90",
            style={"tick_months": 12, "minimum_at_risk": 1},
        )  # fmt: skip


def test_figure_in_chinese_has_no_english_left(drawn, check_legible):
    figure = drawn_in("zh")

    texts = [text.get_text() for text, _ in drawn(figure)]
    latin = {each for text in texts for each in re.findall(r"[A-Za-z]+", text)}
    assert latin == {"HR", "p", "log", "rank"}
    assert "自第 90 天起的月数" in texts
    check_legible(figure)


def test_chinese_labels_are_drawn_in_english_figures_too(drawn, check_legible):
    figure = drawn_in("en")

    assert "手术" in [text.get_text() for text, _ in drawn(figure)]
    check_legible(figure)


def test_script_writes_the_language_of_the_study(script, tmp_path):
    step = {"step": 1, "reason": "Patients read", "n_excluded": 0}
    flow = pl.DataFrame([{**step, "n_before": 128, "n_after": 128}])
    flow.write_csv(tmp_path / "steps.csv")
    audited = pl.DataFrame({"arm": [*ARMS], "n_patients": [74, 54]})
    audited.write_csv(tmp_path / "audit.csv")

    script("figures/plot_attrition").main(
        tmp_path / "steps.csv", tmp_path / "audit.csv", [tmp_path / "flow.svg"],
        endpoint="os", designs={}, arms=[*ARMS], minimum_count=5, language="zh",
    )  # fmt: skip

    assert "读入患者" in (tmp_path / "flow.svg").read_text(encoding="utf-8")
