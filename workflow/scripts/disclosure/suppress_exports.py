"""Hide small counts in what is known of exports alone."""

from twoarm.disclosure.adverse_events import suppress_adverse_events
from twoarm.disclosure.care import suppress_findings
from twoarm.disclosure.exports import (
    suppress_quality,
    suppress_scans,
    suppress_versions,
)
from twoarm.disclosure.text import neutralise
from twoarm.runner import run
from twoarm.tables.care import AdverseEvents, Findings
from twoarm.tables.contract import write_csv
from twoarm.tables.criteria import Versions
from twoarm.tables.outcomes import Scans
from twoarm.tables.quality import Quality


def main(
    versions, scans_in, quality_in, response_in, surgery_in, adverse_in,
    criteria, scans, quality, response, surgery, adverse, *, minimum_count,
):  # fmt: skip
    """Write each table as CSV, in the order of its key."""
    steps = (
        (suppress_versions, Versions, versions, criteria),
        (suppress_scans, Scans, scans_in, scans),
        (suppress_quality, Quality, quality_in, quality),
        (suppress_findings, Findings, response_in, response),
        (suppress_findings, Findings, surgery_in, surgery),
        (suppress_adverse_events, AdverseEvents, adverse_in, adverse),
    )
    for suppress, contract, source, target in steps:
        shown = suppress(contract.read(source), minimum_count=minimum_count)
        write_csv(neutralise(shown), target)


if __name__ == "__main__":
    run(main, snakemake)
