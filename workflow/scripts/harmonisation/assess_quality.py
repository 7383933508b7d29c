"""Count what became of each cell, say where the faults are, compare the centres."""

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
    read = set_marks(Cells.read_lazily(cells), Marks.read(marks))
    Quality.write(summarise_cells(read), quality)
    withheld = Cells.check(read.filter(outcome="withheld").collect(engine="streaming"))
    aside, wrong = Quarantine.read_all(quarantines), Faults.read_all(faults)
    Places.write(list_places(withheld, aside, wrong), places)
    values = Records.read_lazily(records, tables)
    Distributions.write(assess_distributions(values), distributions)
    Spans.write(assess_spans(values), spans)


if __name__ == "__main__":
    run(main, snakemake)
