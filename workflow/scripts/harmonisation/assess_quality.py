"""Count what became of each cell, say where the faults are, compare the centres."""

from itertools import chain

import polars as pl

from twoarm.harmonisation.cells import set_marks
from twoarm.harmonisation.distributions import assess_distributions, assess_spans
from twoarm.harmonisation.quality import add_counts, list_places, summarise_cells
from twoarm.runner import run
from twoarm.tables.cohort import Quarantine
from twoarm.tables.harmonisation import Cells, Marks, Records
from twoarm.tables.ingestion import Faults
from twoarm.tables.pieces import read_pieces
from twoarm.tables.quality import Distributions, Places, Quality, Spans


def main(
    cells, records, quarantines, faults, marks, quality, places, distributions, spans,
    *, tables,
):  # fmt: skip
    """Read the cells of all centres; count them, and look at the values."""
    told, counts, kept = Marks.read(marks), [], []
    for piece in chain.from_iterable(map(read_pieces, cells)):
        read = set_marks(Cells.check(piece), told)
        counts.append(summarise_cells(read))
        kept.append(read.filter(outcome="withheld"))
    Quality.write(add_counts(counts), quality)
    aside, wrong = Quarantine.read_all(quarantines), Faults.read_all(faults)
    found = list_places(pl.concat(kept), aside, wrong)
    Places.write(found, places)
    values = Records.read_lazily(records, tables)
    Distributions.write(assess_distributions(values), distributions)
    Spans.write(assess_spans(values), spans)


if __name__ == "__main__":
    run(main, snakemake)
