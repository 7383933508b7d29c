"""How a Word file of the report looks."""

from typing import Any

from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt, RGBColor

LATIN, CHINESE = "Arial", "Microsoft YaHei"
SIZES = {"Normal": 10, "Title": 20, "Subtitle": 12, "Caption": 8.5}
SIZES |= {"Heading 1": 14, "Heading 2": 11}
SOFT, INK = RGBColor(0x5B, 0x5B, 0x60), RGBColor(0x1C, 0x1C, 0x1E)
BARS = {
    "headline": ("1C1C1E", "FFFFFF"),
    "verdict": ("5B5B60", "F5F5F7"),
    "biased": ("8A1C2B", "FBEEF0"),
}
"""Look of a box to the colours of its bar and its ground."""


def set_styles(document: Any) -> None:
    """Set the fonts, sizes and spaces of the house; add the style of a cell."""
    styles = document.styles
    cell = styles.add_style("Cell", WD_STYLE_TYPE.PARAGRAPH)
    cell.base_style = styles["Normal"]
    for name, size in {**SIZES, "Cell": 7.5}.items():
        style = styles[name]
        style.font.size, style.font.italic = Pt(size), False
        style.font.bold = name.startswith(("Title", "Heading"))
        style.font.color.rgb = SOFT if name in ("Subtitle", "Caption") else INK
        style.paragraph_format.space_after = Pt(0 if name == "Cell" else 6)
        _name_fonts(style)
    for language in styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), "en-GB")
        language.set(qn("w:eastAsia"), "zh-CN")
    for border in styles["Title"].element.iter(qn("w:pBdr")):
        border.getparent().remove(border)


def _name_fonts(style: Any) -> None:
    """Name the fonts of Latin and Chinese letters, instead of those of the theme."""
    style.font.name = LATIN
    fonts = style.element.rPr.rFonts
    for key in [key for key in fonts.attrib if "Theme" in key]:
        del fonts.attrib[key]
    for kind, name in (("hAnsi", LATIN), ("cs", LATIN), ("eastAsia", CHINESE)):
        fonts.set(qn(f"w:{kind}"), name)


def make(tag: str, **attributes: str) -> Any:
    """Make an element of Word's own, with attributes of its own.

    >>> make("w:jc", val="right").xml.split()[-1]
    'w:val="right"/>'
    """
    element = OxmlElement(tag)
    for name, value in attributes.items():
        element.set(qn(f"w:{name}"), value)
    return element


ORDER = [
    *("pStyle", "keepNext", "pBdr", "shd", "spacing", "ind", "jc"),
    *("tblStyle", "tblW", "tblBorders", "tblLayout", "tblCellMar", "tblLook"),
    *("tcW", "tcBorders"),
]
"""Properties in the order that the format asks for (ISO/IEC 29500-1, 17.3 and 17.4)."""


def sort_properties(properties: Any) -> None:
    """Put the properties of a paragraph, a table or a cell in the order of the format.

    Word refuses a file in which they have another.
    """
    named = {qn(f"w:{name}"): place for place, name in enumerate(ORDER)}
    properties[:] = sorted(properties, key=lambda each: named[each.tag])


def draw_bar(paragraph: Any, look: str) -> None:
    """Draw a bar to the left of a paragraph, and shade it."""
    bar, ground = BARS[look]
    borders = make("w:pBdr")
    borders.append(make("w:left", val="single", sz="24", space="8", color=bar))
    shade = make("w:shd", val="clear", color="auto", fill=ground)
    properties = paragraph._p.get_or_add_pPr()
    properties.extend([borders, shade, make("w:ind", left="240")])
    sort_properties(properties)


def add_page_number(section: Any) -> None:
    """Add the number of each page at its foot."""
    paragraph = section.footer.paragraphs[0]
    run = paragraph.add_run()
    for kind in ("begin", "", "end"):
        if kind:
            run._r.append(make("w:fldChar", fldCharType=kind))
        else:
            asked = make("w:instrText")
            asked.text = "PAGE"
            run._r.append(asked)
    paragraph._p.get_or_add_pPr().append(make("w:jc", val="right"))
