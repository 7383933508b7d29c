"""Write the protocol: the target trial beside its emulation."""

from twoarm.disclosure.text import neutralise
from twoarm.reporting.protocol import protocol_of
from twoarm.runner import run
from twoarm.tables.cohort import Attrition, Audit
from twoarm.tables.contract import write_csv
from twoarm.tables.reporting import Protocol


def main(attrition, audit, protocol, *, study, clocks):
    """Write a row a component."""
    found = protocol_of(
        study,
        clocks,
        attrition=Attrition.read_csv(attrition),
        audit=Audit.read_csv(audit),
    )
    write_csv(neutralise(Protocol.check(found)), protocol)


if __name__ == "__main__":
    run(main, snakemake)
