"""Which counts may stand beside each other, so that none gives away a small one."""

from collections.abc import Collection, Sequence
from itertools import product

import numpy as np

NEAR = 1e-9


def find_shown(
    cells: Sequence[int], parts: Sequence[Collection[int]], *, minimum_count: int
) -> list[bool]:
    """Tell which counts may be shown, where the sum of all is known.

    A count is of a part: some of the cells, which are apart from each other. Whatever
    can be had from the counts shown and the sum, by adding and subtracting, must not be
    the count of from 1 to `minimum_count` - 1 patients, in a cell or in several. While
    any is, one of the counts that give it is hidden: itself, else the smallest that is
    not 0.

    Parameters
    ----------
    cells
        Patients in each cell, at most a dozen cells; who is not known is in one.
    parts
        Cells of each count, by their places.
    minimum_count
        Smallest count to show.

    Returns
    -------
    list of bool
        Of each part, whether its count may be shown.

    References
    ----------
    .. [1] Cox LH. Suppression methodology and statistical disclosure control. J Am
       Stat Assoc 1980;75:377-385. doi:10.1080/01621459.1980.10477481

    Examples
    --------
    Of 30 patients, 3 in the last cell: it would be 30 - 20 - 7.

    >>> find_shown([20, 7, 3], [[0], [1], [2]], minimum_count=5)
    [True, False, False]
    """
    counts = np.array([sum(cells[place] for place in part) for part in parts])
    within = np.array(
        [[float(place in part) for place in range(len(cells))] for part in parts]
    ).reshape(len(parts), len(cells))
    sets = np.array(list(product((0.0, 1.0), repeat=len(cells))))
    sizes = sets @ np.array(cells, float)
    few = (sizes >= 1) & (sizes < minimum_count)
    if few[-1]:  # of all cells: nothing could be told apart from the sum
        return [False] * len(parts)
    shown = np.ones(len(parts), bool)
    while True:
        known = np.vstack([np.ones(len(cells)), within[shown]])
        ways = sets @ np.linalg.pinv(known)
        had = few & (np.abs(ways @ known - sets).max(axis=1) < NEAR)
        if not had.any():
            return [bool(each) for each in shown]
        first = np.flatnonzero(had)[0]
        hidden = _least(np.abs(ways[first, 1:]) > NEAR, counts[shown], minimum_count)
        shown[np.flatnonzero(shown)[hidden]] = False


def _least(used: np.ndarray, counts: np.ndarray, minimum_count: int) -> int:
    """Choose the count to hide: a small one, else the smallest of those used, not 0."""
    small = (counts > 0) & (counts < minimum_count)
    if small.any():
        return int(np.flatnonzero(small)[0])
    rank = np.where(used, np.where(counts > 0, counts, counts.max() + 1), np.inf)
    return int(rank.argmin())
