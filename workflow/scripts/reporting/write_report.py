"""Write the report: one page that stands alone, and a Word file."""

from pathlib import Path

from twoarm.reporting.content import content_of
from twoarm.reporting.page import image_of, render_page
from twoarm.reporting.sections import report_of
from twoarm.reporting.typesetting import pictures_of
from twoarm.reporting.word import render_word
from twoarm.runner import run
from twoarm.tables.contract import write_bytes, write_text
from twoarm.tables.shown import SHOWN


def main(tables, figures, template, page, word, *, study):
    """Read the disclosed tables and the figures; say the same in each form."""
    read = {Path(path).stem: SHOWN[Path(path).stem].read_csv(path) for path in tables}
    drawn = {Path(path).stem: Path(path).read_bytes() for path in figures}
    report = report_of(content_of(study, read, drawn))
    form = Path(template).read_text(encoding="utf-8")
    images = {name: image_of(svg) for name, svg in drawn.items()}
    write_text(render_page(form, {"report": report, "images": images}), page)
    write_bytes(render_word(report, pictures_of(drawn)), word)


if __name__ == "__main__":
    run(main, snakemake)
