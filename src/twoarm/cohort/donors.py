"""Draws of missing values of one covariate, given all that is known of the patients."""

from collections.abc import Callable

import numpy as np
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.special import logsumexp, softmax

# ASSUME: before the data a slope of 0 is believed as if one patient had shown it, so
# that a direction in which the observed rows do not differ (two events that are one, a
# level that parts the arms) is drawn from that belief, not from infinity. Of m patients
# it moves a slope by 1/m of its size. White, Daniel and Royston 2010
# (doi:10.1016/j.csda.2010.04.005) add a few patients to the same end.
PRIOR = 1.0
PRIOR_LOGIT = 0.25
"""What one patient says of a logit of 0."""
MOST_STEPS = 50
FLAT = 1e-8
"""Squared length of a Newton step, in standard errors, at which the fit ends."""

Array = np.ndarray


def draw_donors(
    values: Array,
    known: Array,
    unknown: Array,
    *,
    donors: int,
    generator: np.random.Generator,
) -> Array:
    """Draw missing values of a continuous covariate by predictive mean matching.

    Each is the value of one of the patients whose fitted mean lies nearest, picked at
    random. Means of those observed are by the estimated coefficients, of those missing
    by a draw of them (type 1 of van Buuren): so no value is drawn that nobody had, and
    the coefficients' own doubt is passed on.

    Parameters
    ----------
    values : ndarray of float, shape (n_known,)
        The covariate where it is observed.
    known : ndarray of float, shape (n_known, n_terms)
        Predictors of these patients, without the intercept.
    unknown : ndarray of float, shape (n_unknown, n_terms)
        Predictors of those in whom the covariate is missing.
    donors
        How many of the nearest to pick from; all, if fewer are observed.

    Returns
    -------
    ndarray of float, shape (n_unknown,)

    References
    ----------
    .. [1] van Buuren S. Flexible imputation of missing data, 2nd ed. Chapman and
       Hall/CRC 2018, section 3.4. doi:10.1201/9780429492259
    .. [2] Morris TP, White IR, Royston P. Tuning multiple imputation by predictive mean
       matching and local residual draws. BMC Med Res Methodol 2014;14:75.
       doi:10.1186/1471-2288-14-75
    """
    # Donors at one fitted mean are taken in random order, not in that of the rows.
    order = generator.permutation(len(values))
    values, known = values[order], known[order]
    known, unknown = _standardise(known, unknown)
    centre = values.mean()
    factor = cho_factor(known.T @ known + PRIOR * np.eye(known.shape[1]), lower=True)
    slope = cho_solve(factor, known.T @ (values - centre))
    fitted = known @ slope
    freedom = max(len(values) - known.shape[1] - 1, 1)
    squares = ((values - centre - fitted) ** 2).sum()
    spread = np.sqrt(squares / generator.chisquare(freedom))
    noise = generator.standard_normal(len(slope) + 1)
    drawn = slope + spread * solve_triangular(factor[0], noise[1:], lower=True, trans=1)
    shift = spread * noise[0] / np.sqrt(len(values))
    ranked = np.argsort(fitted, kind="stable")
    pick = generator.integers(min(donors, len(values)), size=len(unknown))
    found = find_donors(fitted[ranked], unknown @ drawn + shift, pick)
    return np.asarray(values[ranked[found]])


def find_donors(fitted: Array, target: Array, pick: Array) -> Array:
    """Find the nearest, second nearest and so on of sorted numbers.

    Of two at the same distance the lower comes first; of equal numbers, those that
    stand nearest to where the target would be put before them.

    Parameters
    ----------
    fitted : ndarray of float, shape (n_known,)
        Rising.
    target : ndarray of float, shape (n_unknown,)
        What they shall be near to.
    pick : ndarray of int, shape (n_unknown,)
        0 for the nearest, 1 for the second, and so on.

    Returns
    -------
    ndarray of int, shape (n_unknown,)
        Places in `fitted`.
    """
    if not len(target):
        return np.empty(0, int)
    width = int(pick.max()) + 1
    places = np.searchsorted(fitted, target)[:, None] + np.arange(-width, width)
    inside = (places >= 0) & (places < len(fitted))
    distance = np.abs(fitted[np.clip(places, 0, len(fitted) - 1)] - target[:, None])
    ranked = np.argsort(np.where(inside, distance, np.inf), axis=1, kind="stable")
    rows = np.arange(len(target))
    return np.asarray(places[rows, ranked[rows, pick]])


def draw_levels(
    codes: Array,
    known: Array,
    unknown: Array,
    *,
    generator: np.random.Generator,
    start: Array | None = None,
) -> tuple[Array, Array]:
    """Draw missing levels of a covariate from a multinomial logistic regression.

    The coefficients are drawn from the normal distribution around their most likely
    values, the level then by the probabilities that they give.

    Parameters
    ----------
    codes : ndarray of int, shape (n_known,)
        Levels where observed, 0 to n_levels - 1, each of which occurs.
    known, unknown
        As in `draw_donors`.
    start : ndarray of float, shape (n_terms + 1, n_levels - 1), optional
        Coefficients from which the fit sets out; they change its time, not its end.

    Returns
    -------
    codes : ndarray of int, shape (n_unknown,)
    estimate : ndarray of float, shape (n_terms + 1, n_levels - 1)
        The most likely coefficients, the intercepts first.

    References
    ----------
    .. [1] Rubin DB. Multiple imputation for nonresponse in surveys. Wiley 1987, section
       5.4. doi:10.1002/9780470316696
    """
    n_other = int(codes.max())
    known, unknown = (
        np.column_stack([np.ones(len(part)), part])
        for part in _standardise(known, unknown)
    )
    if start is None:
        start = np.zeros((known.shape[1], n_other))
    if not n_other:
        return np.zeros(len(unknown), int), start
    chosen = (codes[:, None] == np.arange(1, n_other + 1)).astype(float)
    estimate, information = _fit_levels(chosen, known, start)
    factor = np.linalg.cholesky(information)
    noise = generator.standard_normal(len(factor))
    drawn = _stack(estimate) + solve_triangular(factor, noise, lower=True, trans=1)
    predictor = unknown @ drawn.reshape(n_other, -1).T
    probability = softmax(np.column_stack([np.zeros(len(unknown)), predictor]), axis=1)
    below = np.cumsum(probability[:, :-1], axis=1)
    place = (generator.random(len(unknown))[:, None] > below).sum(axis=1)
    return place, estimate


def _standardise(known: Array, unknown: Array) -> tuple[Array, Array]:
    """Bring columns to mean 0 and deviation 1 in the observed rows.

    A column that is the same in these can say nothing, and becomes 0 in all rows.
    """
    centre, scale = known.mean(axis=0), known.std(axis=0)
    varies = scale > 1e-9 * (1 + np.abs(centre))
    unit = np.where(varies, 1 / np.where(varies, scale, 1.0), 0.0)
    return (known - centre) * unit, (unknown - centre) * unit


def _fit_levels(chosen: Array, columns: Array, estimate: Array) -> tuple[Array, Array]:
    """Climb to the top of the posterior; return it and its curvature there."""
    prior = np.r_[0.0, np.full(columns.shape[1] - 1, PRIOR_LOGIT)][:, None]

    def height(place: Array) -> float:
        predictor = columns @ place
        total = logsumexp(np.column_stack([np.zeros(len(columns)), predictor]), axis=1)
        likelihood = (chosen * predictor).sum() - total.sum()
        return float(likelihood - (prior * place**2).sum() / 2)

    for _ in range(MOST_STEPS):
        predictor = np.column_stack([np.zeros(len(columns)), columns @ estimate])
        probability = softmax(predictor, axis=1)[:, 1:]
        slope = columns.T @ (chosen - probability) - prior * estimate
        information = _curvature(columns, probability, prior[:, 0])
        step = np.linalg.solve(information, _stack(slope))
        gain = float(step @ _stack(slope))
        estimate = _climb(height, estimate, step.reshape(estimate.shape[::-1]).T)
        if gain < FLAT:
            break
    return estimate, information


def _climb(height: Callable[[Array], float], place: Array, step: Array) -> Array:
    """Take the step, or the largest of its halves that does not lead down."""
    before = height(place)
    for half in range(20):
        after = np.asarray(place + step / 2**half)
        if height(after) >= before:
            return after
    return place


def _curvature(columns: Array, probability: Array, prior: Array) -> Array:
    """Return the information of all coefficients, level by level."""
    n_terms, n_other = columns.shape[1], probability.shape[1]
    whole = np.empty((n_other, n_terms, n_other, n_terms))
    for one in range(n_other):
        for other in range(one + 1):
            mass = probability[:, one] * ((one == other) - probability[:, other])
            block = (columns * mass[:, None]).T @ columns
            whole[one, :, other] = block
            whole[other, :, one] = block.T
        whole[one, :, one] += np.diag(prior)
    return whole.reshape(n_other * n_terms, -1)


def _stack(coefficients: Array) -> Array:
    return coefficients.T.ravel()
