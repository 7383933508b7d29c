"""Hide small counts of checks and of fragility, and lay out the regression."""

from twoarm.disclosure.results import (
    select_regressions,
    suppress_checks,
    suppress_differences,
    suppress_influence,
    suppress_smooths,
)
from twoarm.disclosure.text import neutralise
from twoarm.runner import run
from twoarm.tables.contract import write_csv
from twoarm.tables.fragility import Checks, Influence, Tipping
from twoarm.tables.survival import Differences, Effects, Proportionality


def main(
    effects, tipping_in, influence_in, checks_in, smooths_in, differences_in, tables,
    *, minimum_count, minimum_at_risk,
):  # fmt: skip
    """Write each table as CSV, in the order of its key."""
    moved, drawn = Influence.read(influence_in), Proportionality.read(smooths_in)
    apart = Differences.read_all(differences_in)
    fewest = {"minimum_count": minimum_count, "minimum_at_risk": minimum_at_risk}
    found = [
        Tipping.read(tipping_in),
        suppress_influence(moved, minimum_count=minimum_count),
        suppress_checks(Checks.read(checks_in)),
        select_regressions(Effects.read_csv(effects)),
        suppress_smooths(drawn, **fewest),
        suppress_differences(apart, minimum_at_risk=minimum_at_risk),
    ]
    for path, table in zip(tables, found, strict=True):
        write_csv(neutralise(table), path)


if __name__ == "__main__":
    run(main, snakemake)
