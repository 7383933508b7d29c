"""Simulate what five hospitals hand over, and keep what only the model knows."""

import logging
from pathlib import Path

from twoarm.runner import run
from twoarm.simulation.centres import derive_answers, write_exports
from twoarm.simulation.exports import simulate_exports
from twoarm.tables.contract import whole, write_csv
from twoarm.tables.simulation import AnswerKey, Truth

log = logging.getLogger(__name__)


def main(exports, truth, linkage, key, *, seed, scenario):
    """Draw the cohort; write the files of each centre, the truth, and the key."""
    simulated = simulate_exports(seed, scenario)
    folder = write_exports(seed, simulated)
    for path in exports:
        with whole(path) as beside:
            beside.write_bytes(folder.files[Path(path).name])
    Truth.write(simulated.truth, truth)
    write_csv(derive_answers(simulated.second), linkage)
    AnswerKey.write(folder.key, key)
    log.info("%d records", simulated.tables["patients"].height)
    log.info("%d met the criteria", simulated.truth.height)
    log.info(
        "%d cells at fault", folder.key.filter(folder.key["kind"] != "clean").height
    )


if __name__ == "__main__":
    run(main, snakemake)
