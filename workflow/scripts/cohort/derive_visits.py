"""Make candidates of visits: time zero is a patient's first, or first qualifying."""

from twoarm.cohort.eligibility import derive_eligible
from twoarm.cohort.index_rows import (
    check_clock,
    derive_from_visits,
    derive_unusable,
    restrict_qualifying,
    start_visits,
)
from twoarm.runner import run
from twoarm.tables.cohort import Attrition, Candidates
from twoarm.tables.harmonisation import Aside, Records


def main(
    records, aside, candidates, attrition, *, when, time_zero, eligibility, endpoints
):
    """Find each patient's index visit, and when the treatment came."""
    visits = derive_eligible(Records.read(records), eligibility)
    gone, event = Aside.read_all(aside), f"{endpoints[0]}_event"
    steps, qualifying = start_visits(visits, gone, event=event), visits
    if time_zero == "first_qualifying":
        qualifying, steps = restrict_qualifying(visits, steps, eligibility, event=event)
    index = derive_from_visits(visits, when=when, qualifying=qualifying)
    check_clock(index, visits, endpoints)
    Candidates.write(derive_unusable(index, gone), candidates)
    Attrition.write(steps, attrition)


if __name__ == "__main__":
    run(main, snakemake)
