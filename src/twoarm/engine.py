"""The one module that calls the package `survival`, through its R-style interface.

Its numbers agree with R's survival 3.5 to 11 digits or more in the calls made here
(tests/survival/test_engine.py); it accepts negative times and empty groups without a
word, so callers check first.
"""

import warnings

import numpy as np

from twoarm.fits import ChiSquared, Cox, Curve, Residuals
from twoarm.jackknife import estimate_jackknife
from twoarm.median import Quantile, find_median
from twoarm.ties import find_ties, gather_rows
from twoarm.weights import check_weights

FLAT = 1e-11
"""Relative change of the log-likelihood at which Newton's steps end; R's is 1e-9."""
STILL = 0.1
"""Change of a log hazard, across a covariate's range, by which one more of Newton's
steps may move it. Where the likelihood grows for ever, each moves it by 1 or more."""


def fit_curve(
    time: np.ndarray,
    event: np.ndarray,
    weight: np.ndarray | None = None,
    *,
    entry: np.ndarray | None = None,
    patient: np.ndarray | None = None,
    confidence: float = 0.95,
    limits: str = "log-log",
) -> tuple[Curve, Quantile]:
    """Estimate a survival curve by Kaplan-Meier, and its median.

    A patient is at risk at t if `entry < t <= time`: events at t come before censorings
    at t, and before entries at t. Without weights the variance is Greenwood's, with
    weights the infinitesimal jackknife, which does not take them for copies of
    patients.

    Parameters
    ----------
    time : ndarray of float, shape (n_patients,)
        Time to event or censoring, positive.
    event : ndarray of bool, shape (n_patients,)
        True for an event.
    weight : ndarray of float, shape (n_patients,), optional
        Positive weights.
    entry : ndarray of float, shape (n_patients,), optional
        When each comes under observation, before `time`; 0 by default.
    patient : ndarray of int, optional
        Whose row it is, where a patient has several weighted ones.
    confidence
        Level of the two-sided pointwise limits.
    limits
        Scale on which they are normal: `log-log`, `log` or `plain`.

    Returns
    -------
    Curve, Quantile
        The curve, and the smallest time at which it lies below one half, with limits
        by the same rule on the limit curves.

    References
    ----------
    .. [1] Kaplan EL, Meier P. Nonparametric estimation from incomplete observations.
       J Am Stat Assoc 1958;53:457-481. doi:10.1080/01621459.1958.10501452
    """
    import survival
    from survival.r_api import survfit_confint

    check_weights(weight)
    robust, error = weight is not None, None
    who = np.arange(len(time)) if patient is None else patient
    if entry is None and patient is None:
        ties = find_ties(time)
        if weight is not None:
            robust, error = False, estimate_jackknife(ties, event, weight)
        time, event, weight = gather_rows(ties, event, weight)
    fit = survival.survfit(
        survival.Surv(*((time,) if entry is None else (entry, time)), event * 1.0),
        weights=weight,
        robust=robust,
        cluster=who if robust else None,
    )
    # Rounding may leave a curve of weights a hair outside its range.
    estimate = np.clip(np.asarray(fit.surv, float), 0, 1)
    scale = np.where(estimate > 0, estimate, np.nan)
    if error is None:
        error = np.asarray(fit.std_err, float) / (1.0 if fit.logse else scale)
    band = survfit_confint(estimate, error, conf_type=limits, conf_int=confidence)
    curve = Curve(
        np.asarray(fit.time, float),
        estimate,
        np.where(estimate > 0, error, np.nan) * estimate,
        *(
            np.where((estimate > 0) & (estimate < 1), limit, np.nan)
            for limit in (band.lower, band.upper)
        ),
    )
    lines = (curve.estimate, curve.conf_low, curve.conf_high)
    return curve, Quantile(*(find_median(curve.time, line) for line in lines))


def fit_cox(
    time: np.ndarray,
    event: np.ndarray,
    matrix: np.ndarray,
    *,
    weight: np.ndarray | None = None,
    cluster: np.ndarray | None = None,
    entry: np.ndarray | None = None,
    strata: np.ndarray | None = None,
    offset: np.ndarray | None = None,
) -> Cox:
    """Fit a Cox regression, ties by Efron.

    With weights or clusters the standard error is the robust sandwich of the score
    residuals, summed by cluster, without a small-sample factor.

    Parameters
    ----------
    time, event, weight, entry
        As in `fit_curve`.
    matrix : ndarray of float, shape (n_patients, n_terms)
        Covariates.
    cluster : ndarray of int, shape (n_patients,), optional
        Who belongs together; each patient alone if weights come without it.
    strata : ndarray of int, shape (n_patients,), optional
        Each has a baseline hazard of its own.
    offset : ndarray of float, shape (n_patients,), optional
        A known part of the log hazard.

    Returns
    -------
    Cox
        Log hazard ratios, shape (n_terms,), their standard errors and covariance.

    References
    ----------
    .. [1] Efron B. The efficiency of Cox's likelihood function for censored data.
       J Am Stat Assoc 1977;72:557-565. doi:10.1080/01621459.1977.10480613
    .. [2] Lin DY, Wei LJ. The robust inference for the Cox proportional hazards model.
       J Am Stat Assoc 1989;84:1074-1078. doi:10.1080/01621459.1989.10478874
    """
    import survival

    fit = _coxph(
        time, event, matrix, weight, cluster, entry, strata=strata, offset=offset
    )
    estimate = np.asarray(fit.coefficients, float)
    covariance = np.asarray(survival.vcov(fit), float)
    error = np.sqrt(np.diag(covariance))
    # Clusters that are all alike leave rounding for a robust error.
    error = np.where(error > 1e-9 * np.sqrt(np.diag(_naive(fit))), error, 0.0)
    robust = weight is not None or cluster is not None
    known = _is_maximum(fit, matrix)
    estimate, error = (np.where(known, each, np.nan) for each in (estimate, error))
    return Cox(estimate, error, robust, float(np.ptp(fit.loglik)), covariance)


def assess_dfbeta(
    time: np.ndarray,
    event: np.ndarray,
    matrix: np.ndarray,
    *,
    weight: np.ndarray | None = None,
    entry: np.ndarray | None = None,
) -> np.ndarray:
    """Approximate by how much each row moves each coefficient; a patient's add up.

    References
    ----------
    .. [1] Cain KC, Lange NT. Approximate case influence for the proportional hazards
       regression model with censored data. Biometrics 1984;40:493-499.
       doi:10.2307/2531402
    """
    from survival.r_api import residuals

    fit = _coxph(time, event, matrix, weight, None, entry)
    return np.asarray(residuals(fit, type="dfbeta"), float).reshape(matrix.shape)


def fit_residuals(
    time: np.ndarray,
    event: np.ndarray,
    matrix: np.ndarray,
    *,
    weight: np.ndarray | None = None,
    entry: np.ndarray | None = None,
    transform: str = "km",
) -> Residuals | None:
    """Fit a Cox regression, and return what tests its proportional hazards.

    Weights count as copies of a row; None where the likelihood has no single maximum,
    or the events are too few to show a trend.

    Parameters
    ----------
    time, event, matrix, weight, entry
        As in `fit_cox`.
    transform
        As in `twoarm.survival.proportionality.assess_terms`.
    """
    import survival

    fit = _coxph(time, event, matrix, weight, None, entry)
    if not _is_maximum(fit, matrix).all():
        return None
    try:
        found = survival.cox_zph(fit, transform=transform)
    except RuntimeError:  # singular
        return None
    tests = [
        ChiSquared(*(float(row[key]) for key in ("chisq", "df", "p")))
        for row in found.table
    ]
    return Residuals(
        # Of one term the row of all is its own.
        tests if len(tests) > matrix.shape[1] else [*tests, tests[-1]],
        np.asarray(fit.coefficients, float),
        np.asarray(found.time, float),
        np.asarray(found.x, float),
        np.asarray(found.y, float).reshape(-1, matrix.shape[1]),
        np.asarray(found.var, float),
    )


def _coxph(  # type: ignore[no-untyped-def]
    time: np.ndarray,
    event: np.ndarray,
    matrix: np.ndarray,
    weight: np.ndarray | None,
    cluster: np.ndarray | None,
    entry: np.ndarray | None,
    **more: np.ndarray | None,
):
    import survival

    check_weights(weight)
    columns = {f"x{place}": each for place, each in enumerate(matrix.T)}
    if weight is not None and cluster is None:
        cluster = np.arange(len(time))
    span = "time" if entry is None else "entry, time"
    times = {"time": time} if entry is None else {"entry": entry, "time": time}
    with warnings.catch_warnings():
        # It warns of coefficients that may be infinite; `_is_maximum` decides.
        warnings.simplefilter("ignore", RuntimeWarning)
        return survival.coxph(
            f"Surv({span}, event) ~ {' + '.join(columns)}",
            data={**times, "event": event.astype(float), **columns},
            weights=weight,
            cluster=cluster,
            ties="efron",
            eps=FLAT,
            **more,
        )


def _is_maximum(fit, matrix: np.ndarray) -> np.ndarray:  # type: ignore[no-untyped-def]
    """Tell for which terms the fit stands at the one maximum of the likelihood.

    It does not where the likelihood is flat, which shows as a variance of 0, nor where
    it grows for ever, so that another of Newton's steps would still move the term.
    """
    naive = _naive(fit)
    step = np.abs(naive @ np.asarray(fit.fit.first, float)) * np.ptp(matrix, axis=0)
    return np.asarray((np.diag(naive) > 0) & (step <= STILL))


def _naive(fit) -> np.ndarray:  # type: ignore[no-untyped-def]
    """Return the model-based covariance, whether or not a robust one was asked for."""
    return np.asarray(fit.var if fit.naive_var is None else fit.naive_var, float)
