"""Figures in the page: shorter than they came, and the same to see."""

import re
from base64 import b64decode
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import numpy as np
import pytest

from twoarm.figures.house import house_style, save
from twoarm.reporting.page import image_of

NAME = re.compile(r"#?m[0-9a-f]{10}|#?m\d+")
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def drawn(tmp_path):
    with house_style():
        figure, axes = plt.subplots()
        months = np.linspace(0, 60, 300)
        axes.step(months, np.exp(-months / 30), label="0.123456 of <all> & some")
        axes.plot(months, months / 60, "|", markersize=4.5)
        axes.fill_between(months, 0.25, months / 90, alpha=0.15)
        axes.legend()
        save(figure, tmp_path / "figure.svg")
        plt.close(figure)
    return (tmp_path / "figure.svg").read_bytes()


def moves(path):
    """Kinds of the moves of a path, and all their places; of a number itself."""
    kinds, places = "", []
    for kind, text in re.findall(r"([A-z]?)([^A-z]*)", path):
        numbers = [float(each) for each in text.split()]
        if kind == "H":
            numbers = [*numbers, places[-1]]
        if kind == "V":
            numbers = [places[-2], *numbers]
        kinds += {"H": "L", "V": "L"}.get(kind, kind)
        places += numbers
    return kinds, places


def told(svg):
    """Elements in their order: tag, text, what is drawn, and how."""
    root = ElementTree.fromstring(svg)
    rules = dict(re.findall(r"\.(s\d+)\{([^}]*)\}", root.find(f".//{SVG}style").text))
    for each in root.iter():
        how = each.attrib.get("style") or rules.get(each.attrib.get("class"))
        words = (each.text or "").strip() if each.tag.endswith("text") else ""
        at = {
            key: value
            for key, value in each.attrib.items()
            if key not in {"style", "class"}
        }
        yield each.tag, words, how, at


def test_image_in_the_page_shows_what_the_figure_shows(drawn):
    short = b64decode(image_of(drawn).split(",")[1])

    assert len(short) < len(drawn) * 0.5
    both = list(zip(told(drawn), told(short), strict=True))
    assert len(both) > 350
    names = {}
    for (tag, words, how, at), (*same, there) in both:
        assert same == [tag, words, how]
        assert at.keys() == there.keys()
        for key, value in at.items():
            if NAME.fullmatch(value):
                assert names.setdefault(value, there[key]) == there[key]
            elif tag in {f"{SVG}path", f"{SVG}use"} and key in {"d", "x", "y"}:
                (kinds, ends), (others, same) = map(moves, (value, there[key]))
                assert kinds == others
                np.testing.assert_allclose(ends, same, atol=0.01)
            else:
                assert there[key] == value
    assert len(set(names.values())) == len(names)
