"""Write the report: one page that stands alone, a Word file and a PDF."""

from pathlib import Path

from twoarm.origins import read_origins
from twoarm.reporting.chinese import names_of, translate_paper, translate_report
from twoarm.reporting.content import content_of
from twoarm.reporting.lineage import lineage_of
from twoarm.reporting.page import image_of, packed_of, render_page
from twoarm.reporting.phrases import Phrases, read_phrases
from twoarm.reporting.sections import report_of
from twoarm.reporting.typesetting import pictures_of, render_paper
from twoarm.reporting.word import render_word
from twoarm.runner import run
from twoarm.tables.contract import write_bytes, write_text
from twoarm.tables.shown import SHOWN


def main(tables, figures, origins, templates, page, word, paper, *, study):
    """Read the disclosed tables and figures; say it in each form."""
    read = {Path(path).stem: SHOWN[Path(path).stem].read_csv(path) for path in tables}
    drawn = {Path(path).stem: Path(path).read_bytes() for path in figures}
    others = {name.split(".")[0]: drawn.pop(name) for name in [*drawn] if "." in name}
    forms = {Path(p).suffix: Path(p).read_text(encoding="utf-8") for p in templates}
    report = report_of(content_of(study, read, drawn))
    phrases = Phrases(read_phrases(forms[".yaml"]), names_of(study, read))
    told = translate_report(report, phrases, read["attrition"]["reason"])
    shown = {"report": report, "chinese": told, "script": forms[".js"]}
    shown |= {"images": {name: image_of(svg) for name, svg in drawn.items()}}
    shown |= {"language": study["language"], "others": packed_of(others)}
    shown |= lineage_of(study, read, read_origins(origins))
    write_text(render_page(forms[".html"], shown), page)
    if study["language"] == "zh":
        report = translate_paper(report, told)
    write_bytes(render_word(report, pictures_of(drawn)), word)
    write_bytes(render_paper(forms[".typ"], report, drawn), paper)


if __name__ == "__main__":
    run(main, snakemake)
