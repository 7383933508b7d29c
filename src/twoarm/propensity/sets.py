"""Matched sets: their members, their weights, and whether they keep their promises."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np

from twoarm.propensity.nearest import DIGITS, Matches

Estimand = Literal["ATT", "ATC", "ATE"]
SLACK = 1e-9
"""How far rounding may take a distance beyond the caliper, or a weight from its due."""


class Sets(NamedTuple):
    """Matched sets: one entry a member of a set.

    A patient may be in several sets only under replacement.
    """

    row: np.ndarray
    set_number: np.ndarray


class MatchError(RuntimeError):
    """Matched sets break a promise; the fault is the matcher's, not the user's."""


def sets_of(
    matches: Matches, *, focal: Literal["treated", "control"] = "treated"
) -> Sets:
    """Gather matches into sets, each with the focal patient who heads it.

    Sets are numbered by the lowest row of a treated patient in them; the head comes
    first, the others in the order of the matches.

    Examples
    --------
    >>> sets_of(Matches(np.array([1, 1, 4]), np.array([3, 0, 2]), np.zeros(3)))
    Sets(row=array([1, 3, 0, 4, 2]), set_number=array([0, 0, 0, 1, 1]))
    """
    head, other = matches.treated, matches.control
    if focal == "control":
        head, other = other, head
    heads, of_match = np.unique(head, return_inverse=True)
    lowest = np.full(len(heads), np.iinfo(np.int64).max)
    np.minimum.at(lowest, of_match, matches.treated)
    number = np.empty(len(heads), dtype=np.int64)
    number[np.lexsort((heads, lowest))] = np.arange(len(heads))
    set_number = np.r_[number, number[of_match]]
    together = np.argsort(set_number, kind="stable")
    return Sets(np.r_[heads, other][together], set_number[together])


def weight_sets(sets: Sets, treated: np.ndarray, *, estimand: Estimand) -> np.ndarray:
    """Weight the patients of matched sets.

    ATT: a treated patient weighs 1, a control the sum over its sets of (treated /
    controls). ATC: the arms swapped. ATE: a patient the sum over its sets of (members /
    members of its arm). Each arm is scaled to sum to its number of matched patients.
    As MatchIt 4.7.

    Parameters
    ----------
    sets
        Each with both arms.
    treated : ndarray of bool, shape (n_patients,)
        True for the treated arm.
    estimand
        Whom the weighted patients stand for.

    Returns
    -------
    ndarray of float, shape (n_patients,)
        0 for who is not matched.

    References
    ----------
    .. [1] Stuart EA. Matching methods for causal inference. Stat Sci 2010;25:1-21.
       doi:10.1214/09-STS313

    Examples
    --------
    >>> trio = Sets(np.array([0, 1, 2, 3, 4]), np.array([0, 0, 0, 1, 1]))
    >>> weight_sets(trio, np.array([1, 0, 0, 1, 0], bool), estimand="ATT")
    array([1.  , 0.75, 0.75, 1.  , 1.5 ])
    """
    n_patients = len(treated)
    arm = treated[sets.row]
    counts = _counts(sets, arm)
    own = np.where(arm, counts[1][sets.set_number], counts[0][sets.set_number])
    size = (counts[0] + counts[1])[sets.set_number]
    share = size / own if estimand == "ATE" else (size - own) / own
    weight = np.bincount(sets.row, share, n_patients)
    matched = np.bincount(sets.row, minlength=n_patients) > 0
    for one in (True, False):
        members = matched & (treated == one)
        if estimand == ("ATT" if one else "ATC"):
            weight[members] = 1.0
        elif members.any():
            # Rounded, so that complete sets weigh exactly 1: three thirds may not.
            scale = members.sum() / weight[members].sum()
            weight[members] = np.round(weight[members] * scale, 12)
    return weight


def check_sets(
    sets: Sets,
    treated: np.ndarray,
    *,
    logit: np.ndarray | None = None,
    caliper: float = np.inf,
    ratio: int | None = None,
    replace: bool = False,
    strata: np.ndarray | None = None,
    weight: np.ndarray | None = None,
    estimand: Estimand = "ATT",
) -> None:
    """Check that matched sets keep every promise of the design.

    Each has both arms; a patient is in one set, or under `replace` in several but only
    once in each and only if of the arm that is chosen; all opposite members are within
    the caliper; at most `ratio` are chosen a patient who chooses; a set is within one
    stratum; the weights are those of the sets, by another way than `weight_sets`'.

    Parameters
    ----------
    logit : ndarray of float, shape (n_patients,), optional
        Needed for a caliper; rounded here as matching rounds it.
    strata : ndarray of int, shape (n_patients,), optional
        As matching had them.
    weight : ndarray of float, shape (n_patients,), optional
        As `weight_sets` gave them for the `estimand`.

    Raises
    ------
    MatchError
        With every broken promise and how often it is broken.
    """
    _raise(_misshapen(sets, len(treated)))
    faults = list(_crowded(sets, treated, replace=replace, estimand=estimand))
    faults += _lopsided(sets, treated, ratio, estimand)
    if logit is not None and np.isfinite(caliper):
        faults += _too_far(sets, treated, np.round(logit, DIGITS), caliper)
    if strata is not None:
        faults += _mixed(sets, strata)
    if weight is not None:
        faults += _misweighted(sets, treated, weight, estimand)
    _raise(faults)


Fault = tuple[str, int]


def _raise(faults: list[Fault]) -> None:
    broken = [f"{what}: {count}" for what, count in faults if count]
    if broken:
        raise MatchError("matched sets break their promises: " + "; ".join(broken))


def _n_sets(sets: Sets) -> int:
    return int(sets.set_number.max(initial=-1)) + 1


def _counts(sets: Sets, arm: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Count controls and treated by set."""
    n_sets = _n_sets(sets)
    n_treated = np.bincount(sets.set_number, arm, n_sets)
    return np.bincount(sets.set_number, ~arm, n_sets), n_treated


def _misshapen(sets: Sets, n_patients: int) -> list[Fault]:
    if len(sets.row) != len(sets.set_number) or (sets.set_number < 0).any():
        return [("entry without a set", 1)]
    strange = (sets.row < 0) | (sets.row >= n_patients)
    empty = np.bincount(sets.set_number) == 0
    return [
        ("row of no patient", int(strange.sum())),
        ("set without members", int(empty.sum())),
    ]


def _crowded(
    sets: Sets, treated: np.ndarray, *, replace: bool, estimand: Estimand
) -> Iterator[Fault]:
    n_patients = len(treated)
    # One number for patient and set: sorted, equal ones are neighbours.
    both = np.sort(sets.set_number * n_patients + sets.row)
    yield "patient twice in a set", int((both[1:] == both[:-1]).sum())
    several = np.bincount(sets.row, minlength=n_patients) > 1
    if replace:
        several &= ~treated if estimand == "ATC" else treated
    yield "patient in several sets", int(several.sum())


def _lopsided(
    sets: Sets, treated: np.ndarray, ratio: int | None, estimand: Estimand
) -> Iterator[Fault]:
    n_control, n_treated = _counts(sets, treated[sets.row])
    yield "set without treated", int((n_treated == 0).sum())
    yield "set without controls", int((n_control == 0).sum())
    if ratio is not None:
        chosen, choosing = (n_control, n_treated)
        if estimand == "ATC":
            chosen, choosing = choosing, chosen
        over = (choosing > 0) & (chosen > ratio * choosing)
        yield f"set with more than {ratio} matches a patient", int(over.sum())


def _mixed(sets: Sets, strata: np.ndarray) -> Iterator[Fault]:
    mine = strata[sets.row]
    of_set = np.zeros(_n_sets(sets), dtype=mine.dtype)
    of_set[sets.set_number] = mine  # of any one member
    odd = sets.set_number[mine != of_set[sets.set_number]]
    yield "set with members of several strata", len(np.unique(odd))


def _too_far(
    sets: Sets, treated: np.ndarray, logit: np.ndarray, caliper: float
) -> Iterator[Fault]:
    """All opposite members are within reach if the outermost are."""
    arm = treated[sets.row]
    low, high = _range(sets, logit, arm)
    control_low, control_high = _range(sets, logit, ~arm)
    apart = np.maximum(high - control_low, control_high - low)
    yield "set wider than its caliper", int((apart > caliper + SLACK).sum())


def _range(
    sets: Sets, value: np.ndarray, who: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Find the least and greatest value by set, of these members."""
    n_sets = _n_sets(sets)
    low, high = np.full(n_sets, np.inf), np.full(n_sets, -np.inf)
    np.minimum.at(low, sets.set_number[who], value[sets.row[who]])
    np.maximum.at(high, sets.set_number[who], value[sets.row[who]])
    return low, high


def _misweighted(
    sets: Sets, treated: np.ndarray, weight: np.ndarray, estimand: Estimand
) -> Iterator[Fault]:
    matched = np.zeros(len(treated), dtype=bool)
    matched[sets.row] = True
    right = weight[matched] > 0
    yield "member without a positive weight", int((~right).sum())
    yield "weight of who is in no set", int((weight[~matched] != 0).sum())
    for one, arm in ((True, "treated"), (False, "controls")):
        members = matched & (treated == one)
        off = abs(weight[members].sum() - members.sum())
        yield f"sum of the weights of {arm}", int(not off <= SLACK * members.sum())
    due = _weigh_pairs(sets, treated, estimand)
    agrees = np.isclose(weight, due, rtol=SLACK, atol=SLACK)
    yield "weight that is not that of its sets", int((matched & ~agrees).sum())


def _weigh_pairs(sets: Sets, treated: np.ndarray, estimand: Estimand) -> np.ndarray:
    """Give each pair of opposite members its weight; sum over a patient's pairs.

    A set's pairs weigh together what its treated (ATT), its controls (ATC), all its
    members (ATE) count.
    """
    arm = treated[sets.row].astype(int)
    n_sets = _n_sets(sets)
    count = np.zeros((n_sets, 2))
    np.add.at(count, (sets.set_number, arm), 1)
    due = {"ATT": count[:, 1], "ATC": count[:, 0], "ATE": count.sum(axis=1)}[estimand]
    of_pair = due / np.maximum(count.prod(axis=1), 1)
    n_pairs = count[sets.set_number, 1 - arm]
    weight = np.zeros(len(treated))
    np.add.at(weight, sets.row, n_pairs * of_pair[sets.set_number])
    for members in (treated, ~treated):
        matched = members & (weight > 0)
        weight[matched] *= matched.sum() / max(weight[matched].sum(), SLACK)
    return weight
