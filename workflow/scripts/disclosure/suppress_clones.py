"""Hide small counts in what tells of the weights of clones."""

from twoarm.disclosure.clones import (
    suppress_carried,
    suppress_clones,
    suppress_truncations,
)
from twoarm.disclosure.text import neutralise
from twoarm.runner import run
from twoarm.tables.clones import ClonesOverTime
from twoarm.tables.contract import write_csv
from twoarm.tables.propensity import Carried
from twoarm.tables.survival import Truncations


def main(
    truncations_in, carried_in, clones_in, truncations, carried, clones,
    *, minimum_count, minimum_mark,
):  # fmt: skip
    """Write each table as CSV, in the order of its key."""
    fewest = {"minimum_count": minimum_count}
    found = suppress_truncations(Truncations.read(truncations_in), **fewest)
    write_csv(neutralise(found), truncations)
    ages = suppress_carried(Carried.read_all(list(carried_in)), **fewest)
    write_csv(neutralise(ages), carried)
    over_time = ClonesOverTime.read(clones_in)
    left = suppress_clones(over_time, minimum_mark=minimum_mark)
    write_csv(neutralise(left), clones)


if __name__ == "__main__":
    run(main, snakemake)
