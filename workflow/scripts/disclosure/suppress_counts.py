"""Hide small counts in all tables that may leave."""

from twoarm.disclosure.counts import (
    suppress_cells,
    suppress_ledger,
    suppress_levels,
    suppress_steps,
    suppress_tails,
)
from twoarm.disclosure.text import neutralise
from twoarm.runner import run
from twoarm.tables.cohort import Attrition, Audit
from twoarm.tables.contract import whole
from twoarm.tables.harmonisation import Ledger
from twoarm.tables.propensity import Balance
from twoarm.tables.survival import Curves, Effects

ARMS = ["n_treated", "n_control", "events_treated", "events_control"]
WAITING = ["n_patients", "n_event", "n_waiting", "n_event_control_waiting"]


def main(
    effects_in, curves_in, balance_in, attrition_in, audit_in, ledger_in,
    effects, curves, balance, attrition, audit, ledger, *,
    minimum_count, minimum_at_risk,
):  # fmt: skip
    """Write each table as CSV, in the order of its key."""
    fewest = {"minimum_count": minimum_count}
    steps = suppress_tails(Curves.read_all(curves_in), minimum_at_risk=minimum_at_risk)
    tables = {
        effects: suppress_cells(Effects.read_all(effects_in), ARMS, **fewest),
        curves: steps,
        balance: suppress_levels(Balance.read(balance_in), **fewest),
        attrition: suppress_steps(Attrition.read(attrition_in), **fewest),
        audit: suppress_cells(Audit.read(audit_in), WAITING, **fewest),
        ledger: suppress_ledger(Ledger.read_all(ledger_in), **fewest),
    }
    for path, table in tables.items():
        with whole(path) as beside:
            neutralise(table).write_csv(beside)


if __name__ == "__main__":
    run(main, snakemake)
