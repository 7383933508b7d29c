"""Write the data quality page, which stays inside the hospital."""

from importlib.metadata import version
from pathlib import Path

from twoarm.disclosure.text import neutralise
from twoarm.reporting.page import render_page
from twoarm.reporting.quality import describe_quality, select_lists
from twoarm.runner import run
from twoarm.tables.contract import write_csv, write_text
from twoarm.tables.harmonisation import Conflicts, Ledger, Persons, Reviews
from twoarm.tables.quality import Distributions, Places, Quality, Spans


def main(
    quality, places, distributions, spans, persons, reviews, conflicts, ledger,
    template, page, lists, *, title, reasons,
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
    found = select_lists(tables)
    for path in lists:
        write_csv(neutralise(found[Path(path).stem]), path)


if __name__ == "__main__":
    run(main, snakemake)
