"""Hide small counts in all tables that may leave."""

from twoarm.disclosure import counts
from twoarm.disclosure.text import neutralise
from twoarm.runner import run
from twoarm.tables.cohort import Attrition, Audit
from twoarm.tables.contract import whole
from twoarm.tables.harmonisation import Ledger
from twoarm.tables.propensity import Balance
from twoarm.tables.survival import Curves, Effects


def main(
    effects_in, curves_in, balance_in, attrition_in, audit_in, ledger_in,
    effects, curves, balance, attrition, audit, ledger, *,
    minimum_count, minimum_at_risk,
):  # fmt: skip
    """Write each table as CSV, in the order of its key."""
    fewest, found = {"minimum_count": minimum_count}, Audit.read(audit_in)
    labelled = counts.label_biased(Effects.read_all(effects_in), found)
    lines = Curves.read_all(curves_in)
    tables = {
        effects: counts.suppress_effects(labelled, **fewest),
        curves: counts.suppress_tails(lines, minimum_at_risk=minimum_at_risk),
        balance: counts.suppress_levels(Balance.read(balance_in), **fewest),
        attrition: counts.suppress_steps(Attrition.read(attrition_in), **fewest),
        audit: counts.suppress_audit(found, **fewest),
        ledger: counts.suppress_ledger(Ledger.read(ledger_in), **fewest),
    }
    for path, table in tables.items():
        with whole(path) as beside:
            neutralise(table).write_csv(beside)


if __name__ == "__main__":
    run(main, snakemake)
