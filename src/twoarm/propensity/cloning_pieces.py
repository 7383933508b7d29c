"""Weights of clones that change on the same days for all."""

import numpy as np

from twoarm.clocks import SAME_DAY
from twoarm.propensity.cloning import Clones
from twoarm.propensity.cloning_models import Chances, Risk, Steps, share_before
from twoarm.propensity.cloning_spells import Pieces
from twoarm.propensity.weights import Arms


def weight_treated(clones: Clones, chances: Chances) -> Pieces:
    """Weigh the treated clones: 1, and after the grace period who could be treated."""
    able = clones.barred_days > clones.grace_days
    after = np.where(able, 1 / chances.by_grace, 1.0)
    weight = np.column_stack([np.ones(len(after)), after])
    return Pieces(np.array([clones.grace_days]), weight)


def weight_control(clones: Clones, steps: Steps, chances: Chances) -> Pieces:
    """Follow each chance to the day on which treatment became impossible."""
    cuts, chance = lay_out(steps, chances.untreated)
    last = _untreated_at(clones.barred_days, steps, chances.untreated)
    # Pieces are open on the left: who is barred at a cut is in the piece before it.
    barred = np.searchsorted(cuts, clones.barred_days, side="left")
    beyond = np.arange(chance.shape[1]) > barred[:, None]
    return Pieces(cuts, 1 / np.where(beyond, last[:, None], chance))


def _untreated_at(days: np.ndarray, steps: Steps, untreated: np.ndarray) -> np.ndarray:
    """Return each patient's chance to be untreated on a day of its own."""
    share = share_before(days, steps)
    fall = -np.diff(untreated, axis=1)
    return np.asarray(1 - np.einsum("ij,ij->i", share, fall))


def lay_out(steps: Steps, untreated: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return when the chance to be untreated changes, and the chances about it.

    On a day of treatment it falls in the morning, half a day before the day is over. In
    an interval it is the mean of those at its ends: half of the treatments have come.
    """
    days = steps.starts == steps.ends
    if days.all():
        cuts = steps.ends - SAME_DAY
        gone = int((cuts <= 0).sum())
        return cuts[gone:], untreated[:, gone:]
    known = untreated[:, int(days.sum()) :]
    middle = (known[:, :-1] + known[:, 1:]) / 2
    return steps.ends[~days], np.column_stack([middle, known[:, -1]])


def stabilise_pieces(
    clones: Clones, steps: Steps, risk: Risk, pieces: Arms[Pieces]
) -> Arms[Pieces]:
    """Multiply by the chances of all patients together: the Kaplan-Meier estimate."""
    exposed = risk.exposure.sum(axis=0)
    hazard = np.divide(
        risk.n_treated, exposed, out=np.zeros(len(exposed)), where=exposed > 0
    )
    _, control = lay_out(steps, np.append(1.0, np.cumprod(1 - hazard))[None])
    able = clones.barred_days > clones.grace_days
    share = (clones.treatment_days[able] <= clones.grace_days).mean()
    starts = np.append(0.0, pieces.treated.cuts)
    treated = np.where(starts >= clones.grace_days, share, 1.0)
    return Arms(
        *(
            piece._replace(weight=piece.weight * chance)
            for piece, chance in zip(pieces, (treated, control), strict=True)
        )
    )
