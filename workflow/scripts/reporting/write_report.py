"""Write the report: one page that stands alone."""

from pathlib import Path

from twoarm.reporting.content import content_of
from twoarm.reporting.page import image_of, render_page
from twoarm.runner import run
from twoarm.tables.cohort import Audit, Missingness
from twoarm.tables.contract import write_text
from twoarm.tables.description import Description
from twoarm.tables.harmonisation import Ledger
from twoarm.tables.propensity import Balance, Diagnostics, Dropped
from twoarm.tables.reporting import Protocol
from twoarm.tables.survival import Effects


def main(
    effects, balance, diagnostics, dropped, audit, ledger, protocol, baseline,
    missingness, figures, template, page, *, study,
):  # fmt: skip
    """Read the disclosed tables and the figures; fill the template."""
    content = content_of(
        study,
        effects=Effects.read_csv(effects),
        balance=Balance.read_csv(balance),
        diagnostics=Diagnostics.read_csv(diagnostics),
        dropped=Dropped.read_csv(dropped),
        audit=Audit.read_csv(audit),
        ledger=Ledger.read_csv(ledger),
        protocol=Protocol.read_csv(protocol),
        baseline=Description.read_csv(baseline),
        missingness=Missingness.read_csv(missingness),
        images={Path(path).stem: image_of(Path(path).read_bytes()) for path in figures},
    )
    form = Path(template).read_text(encoding="utf-8")
    write_text(render_page(form, content), page)


if __name__ == "__main__":
    run(main, snakemake)
