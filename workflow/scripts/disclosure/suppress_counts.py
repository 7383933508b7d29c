"""Hide small counts in all tables that may leave."""

from twoarm.disclosure import counts, curves, designs
from twoarm.disclosure.text import neutralise
from twoarm.runner import run
from twoarm.tables import propensity as of
from twoarm.tables.cohort import Attrition, Audit
from twoarm.tables.contract import write_csv
from twoarm.tables.diagnostics import Diagnostics, Dropped
from twoarm.tables.harmonisation import Ledger
from twoarm.tables.survival import Curves, Effects


def main(
    effects_in, curves_in, balance_in, interactions_in, diagnostics_in, dropped_in,
    attrition_in, audit_in, ledger_in, tables, *, minimum_count, steps,
):  # fmt: skip
    """Write each table as CSV, in the order of its key."""
    fewest, audit = {"minimum_count": minimum_count}, Audit.read(audit_in)
    balance, sizes = of.Balance.read(balance_in), Diagnostics.read(diagnostics_in)
    hidden = designs.find_hidden(balance, sizes, **fewest)
    told = designs.suppress_diagnostics(sizes, hidden, **fewest)
    effects = counts.label_effects(Effects.read_all(effects_in), audit, told)
    found = [
        counts.suppress_effects(effects, **fewest, minimum_mark=steps["minimum_mark"]),
        curves.suppress_curves(Curves.read_all(curves_in), **steps),
        designs.suppress_levels(balance, hidden),
        designs.suppress_interactions(of.Interactions.read(interactions_in), hidden),
        told,
        designs.suppress_dropped(Dropped.read(dropped_in), **fewest),
        counts.suppress_steps(Attrition.read(attrition_in), **fewest),
        counts.suppress_audit(audit, **fewest),
        counts.suppress_ledger(Ledger.read(ledger_in), **fewest),
    ]
    for path, table in zip(tables, found, strict=True):
        write_csv(neutralise(table), path)


if __name__ == "__main__":
    run(main, snakemake)
