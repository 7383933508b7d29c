"""Weights that change over time, as rows of one weight each."""

from typing import NamedTuple

import numpy as np

from twoarm.propensity.cloning import Followed


class Spells(NamedTuple):
    """The clones of one arm, a row for each stretch of days of one weight.

    A clone is at risk if `entry_days < t <= exit_days`. `row` is that of its patient;
    `event` is True where it happened at the exit. By row, then entry.
    """

    row: np.ndarray
    entry_days: np.ndarray
    exit_days: np.ndarray
    event: np.ndarray
    weight: np.ndarray


class Pieces(NamedTuple):
    """Weights of the clones of one arm that change on the same days for all.

    `cuts`, shape (n_cuts,), are the days, rising; `weight`, shape (n_patients, n_cuts +
    1), is that up to the first, between two, and after the last. A piece is open on the
    left.
    """

    cuts: np.ndarray
    weight: np.ndarray


def truncate_pieces(
    pieces: Pieces, exit_days: np.ndarray, *, percentiles: tuple[float, float]
) -> Pieces:
    """Move weights to percentiles of those of the clones at risk in the same piece.

    Interpolated as R does by default (type 7).

    Parameters
    ----------
    pieces
        Weights of the clones of an arm.
    exit_days : ndarray of float, shape (n_patients,)
        How long each clone is followed.
    percentiles
        The lower and the upper, of 100.
    """
    starts = np.append(0.0, pieces.cuts)
    # A weight of 0 is no clone at risk, and stays 0.
    inside = (exit_days[:, None] > starts) & (pieces.weight > 0)
    ordered = np.sort(np.where(inside, pieces.weight, np.inf), axis=0)
    highest = np.maximum(inside.sum(axis=0) - 1, 0)
    limits = []
    for percentile in percentiles:
        place = highest * (percentile / 100)
        below = place.astype(int)
        above = np.minimum(below + 1, highest)
        low, high = (
            np.take_along_axis(ordered, each[None], axis=0)[0]
            for each in (below, above)
        )
        # Of two equal weights, or of none at risk, no difference is taken.
        gap = np.subtract(high, low, out=np.zeros(len(low)), where=high > low)
        limits.append(low + (place - below) * gap)
    moved = np.clip(pieces.weight, *limits)
    return pieces._replace(weight=np.where(pieces.weight > 0, moved, 0.0))


def spells_of(follow: Followed, pieces: Pieces) -> Spells:
    """Cut each clone's days where its weight changes, and only there.

    Days of weight 0, which come last, are left out.
    """
    cuts, weight = pieces
    n_pieces = np.searchsorted(cuts, follow.exit_days, side="left") + 1
    n_pieces[follow.exit_days <= 0] = 0
    row = np.repeat(np.arange(len(n_pieces)), n_pieces)
    piece = np.arange(len(row)) - (np.cumsum(n_pieces) - n_pieces)[row]
    own = weight[row, piece]
    starts = np.ones(len(row), bool)
    starts[1:] = (row[1:] != row[:-1]) | (own[1:] != own[:-1])
    row, own = row[starts], own[starts]
    entry = np.append(0.0, cuts)[piece[starts]]
    last = np.append(row[1:] != row[:-1], np.ones(min(len(row), 1), bool))
    ends = np.append(entry[1:], np.zeros(min(len(row), 1)))
    until = np.where(last, follow.exit_days[row], ends)
    found = Spells(row, entry, until, follow.event[row] & last, own)
    return Spells(*(part[own > 0] for part in found)) if (own <= 0).any() else found
