"""Write the data quality page, which stays inside the hospital."""

from importlib.metadata import version
from pathlib import Path

from twoarm.reporting.page import render_page
from twoarm.reporting.quality import describe_quality
from twoarm.runner import run
from twoarm.tables.contract import write_text
from twoarm.tables.harmonisation import Conflicts, Ledger, Persons, Reviews
from twoarm.tables.quality import Distributions, Places, Quality, Spans


def main(
    quality, places, distributions, spans, persons, reviews, conflicts, ledger,
    template, page, *, title, reasons,
):  # fmt: skip
    """Read what is known of the exports; fill the template."""
    tables = {
        "quality": Quality.read(quality),
        "places": Places.read(places),
        "distributions": Distributions.read(distributions),
        "spans": Spans.read(spans),
        "ledger": Ledger.read(ledger),
        "persons": Persons.read(persons),
        "reviews": Reviews.read(reviews),
        "conflicts": Conflicts.read(conflicts),
    }
    content = describe_quality(tables, reasons=reasons)
    named = {"title": title, "version": version("twoarm")}
    form = Path(template).read_text(encoding="utf-8")
    write_text(render_page(form, {**content, **named}), page)


if __name__ == "__main__":
    run(main, snakemake)
