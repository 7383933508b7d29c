"""Count what became of each cell, say where the faults are, compare the centres."""

import polars as pl

from twoarm.harmonisation.cells import set_marks
from twoarm.harmonisation.distributions import assess_distributions, assess_spans
from twoarm.harmonisation.quality import list_places, summarise_cells
from twoarm.runner import run
from twoarm.tables.cohort import Quarantine
from twoarm.tables.harmonisation import Cells, Marks, Records
from twoarm.tables.ingestion import Faults
from twoarm.tables.quality import Distributions, Places, Quality, Spans


def main(
    cells, records, quarantines, faults, marks, quality, places, distributions, spans,
    *, tables,
):  # fmt: skip
    """Read the cells of all centres; count them, and look at the values."""
    told, counts, kept = Marks.read(marks), [], []
    for path in cells:  # all centres at once would not fit
        read = set_marks(Cells.read(path), told)
        counts.append(summarise_cells(read))
        kept.append(read.filter(outcome="withheld"))
    Quality.write(pl.concat(counts), quality)
    aside, wrong = Quarantine.read_all(quarantines), Faults.read_all(faults)
    found = list_places(pl.concat(kept), aside, wrong)
    Places.write(found, places)
    values = Records.read_tables(records, tables)
    Distributions.write(assess_distributions(values), distributions)
    Spans.write(assess_spans(values), spans)


if __name__ == "__main__":
    run(main, snakemake)
