from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pytest

from twoarm.propensity.score import estimate_score
from twoarm.propensity.weights import weight_by_score
from twoarm.survival.curves import Arm
from twoarm.terms import expand_terms

ENDPOINTS = {
    "toy": ("os",),
    "rotterdam": ("os", "rfs"),
    "hepatocellular": ("os", "rfs"),
    "sysucc": ("os",),
}
WEIGHTS = {"toy": ("own",), None: ("ate", "att", "ato")}
PLAIN = [(name, each, None) for name, all_of in ENDPOINTS.items() for each in all_of]
WEIGHTED = [
    (name, endpoint, estimand)
    for name, endpoint, _ in PLAIN
    for estimand in WEIGHTS.get(name, WEIGHTS[None])
]


class Study(NamedTuple):
    """One endpoint of a data set, weighted or not, and what R says of it."""

    time: np.ndarray
    event: np.ndarray
    treated: np.ndarray
    weight: np.ndarray | None
    expected: dict[str, Any]

    def arm(self, name):
        """Times, events and weights of `treated` or `control`."""
        rows = self.treated == (name == "treated")
        weight = None if self.weight is None else self.weight[rows]
        return self.time[rows], self.event[rows], weight

    def arms(self):
        return {
            name: Arm(name.capitalize(), *self.arm(name), None)
            for name in ("treated", "control")
        }


@pytest.fixture(scope="session")
def study_of(cohort, oracle):
    """`study_of("rotterdam", "os", "ate")`; the estimand None is unweighted."""

    @cache
    def load(name, endpoint, estimand):
        expected = oracle(name)
        if name == "toy":
            rows = {each: np.array(of) for each, of in expected["rows"].items()}
            return Study(
                rows["time"].astype(float),
                rows["event"] == 1,
                rows["treated"] == 1,
                None if estimand is None else rows["weight"],
                expected["unweighted" if estimand is None else "weighted"],
            )
        patients = cohort(name)
        columns = (f"{endpoint}_days", f"{endpoint}_event", "treated")
        arrays = [patients[column].to_numpy() for column in columns]
        if estimand is None:
            return Study(*arrays, None, expected["endpoints"][endpoint])
        expected = expected.get("reduced", expected)
        matrix, _ = expand_terms(patients, expected["covariates"])
        score = estimate_score(arrays[2], matrix).probability
        weight = weight_by_score(score, arrays[2], estimand=estimand.upper())
        block = expected["weights"][estimand]["endpoints"][endpoint]
        return Study(*arrays, weight, block)

    return load


def named(case):
    return "-".join(each or "unweighted" for each in case)


@pytest.fixture(params=PLAIN, ids=named)
def plain(request, study_of):
    """Each data set and endpoint, unweighted."""
    return study_of(*request.param)


@pytest.fixture(params=WEIGHTED, ids=named)
def weighted(request, study_of):
    """Each data set, endpoint and estimand, weighted by the propensity score."""
    return study_of(*request.param)


@pytest.fixture(params=[*PLAIN, *WEIGHTED], ids=named)
def study(request, study_of):
    """Each data set and endpoint, unweighted and weighted."""
    return study_of(*request.param)


@pytest.fixture(scope="session")
def invent():
    """Draw a cohort: `time, event, treated, weight = invent(seed, ties=True)`."""

    def draw(seed, size=40, *, ties):
        rng = np.random.default_rng(seed)
        treated = rng.random(size) < 0.5
        treated[:2] = True, False
        time = rng.exponential(np.where(treated, 9.0, 6.0)) + 0.01
        time = np.ceil(time) if ties else time
        return time, rng.random(size) < 0.7, treated, rng.uniform(0.2, 3, size)

    return draw
