"""Bring the records of all centres together, one person once."""

from pathlib import Path

from twoarm.harmonisation.persons import link_records
from twoarm.harmonisation.reviews import read_answers
from twoarm.runner import run
from twoarm.tables import harmonisation as held
from twoarm.tables.cohort import Quarantine
from twoarm.tables.contract import write_csv
from twoarm.tables.ingestion import Faults


def main(
    records, ledgers, cells, answers, linked, persons, reviews, form, conflicts, faults,
    quarantine, ledger, marks, *, tables, data_cut, reasons,
):  # fmt: skip
    """Write the records of persons, and what became of the rows that are not there."""
    told = held.Records.read_lazily(records, tables), held.Ledger.read_all(ledgers)
    partial = held.Cells.read_flagged(cells, "date_partial")
    paths = {Path(path).stem: path for path in linked}
    found = link_records(
        *told, partial, read_answers(answers), data_cut=data_cut, reasons=reasons,
        hand_on=lambda table, rows: held.Records.write(rows, paths[table]),
    )  # fmt: skip
    for contract, frame, path in (
        (held.Persons, found.persons, persons),
        (held.Reviews, found.reviews, reviews),
        (held.Conflicts, found.conflicts, conflicts),
        (held.Ledger, found.ledger, ledger),
        (held.Marks, found.marks, marks),
        (Faults, found.faults, faults),
        (Quarantine, found.quarantine, quarantine),
    ):
        contract.write(frame, path)
    write_csv(found.reviews, form)


if __name__ == "__main__":
    run(main, snakemake)
