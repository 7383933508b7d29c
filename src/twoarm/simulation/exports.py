"""The invented cohort as a whole: the tables of the dictionary, and the truth."""

from typing import NamedTuple

import numpy as np
import polars as pl

from twoarm.simulation.assessments import simulate_assessments
from twoarm.simulation.drugs import simulate_drugs
from twoarm.simulation.endpoints import (
    simulate_exported_survival,
    simulate_margins,
    simulate_viable_sums,
)
from twoarm.simulation.findings import simulate_findings, simulate_histology
from twoarm.simulation.labs import simulate_labs
from twoarm.simulation.people import simulate_people
from twoarm.simulation.records import (
    derive_follow_ups,
    simulate_patients,
    simulate_surgeries,
    simulate_treatments,
)
from twoarm.simulation.scenarios import SCENARIOS
from twoarm.simulation.truth import derive_truth

ENDPOINTS = 1
"""Sets the random numbers of `simulation.endpoints` apart from all others."""


class Simulated(NamedTuple):
    """What the hospitals know, and what only the model knows."""

    tables: dict[str, pl.DataFrame]
    """Table of the dictionary, in its order, to the rows of all centres, in the
    dictionary's units, with `centre`."""
    truth: pl.DataFrame
    """One row a patient who met the criteria, as the contract Truth."""


def simulate_exports(seed: int, scenario: str) -> Simulated:
    """Draw the screened patients of two centres and all that is noted of them.

    Each table has random numbers of its own, so that a change of one leaves the others
    as they are.

    Parameters
    ----------
    seed
        Seed of the random numbers.
    scenario
        What surgery does: a name in `SCENARIOS`.
    """
    flow, *own = np.random.default_rng(seed).spawn(9)
    margins, viable, months = np.random.default_rng([seed, ENDPOINTS]).spawn(3)
    people = simulate_people(flow, SCENARIOS[scenario])
    assessments = simulate_assessments(own[1], people)
    found = simulate_findings(own[6], assessments, people)
    tables = {
        "patients": simulate_histology(
            own[5], simulate_patients(own[0], people), people
        ),
        "assessments": simulate_viable_sums(viable, people, found),
        "labs": simulate_labs(own[2], people),
        "treatments": simulate_drugs(own[7], simulate_treatments(own[3], people)),
        "surgeries": simulate_margins(margins, simulate_surgeries(own[4], people)),
        "follow_ups": simulate_exported_survival(
            months, people, derive_follow_ups(people, assessments)
        ),
    }
    return Simulated(tables, derive_truth(people))
