"""Simulate what two hospitals hand over, and keep what only the model knows."""

import logging

from twoarm.runner import run
from twoarm.simulation.exports import simulate_exports
from twoarm.simulation.files import write_texts, write_workbook
from twoarm.tables.contract import whole
from twoarm.tables.simulation import Truth

log = logging.getLogger(__name__)


def main(a, b, truth, *, seed, scenario):
    """Draw the cohort; write a text file a table, a workbook, and the truth."""
    simulated = simulate_exports(seed, scenario)
    contents = [*write_texts(simulated.tables), write_workbook(simulated.tables)]
    for path, content in zip([*a, b], contents, strict=True):
        with whole(path) as beside:
            beside.write_bytes(content)
    Truth.write(simulated.truth, truth)
    log.info("%d screened", simulated.tables["patients"].height)
    log.info("%d met the criteria", simulated.truth.height)


if __name__ == "__main__":
    run(main, snakemake)
