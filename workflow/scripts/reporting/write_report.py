"""Write the report: one page that stands alone."""

from pathlib import Path

from twoarm.reporting.content import content_of
from twoarm.reporting.page import image_of, render_page
from twoarm.reporting.sections import report_of
from twoarm.runner import run
from twoarm.tables.contract import write_text
from twoarm.tables.shown import SHOWN


def main(tables, figures, template, page, *, study):
    """Read the disclosed tables and the figures; fill the template."""
    read = {Path(path).stem: SHOWN[Path(path).stem].read_csv(path) for path in tables}
    images = {Path(path).stem: image_of(Path(path).read_bytes()) for path in figures}
    form = Path(template).read_text(encoding="utf-8")
    report = report_of(content_of(study, read, images))
    write_text(render_page(form, {"report": report, "images": images}), page)


if __name__ == "__main__":
    run(main, snakemake)
