"""Balance of a prognostic score: what the covariates say of the outcome."""

from typing import NamedTuple

import numpy as np

from twoarm.engine import fit_cox

LEAST_EVENTS = 5
"""Events of controls a term below which a prognostic score would be noise."""


class Prognosis(NamedTuple):
    """The prognostic score of each patient, or why there is none."""

    score: np.ndarray | None
    why: str


def estimate_prognosis(
    time: np.ndarray, event: np.ndarray, treated: np.ndarray, matrix: np.ndarray
) -> Prognosis:
    """Estimate each patient's outlook without treatment.

    It is the linear predictor of a Cox regression on the covariates, fitted on the
    controls. Imbalance in it is what covariates out of balance do to the outcome.

    Parameters
    ----------
    time, event, treated
        Of all patients, shape (n_patients,).
    matrix : ndarray of float, shape (n_patients, n_terms)
        Terms of the covariates; those that are the same in all controls are left out.

    References
    ----------
    .. [1] Hansen BB. The prognostic analogue of the propensity score. Biometrika
       2008;95:481-488. doi:10.1093/biomet/asn004
    .. [2] Stuart EA, Lee BK, Leacy FP. Prognostic score-based balance measures can be a
       useful diagnostic for propensity score methods. J Clin Epidemiol 2013;66:S84-S90.
       doi:10.1016/j.jclinepi.2013.01.013
    """
    controls = ~treated
    used = matrix[:, np.ptp(matrix[controls], axis=0) > 0]
    n_events = int(event[controls].sum())
    if n_events < LEAST_EVENTS * max(used.shape[1], 1):
        return Prognosis(None, "the controls have fewer than 5 events a term")
    if not used.shape[1]:
        return Prognosis(None, "no covariate varies among the controls")
    # Scaled, so that a covariate in large units costs no digits.
    scaled = (used - used.mean(axis=0)) / used.std(axis=0)
    fit = fit_cox(time[controls], event[controls], scaled[controls])
    if np.isnan(fit.estimate).any():
        return Prognosis(None, "its likelihood has no single maximum")
    return Prognosis(scaled @ fit.estimate, "")
