"""Describe response, surgery and adverse events of the arms."""

from pathlib import Path

from twoarm.cohort.adverse_events import describe_adverse_events
from twoarm.cohort.operations import describe_operations
from twoarm.cohort.response_rates import describe_responses
from twoarm.runner import run
from twoarm.tables.care import AdverseEvents, Findings
from twoarm.tables.cohort import Candidates, Patients
from twoarm.tables.harmonisation import Ledger, Records
from twoarm.tables.outcomes import Adjuvant


def main(
    candidates, patients, records, ledgers, adjuvant_in, response, surgery, adverse,
    *, labels, confidence,
):  # fmt: skip
    """Write each table of the analysed alone; a table may be in no centre's exports."""
    analysed = Patients.read(patients).select("patient_id")
    people = Candidates.read(candidates).join(analysed, on="patient_id", how="semi")
    told = Records.read_tables(records, [Path(path).stem for path in records])
    ledger = Ledger.read_all(ledgers)
    reporting = {name: {*ledger.filter(table=name)["centre"]} for name in told}
    named = {"labels": labels, "confidence": confidence}
    Findings.write(describe_responses(people, told["assessments"], **named), response)
    operated = describe_operations(
        people, told, Adjuvant.read(adjuvant_in),
        reporting=reporting["complications"], **named,
    )  # fmt: skip
    Findings.write(operated, surgery)
    events = describe_adverse_events(
        people, told["adverse_events"], reporting=reporting["adverse_events"], **named
    )
    AdverseEvents.write(events, adverse)


if __name__ == "__main__":
    run(main, snakemake)
