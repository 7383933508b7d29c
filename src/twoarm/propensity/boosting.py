"""Gradient-boosted trees as a model of the probability of treatment."""

from collections.abc import Callable

import numpy as np
from threadpoolctl import threadpool_limits

SETTINGS = {
    "learning_rate": 0.05,
    "max_iter": 100,
    "max_leaf_nodes": 8,
    "min_samples_leaf": 10,
    "l2_regularization": 1.0,
    "early_stopping": False,
}
"""Small trees, slowly: a score is to balance covariates, not to predict best."""


def fit_boosted(
    treated: np.ndarray, matrix: np.ndarray, *, seed: int
) -> Callable[[np.ndarray], np.ndarray]:
    """Fit boosted trees by scikit-learn's histogram method, in one thread.

    Parameters
    ----------
    treated : ndarray of bool, shape (n_patients,)
        True for the treated arm.
    matrix : ndarray of float, shape (n_patients, n_terms)
        Terms; the trees find bends and interactions by themselves.
    seed
        Seed of what scikit-learn draws.

    Returns
    -------
    function
        From the terms of others to their probability of treatment.

    References
    ----------
    .. [1] McCaffrey DF, Ridgeway G, Morral AR. Propensity score estimation with boosted
       regression for evaluating causal effects in observational studies. Psychol
       Methods 2004;9:403-425. doi:10.1037/1082-989X.9.4.403
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(random_state=seed, **SETTINGS)
    with threadpool_limits(1):
        model.fit(matrix, treated)

    def predict(others: np.ndarray) -> np.ndarray:
        with threadpool_limits(1):
            return np.asarray(model.predict_proba(others)[:, 1])

    return predict
