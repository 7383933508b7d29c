"""Hide small counts of checks and of fragility, and lay out the regression."""

from twoarm.disclosure import results
from twoarm.disclosure.curves import suppress_months
from twoarm.disclosure.text import neutralise
from twoarm.runner import run
from twoarm.tables.contract import write_csv
from twoarm.tables.fragility import Checks, Influence, Tipping
from twoarm.tables.survival import Curves, Differences, Effects, Proportionality


def main(
    effects, curves, tipping_in, influence_in, checks_in, smooths_in, differences_in,
    tables, *, labels, minimum_count, minimum_at_risk, minimum_mark,
):  # fmt: skip
    """Write each table as CSV, in the order of its key."""
    moved, drawn = Influence.read(influence_in), Proportionality.read(smooths_in)
    apart = Differences.read_all(differences_in)
    apart = results.suppress_differences(apart, minimum_at_risk=minimum_at_risk)
    lines = Curves.read_csv(curves) if minimum_mark > 1 else None
    fewest = {"minimum_count": minimum_count, "minimum_at_risk": minimum_at_risk}
    found = [
        Tipping.read(tipping_in),
        results.suppress_influence(moved, minimum_count=minimum_count),
        results.suppress_checks(Checks.read(checks_in)),
        results.select_regressions(Effects.read_csv(effects)),
        results.suppress_smooths(drawn, **fewest, minimum_mark=minimum_mark),
        apart if lines is None else suppress_months(apart, lines, labels),
    ]
    for path, table in zip(tables, found, strict=True):
        write_csv(neutralise(table), path)


if __name__ == "__main__":
    run(main, snakemake)
