"""Optimal matching: most treated first, then most controls, then least distance."""

import numpy as np

from twoarm.propensity.line import DIGITS, line_of, match_line
from twoarm.propensity.nearest import Matches


def match_optimal(
    logit: np.ndarray,
    treated: np.ndarray,
    *,
    ratio: int = 1,
    caliper: float = np.inf,
    strata: np.ndarray | None = None,
) -> Matches:
    """Match each treated patient with up to `ratio` controls, best for all together.

    Of all matchings without replacement: those with the most treated patients matched;
    of these those with the most controls; of these one with the least total distance.
    A distance equal to the caliper is accepted. Exact: every pair within the caliper is
    weighed (see `twoarm.propensity.line`). Of equally good matchings it leaves out who
    comes last in the order of stratum, logit and row, treated before controls.

    Unlike R's `optmatch::pairmatch`, a treated patient with fewer than `ratio` controls
    in reach is kept with those it gets, as `match_nearest` does, and one with none is
    left out; without a caliper and with controls enough both give the same distance.

    Parameters
    ----------
    logit : ndarray of float, shape (n_patients,)
        Rounded here to 10 decimals.
    treated : ndarray of bool, shape (n_patients,)
        True for the treated arm.
    ratio
        Most controls of a treated patient, at least 1.
    caliper
        Greatest distance of a match, on the logit.
    strata : ndarray of int, shape (n_patients,), optional
        Matched only within.

    Returns
    -------
    Matches
        One entry a match, by the row of the treated patient, nearest first within it.

    Notes
    -----
    Time grows with the number of pairs within the caliper, times the ratio; memory with
    its root.

    References
    ----------
    .. [1] Rosenbaum PR. Optimal matching for observational studies. J Am Stat Assoc
       1989;84:1024-1032. doi:10.1080/01621459.1989.10478868
    .. [2] Karp RM, Li SYR. Two special cases of the assignment problem. Discrete Math
       1975;13:129-142. doi:10.1016/0012-365X(75)90014-X

    Examples
    --------
    The nearest control of the first is the only one that the second can reach.

    >>> logit, treated = np.array([0.6, 0.0, 0.4, 1.0]), np.array([1, 1, 0, 0], bool)
    >>> match_optimal(logit, treated, caliper=0.5).control
    array([3, 2])
    """
    line = line_of(logit, treated, caliper, strata)
    none = np.zeros(len(line.treated), np.int64), np.zeros(len(line.control), np.int64)
    of_treated, of_control = match_line(line, ratio, len(line.control) + 1, none)
    place = np.round(logit, DIGITS)
    distance = np.abs(place[of_treated] - place[of_control])
    rank = np.lexsort((of_control, distance, of_treated))
    return Matches(of_treated[rank], of_control[rank], distance[rank])
