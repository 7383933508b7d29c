"""The invented cohort as a whole: the tables of the dictionary, and the truth."""

from typing import NamedTuple

import numpy as np
import polars as pl

from twoarm.simulation.adverse import simulate_adverse_events
from twoarm.simulation.assessments import simulate_assessments
from twoarm.simulation.drugs import simulate_drugs
from twoarm.simulation.duplicates import (
    list_eligible,
    simulate_repeats,
    simulate_transfers,
)
from twoarm.simulation.endpoints import (
    derive_survival,
    simulate_margins,
    simulate_viable_sums,
)
from twoarm.simulation.findings import simulate_findings, simulate_histology
from twoarm.simulation.identities import simulate_identities
from twoarm.simulation.labs import simulate_labs
from twoarm.simulation.lesions import simulate_lesions, simulate_reports
from twoarm.simulation.operations import simulate_complications, simulate_operations
from twoarm.simulation.panel import simulate_panel, simulate_wards
from twoarm.simulation.people import simulate_people
from twoarm.simulation.records import (
    derive_follow_ups,
    simulate_patients,
    simulate_surgeries,
    simulate_treatments,
)
from twoarm.simulation.scenarios import SCENARIOS
from twoarm.simulation.truth import derive_truth

ENDPOINTS, WARDS, COPIES, EVENTS = 1, 2, 3, 5
"""Each sets the random numbers of some tables apart from all others."""
TABLES = (
    "patients", "assessments", "lesions", "labs", "treatments", "surgeries",
    "complications", "adverse_events", "follow_ups",
)  # fmt: skip
"""Tables of the dictionary that are simulated."""


class Simulated(NamedTuple):
    """What the hospitals know, and what only the model knows."""

    tables: dict[str, pl.DataFrame]
    """Table of the dictionary, in its order, to the rows of all centres, in the
    dictionary's units, with `centre`."""
    truth: pl.DataFrame
    """One row a patient who met the criteria, as the contract Truth."""
    second: pl.DataFrame
    """One row a record that is not a person's first, as `duplicates` gives them."""
    eligible: pl.DataFrame
    """`centre` and `patient_id` of all records of those who met the criteria."""


class Persons(NamedTuple):
    """Persons, and the tables in which each has one record, where first treated."""

    people: pl.DataFrame
    tables: dict[str, pl.DataFrame]


def simulate_exports(seed: int, scenario: str) -> Simulated:
    """Draw the screened patients of five centres and all that is noted of them.

    Each table has random numbers of its own, so that a change of one leaves the others
    as they are.

    Parameters
    ----------
    seed
        Seed of the random numbers.
    scenario
        What surgery does: a name in `SCENARIOS`.
    """
    people, tables = simulate_persons(seed, scenario)
    across, within = np.random.default_rng([seed, COPIES]).spawn(2)
    moved, transfers = simulate_transfers(across, people, tables)
    moved["follow_ups"] = derive_survival(moved["follow_ups"], moved["patients"])
    told, repeats = simulate_repeats(within, moved, transfers)
    second = pl.concat([transfers, repeats])
    return Simulated(
        {name: told[name] for name in TABLES},
        derive_truth(people),
        second,
        list_eligible(people, second),
    )


def simulate_persons(seed: int, scenario: str) -> Persons:
    """Draw the screened patients, each of one centre, and all that is noted of them.

    Parameters
    ----------
    seed, scenario
        As of `simulate_exports`.
    """
    flow, *own = np.random.default_rng(seed).spawn(9)
    margins, viable = np.random.default_rng([seed, ENDPOINTS]).spawn(2)
    ward, identity, panel, report, lesion = np.random.default_rng([seed, WARDS]).spawn(
        5
    )
    people = simulate_people(flow, SCENARIOS[scenario])
    assessments = simulate_assessments(own[1], people)
    found = simulate_findings(own[6], assessments, people)
    patients = simulate_histology(own[5], simulate_patients(own[0], people), people)
    exams = simulate_reports(report, simulate_viable_sums(viable, people, found))
    toxic, course, theatre = np.random.default_rng([seed, EVENTS]).spawn(3)
    regimens = simulate_treatments(own[3], people)
    resected = simulate_margins(margins, simulate_surgeries(own[4], people))
    tables = {
        "patients": simulate_identities(
            identity, simulate_wards(ward, patients, people)
        ),
        "assessments": exams,
        "lesions": simulate_lesions(lesion, exams),
        "labs": simulate_panel(panel, simulate_labs(own[2], people)),
        "treatments": simulate_drugs(own[7], regimens),
        "surgeries": simulate_operations(theatre, resected),
        "complications": simulate_complications(course, people),
        "adverse_events": simulate_adverse_events(toxic, regimens),
        "follow_ups": derive_survival(derive_follow_ups(people, assessments), patients),
    }
    return Persons(people, tables)
