"""How far a thrombus of tumour reaches into the portal vein."""

from collections.abc import Mapping

import polars as pl

from twoarm.scores.exact import first_of
from twoarm.scores.score import score

# SOURCE: words of Chinese and English reports; a thrombus of blood alone is none of
# tumour, and what is doubtful is not taken for a finding.
_THROMBUS = r"癌栓|瘤栓|充盈缺损|(?i)tumou?r thromb|pvtt|\bvp[1-4]"
_DENIED = r"未见|未及|未发现|没有|无|排除|(?i)\bno\b|without|absent|negative"
_DOUBTFUL = r"可疑|可能|疑似|不除外|待排|[?？]|(?i)suspect|possibl|probabl"
_CLAUSES = "，,。；;、\n"
_SITES = {
    "mesenteric": r"肠系膜上静脉|(?i)mesenteric|\bsmv\b",
    "trunk": r"主干|(?i)main (portal|trunk)|\btrunk\b|\bvp4",
    "first": r"左支|右支|左右支|一级分支|(?i)(left|right) (portal|branch)|\bvp3",
    "second": r"二级分支|[左右][前后内外]支|(?i)second[- ]order|sectora?l|\bvp2",
    "segmental": r"段支|段级|分支|(?i)segmental|peripheral|\bvp1",
}
"""Site, the furthest first, to how it is told."""


_CLAUSE = f"[^{_CLAUSES}]*"
_DENIAL = f"{_CLAUSE}({_DENIED}){_CLAUSE}"
# What stands behind a denial may be another thing: a thrombus without enhancement.
_UNCLEAR = f"({_THROMBUS}){_CLAUSE}({_DENIED})[^{_CLAUSES})）。 ]+"


def _told_sites(text: pl.Expr) -> dict[str, pl.Expr]:
    """Tell which sites the clauses name that deny nothing."""
    asserted = text.str.replace_all(_DENIAL, "")
    thrombus = asserted.str.contains(_THROMBUS)
    return {
        site: thrombus & asserted.str.contains(words) for site, words in _SITES.items()
    }


def _lacks(portal_text: pl.Expr) -> Mapping[str, pl.Expr]:
    asserted = portal_text.str.replace_all(_DENIAL, "").str.contains(_THROMBUS)
    denied = portal_text.str.contains(_THROMBUS) & ~asserted
    told = pl.any_horizontal(*_told_sites(portal_text).values())
    doubt = portal_text.str.contains(_DOUBTFUL) | portal_text.str.contains(_UNCLEAR)
    return {
        "portal_text does not say where": ~told & ~denied,
        "portal_text is in doubt": doubt,
    }


@score(
    ("门静脉右支癌栓", "II"),
    ("门静脉左支充盈缺损", "II"),
    ("门静脉主干癌栓", "III"),
    ("门静脉主干及肠系膜上静脉癌栓", "IV"),
    ("门静脉段支癌栓", "I"),
    ("门静脉未见癌栓", "none"),
    ("门静脉右支癌栓，主干未见癌栓", "II"),
    levels=("none", "I", "II", "III", "IV"),
    lacks=_lacks,
)
def pvtt_cheng(portal_text: pl.Expr) -> pl.Expr:
    """Cheng's type of portal vein tumour thrombus, as a report's text tells it.

    I: segmental or sectoral branches. II: left or right branch. III: main trunk. IV:
    superior mesenteric vein. Clauses that deny it do not count; the furthest does.

    Shi 2011, J Hepatobiliary Pancreat Sci 18:74
    """
    sites = _told_sites(portal_text)
    cases = {
        "IV": sites["mesenteric"],
        "III": sites["trunk"],
        "II": sites["first"],
        "I": sites["second"] | sites["segmental"],
    }
    return first_of(cases, "none")


@score(
    ("门静脉右支癌栓", "Vp3"),
    ("门静脉主干癌栓", "Vp4"),
    ("门静脉二级分支癌栓", "Vp2"),
    ("门静脉段支癌栓", "Vp1"),
    ("门静脉未见癌栓", "Vp0"),
    levels=("Vp0", "Vp1", "Vp2", "Vp3", "Vp4"),
    lacks=_lacks,
)
def pvtt_vp(portal_text: pl.Expr) -> pl.Expr:
    """Japanese type of portal vein tumour thrombus, as a report's text tells it.

    Vp1: beyond second-order branches. Vp2: these. Vp3: first-order branches. Vp4: main
    trunk or mesenteric vein. A type of Cheng alone does not tell it: I is Vp1 or Vp2.

    Liver Cancer Study Group of Japan; Kudo 2015, doi:10.1159/000439101
    """
    sites = _told_sites(portal_text)
    cases = {
        "Vp4": sites["mesenteric"] | sites["trunk"],
        "Vp3": sites["first"],
        "Vp2": sites["second"],
        "Vp1": sites["segmental"],
    }
    return first_of(cases, "Vp0")
