"""What a release prints as effects, read back, and what `effects.csv` makes of it.

Numbers are written here anew, not by the words of the package.
"""

import re
from typing import NamedTuple

import polars as pl
from docx import Document
from docx.table import Table
from docx.text.paragraph import Paragraph
from lxml import etree, html

NUMBER = r"−?\d+(?:\.\d+)?"
WITH_LIMITS = re.compile(
    rf"(?:−|(?<![\d.,−]))\d+(?:\.\d+)? ?"
    rf"\((?:{NUMBER}|NR)(?:–| ?to ?)(?:{NUMBER}|NR)\)"
)
"""An estimate and its limits."""
PLACES = ((2, 1), (1, 1), (1, 100), (0, 100))
"""Decimals and scales in which effects are printed."""
WHOLE = {
    "survival": "survival_difference",
    "cumulative_incidence": "cumulative_incidence_difference",
}


class Grid(NamedTuple):
    """A table under its heading: names of its columns, and its rows as text.

    `places` has the row of `effects.csv` that each row of a page names.
    """

    heading: str
    heads: list[str]
    rows: list[list[str]]
    places: tuple[int, ...] = ()

    def column(self, name):
        place = self.heads.index(name)
        return [row[place] for row in self.rows]


def _text(cell):
    return " ".join(cell.split())


def read_page(path):
    """Read the tables of the page, each with the heading above it."""
    found, heading = [], ""
    root = html.parse(path).getroot()
    for each in root.iter("h2", "h3", "table"):
        if each.tag != "table":
            heading = _text(each.text_content())
            continue
        links = each.xpath(".//a[@class='ref']")
        places = tuple(int(link.get("title").split(":")[1]) for link in links)
        assert [link.text for link in links] == [f"[{place}]" for place in places]
        for link in links:
            link.drop_tree()
        rows = [[_text(cell.text_content()) for cell in row] for row in each.iter("tr")]
        found.append(Grid(heading, rows[0], rows[1:], places))
    return found


def read_text(path):
    """Read all text of the page, a piece a line."""
    body = html.parse(path).getroot().find("body")
    return "\n".join(_text(piece) for piece in body.itertext())


def read_word(path):
    """Read the tables of the Word file, each with the heading above it."""
    found, heading = [], ""
    for each in Document(path).iter_inner_content():
        if isinstance(each, Paragraph) and each.style.name.startswith("Heading"):
            heading = _text(each.text)
        if isinstance(each, Table):
            rows = [[_text(cell.text) for cell in row.cells] for row in each.rows]
            found.append(Grid(heading, rows[0], rows[1:]))
    return found


def read_figure(path):
    """Read the lines of text of an SVG."""
    lines = etree.parse(path).iter("{*}text")
    return [_text("".join(line.itertext())) for line in lines]


def number(value, digits, scale=1):
    told = f"{scale * value:.{digits}f}"
    return told.replace("-", "−" if float(told) else "")


def limits(row, digits, scale=1):
    ends = [row["conf_low"], row["conf_high"]]
    if ends == [None, None]:
        return ""
    low, high = ("NR" if x is None else number(x, digits, scale) for x in ends)
    return f"{low} to {high}" if "−" in low + high else f"{low}–{high}"


def told(row, digits, scale=1):
    if row is None or row["estimate"] is None:
        reached = row is not None and (row["method"] or "").startswith("not reached")
        return "not reached" if reached else "–"
    shown, ends = number(row["estimate"], digits, scale), limits(row, digits, scale)
    return f"{shown} ({ends})" if ends else shown


def p_value(row):
    value = None if row is None else row["p_value"]
    if value is None:
        return "–"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def list_all(effects):
    """All that effects may be printed as, with limits, without spaces."""
    return {
        told(row, *place).replace(" ", "")
        for row in effects.filter(pl.col("estimate").is_not_null()).to_dicts()
        for place in PLACES
    }


class Told:
    """The effects of one endpoint and design, by measure, term and months."""

    def __init__(self, effects, endpoint, design):
        rows = effects.filter(endpoint=endpoint, design=design).to_dicts()
        self.rows = {(r["measure"], r["term"], r["months"]): r for r in rows}

    def find(self, measure, term, months=None):
        return self.rows.get((measure, term, months))

    def only(self, measure, term):
        found = [r for (m, t, _), r in self.rows.items() if (m, t) == (measure, term)]
        return found[0] if found else None

    def contrast(self, arms):
        """The cells of a row of contrasts, by column."""
        medians = " / ".join(told(self.only("median", arm), 1) for arm in arms)
        means = self.only("rmst_difference", "treated")
        shown = told(means, 1)
        drawn = self.find("hazard_ratio", "treated_bootstrap")
        return {
            "Median, months": "–" if medians == "– / –" else medians,
            "Hazard ratio": told(self.find("hazard_ratio", "treated"), 2),
            "Bootstrap limits": (limits(drawn, 2) if drawn else "") or "–",
            "p": p_value(self.find("hazard_ratio", "treated")),
            "Difference of restricted means, months (horizon)": shown
            if shown == "–"
            else f"{shown} ({means['months']:g})",
        }

    def horizons(self, arms):
        """Months to the cells of a row of horizons."""
        found = {}
        for (measure, _, months), row in self.rows.items():
            if measure in WHOLE and not row["method"].startswith("not estimated"):
                apart = self.find(WHOLE[measure], "treated", months)
                shares = [told(self.find(measure, a, months), 1, 100) for a in arms]
                found[f"{months:g}"] = [*shares, told(apart, 1, 100)]
        return found

    def forestalled(self):
        ratio = self.find("subdistribution_hazard_ratio", "treated")
        gray = p_value(self.find("gray", "treated"))
        return ratio and [told(ratio, 2), p_value(ratio), gray]


def check_tables(grids, effects, endpoints, designs, arms):
    """Hold each table of results to the effects: every row, every cell, no other."""
    for endpoint, heading in endpoints.items():
        own = [grid for grid in grids if grid.heading == heading]
        known = {label: Told(effects, endpoint, d) for d, label in designs.items()}
        (contrasts,) = [g for g in own if "Median, months" in g.heads]
        assert contrasts.column("Design") == list(known)
        if contrasts.places:
            rows = effects[[place - 1 for place in contrasts.places]]
            assert rows["design"].to_list() == list(designs)
            assert set(rows["endpoint"]) == {endpoint}
            assert set(rows["measure"]) == {"hazard_ratio"}
            assert set(rows["term"]) == {"treated"}
        expected = [each.contrast(arms) for each in known.values()]
        for name in {*expected[0]} & {*contrasts.heads}:
            assert contrasts.column(name) == [row[name] for row in expected], name
        drawn = any(row["Bootstrap limits"] != "–" for row in expected)
        assert drawn <= ("Bootstrap limits" in contrasts.heads)
        (horizons,) = [g for g in own if g.heads[:2] == ["Design", "Months"]]
        assert horizons.rows == [
            [label, months, *cells]
            for label, each in known.items()
            for months, cells in sorted(
                each.horizons(arms).items(), key=lambda item: float(item[0])
            )
        ]
        rates = {label: each.forestalled() for label, each in known.items()}
        rates = [[label, *cells] for label, cells in rates.items() if cells]
        shown = [g for g in own if "Gray's p" in g.heads]
        assert [row[:4] for g in shown for row in g.rows] == rates
    return contrasts.heads


def check_overview(grids, effects, endpoints, designs):
    """Hold the table of all designs of all endpoints to the effects."""
    (grid,) = [
        each for each in grids if {"Restricted means", "Verdict"} <= {*each.heads}
    ]
    named = {
        (end, label): Told(effects, endpoint, design)
        for endpoint, end in endpoints.items()
        for design, label in designs.items()
    }
    assert sorted(tuple(row[:2]) for row in grid.rows) == sorted(named)
    for row in grid.rows:
        cells, known = dict(zip(grid.heads, row, strict=True)), named[(*row[:2],)]
        assert cells["Hazard ratio"] == told(known.find("hazard_ratio", "treated"), 2)
        means = told(known.only("rmst_difference", "treated"), 1)
        assert cells["Restricted means"] in (means, "–")
        for head, cell in cells.items():
            if head.startswith("At ") and cell != "–":
                months = float(head.split()[1])
                found = [known.find(each, "treated", months) for each in WHOLE.values()]
                assert cell in [told(each, 0, 100) for each in found if each]


def check_alone(grids, effects, endpoints):
    """Hold the endpoints of one arm, and therapy after surgery, to the effects."""
    names = {label: name for name, label in endpoints.items()}
    (alone,) = [each for each in grids if "Percent" in each.heads]
    two_armed = effects.filter(measure="hazard_ratio", term="treated")["endpoint"]
    assert {row[0] for row in alone.rows} == {
        endpoints[each] for each in {*effects["endpoint"]} - {*two_armed}
    }
    for label, arm, _, median, shares in alone.rows:
        known = Told(effects, names[label], "unadjusted")
        assert median == told(known.only("median", arm), 1)
        printed = re.findall(r"(\d+) months: ([^;]+)", shares)
        assert printed == [
            (f"{months:g}", told(row, 1, 100))
            for (measure, term, months), row in sorted(
                known.rows.items(), key=lambda item: item[0][2] or 0
            )
            if measure in WHOLE and term == arm and row["estimate"] is not None
        ]
    (after,) = [each for each in grids if "Day" in each.heads]
    for label, day, _, ratio, p, adjusted in after.rows:
        known = Told(effects, names[label], f"resumed_{day}")
        plain = known.find("hazard_ratio", "resumed")
        assert [ratio, p] == [told(plain, 2), p_value(plain)]
        assert adjusted == told(known.find("hazard_ratio", "resumed_adjusted"), 2)
    rows = effects.filter(measure="hazard_ratio", term="resumed")
    assert len(after.rows) == rows.height


def check_headline(text, effects, endpoint, design, labels):
    """Hold the sentence that the report leads with to the effects."""
    known = Told(effects, endpoint, design)
    ratio = known.find("hazard_ratio", "treated")
    means = known.only("rmst_difference", "treated")
    p = p_value(ratio)
    said = (
        f"{', '.join(labels)}: hazard ratio {told(ratio, 2)}, p "
        f"{p if p[0] in '<–' else f'= {p}'}"
    )
    apart = f"Over {means['months']:g} months the restricted means differ by "
    assert said in text
    assert f"{apart}{told(means, 1)} months." in text


def check_curves(lines, effects, endpoint, design, arms):
    """Hold what is written in a figure of curves to its endpoint and design."""
    known = Told(effects, endpoint, design)
    ratio = known.find("hazard_ratio", "treated")
    test = known.find("logrank", "treated")
    words = {arm: told(known.only("median", arm), 1) for arm in arms}
    expected = {
        f"Median {arm}: {each}{' mo' if each != 'not reached' else ''}"
        for arm, each in words.items()
    }
    if ratio is not None:
        p = p_value(test or ratio)
        p = p if p[0] in "<–" else f"= {p}"
        expected.add(f"HR {told(ratio, 2)}, {'log-rank ' if test else ''}p {p}")
    shown = {line for line in lines if line.startswith(("HR ", "Median "))}
    assert shown <= expected
    assert [line for line in shown if line.startswith("HR ")] or ratio is None
    own = list_all(effects.filter(endpoint=endpoint, design=design))
    for each in WITH_LIMITS.findall("\n".join(lines)):
        assert each.replace(" ", "") in own, each
    return bool(shown)


def check_overviews(lines, effects, endpoint, designs):
    """Hold the figure of all designs of an endpoint to the effects, both ways."""
    own = list_all(effects.filter(endpoint=endpoint))
    shown = {each.replace(" ", "") for each in WITH_LIMITS.findall("\n".join(lines))}
    assert shown <= own
    for design in designs:
        ratio = Told(effects, endpoint, design).find("hazard_ratio", "treated")
        if ratio is not None and ratio["estimate"] is not None:
            assert told(ratio, 2).replace(" ", "") in shown, design


def check_paper(text, page, grids, figures):
    """Hold the PDF to the page: all that its tables print, and nothing else.

    Where cells stand beside each other in a PDF a number may be read with the digits
    of the cell before it.
    """
    plain = "".join(text.split())
    printed = {
        each.replace(" ", "")
        for grid in grids
        for row in grid.rows
        for cell in row
        for each in WITH_LIMITS.findall(cell)
    }
    assert len(printed) > 100
    assert {each for each in printed if each not in plain} == set()
    told = "\n".join(["\n".join(lines) for lines in figures] + [page])
    known = {each.replace(" ", "") for each in WITH_LIMITS.findall(told)} | printed
    ends = tuple(known)
    assert [
        each for each in WITH_LIMITS.findall(plain) if not each.endswith(ends)
    ] == []
