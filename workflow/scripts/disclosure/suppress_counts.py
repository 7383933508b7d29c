"""Hide small counts in all tables that may leave."""

from twoarm.disclosure import counts
from twoarm.disclosure.text import neutralise
from twoarm.runner import run
from twoarm.tables.cohort import Attrition, Audit
from twoarm.tables.contract import whole
from twoarm.tables.harmonisation import Ledger
from twoarm.tables.propensity import Balance, Diagnostics, Dropped, Interactions
from twoarm.tables.survival import Curves, Effects


def main(
    effects_in, curves_in, balance_in, interactions_in, diagnostics_in, dropped_in,
    attrition_in, audit_in, ledger_in, tables, *, minimum_count, minimum_at_risk,
    restarted,
):  # fmt: skip
    """Write each table as CSV, in the order of its key."""
    fewest, audit = {"minimum_count": minimum_count}, Audit.read(audit_in)
    balance, lines = Balance.read(balance_in), Curves.read_all(curves_in)
    hidden = counts.find_hidden(balance, **fewest)
    all_designs = Diagnostics.read(diagnostics_in)
    designs = counts.suppress_diagnostics(all_designs, hidden, **fewest)
    effects = Effects.read_all(effects_in)
    effects = counts.label_effects(effects, audit, designs, restarted=restarted)
    found = [
        counts.suppress_effects(effects, **fewest),
        counts.suppress_tails(lines, minimum_at_risk=minimum_at_risk),
        counts.suppress_levels(balance, **fewest),
        counts.suppress_interactions(Interactions.read(interactions_in), hidden),
        designs,
        counts.suppress_dropped(Dropped.read(dropped_in), **fewest),
        counts.suppress_steps(Attrition.read(attrition_in), **fewest),
        counts.suppress_audit(audit, **fewest),
        counts.suppress_ledger(Ledger.read(ledger_in), **fewest),
    ]
    for path, table in zip(tables, found, strict=True):
        with whole(path) as beside:
            neutralise(table).write_csv(beside)


if __name__ == "__main__":
    run(main, snakemake)
