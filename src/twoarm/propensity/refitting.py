"""A design made anew of a resample of its patients, for a bootstrap."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from twoarm.propensity.cloned import clone_design, refit_cloned
from twoarm.propensity.cloning_spells import Spells
from twoarm.propensity.matching import match_design
from twoarm.propensity.sample import Sample
from twoarm.propensity.trialled import derive_trials, refit_entered
from twoarm.propensity.weighting import rescore, weight_design
from twoarm.propensity.weights import Arms


def refit_design(
    sample: Sample, design: Mapping[str, Any], model: Mapping[str, Any]
) -> Callable[[np.ndarray], np.ndarray]:
    """Return what makes the design of rows drawn: score, then match or weights.

    Parameters
    ----------
    sample
        All patients. Knots of splines and bins are those of all, as they are chosen.
    design, model
        The design, complete, and how its score is estimated.

    Returns
    -------
    function
        From rows, shape (n_drawn,), to the weight of each in the design; 0 is out.
        Copies of a patient are different patients to a match.
    """

    def refit(rows: np.ndarray) -> np.ndarray:
        drawn = rescore(sample.take(rows), model)
        if "exact" in design or design["method"] == "coarsened":
            return match_design(drawn, design, "bootstrap").weight
        return weight_design(drawn, design, model, "bootstrap").weight

    return refit


def refit_over_time(
    patients: pl.DataFrame,
    design: Mapping[str, Any],
    endpoints: Sequence[str],
    name: str,
    *,
    endpoint: str,
    histories: pl.DataFrame | None = None,
) -> Callable[[np.ndarray], Arms[Spells]]:
    """Return what makes the clones, or the nested trials, of patients drawn.

    Parameters
    ----------
    patients, design, endpoints, name, histories
        As in `clone_design` and `derive_trials`.
    endpoint
        Endpoint that they are followed for.
    """
    if design["method"] == "sequential":
        entered = derive_trials(patients, design, endpoints, name, histories=histories)
        return refit_entered(patients, entered, design, endpoint)
    both = {"endpoint": endpoint, "histories": histories}
    copies = clone_design(patients, design, endpoints, name, **both)  # type: ignore[arg-type]
    return refit_cloned(copies, design)
