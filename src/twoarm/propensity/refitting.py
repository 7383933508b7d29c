"""A design made anew of a resample of its patients, for a bootstrap."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from twoarm.propensity.matching import match_design
from twoarm.propensity.sample import Sample
from twoarm.propensity.weighting import rescore, weight_design


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
