"""Nested trials and their weights: `python benchmarks/sequential.py`.

Patients are drawn as in `cloning.py`. Measured are the entries into weekly trials of
three months, weights and contrasts, again in each resample of a bootstrap, and memory
beside the patients themselves. The peer is the Cox regression of the package survival
on the same rows, which a bootstrap would else repeat.
"""

import time
import tracemalloc

import numpy as np
from cloning import GRACE, HORIZON, WEEK, draw_clones

from twoarm.bootstrap import draw_rows
from twoarm.engine import fit_cox
from twoarm.propensity.sequential import Followed, refit_trials
from twoarm.propensity.sequential_models import Trials
from twoarm.survival.spells import estimate_spells
from twoarm.trials import enter_trials

SIZES, SEED = (128, 1_000, 10_000, 100_000), 1
HOW = {"penalty": 1.0, "last_days": GRACE}


def draw_trials(size: int) -> tuple[Trials, Followed]:
    """Enter drawn patients into a trial each week."""
    clones, matrix = draw_clones(size)
    wait, barred = clones.treatment_days, clones.barred_days
    entries = enter_trials(wait, barred, interval_days=WEEK, last_days=GRACE)
    who = entries.patient
    trials = Trials(entries, matrix[who], matrix, [], wait, barred)
    rng = np.random.default_rng(SEED)
    ends = barred + np.ceil(rng.exponential(700, size))
    return trials, Followed(ends[who], rng.random(size)[who] < 0.7)


def main() -> None:
    """Print a row a size and way to follow."""
    print("patients follow entries rows seconds peer_seconds ratio megabytes")
    for size in SIZES:
        trials, followed = draw_trials(size)
        for follow in ("as_assigned", "per_protocol"):
            refit = refit_trials(trials, followed, follow=follow, **HOW)
            drawn = draw_rows(size, 1, SEED)
            start = time.perf_counter()
            arms = refit(drawn)
            columns = (arm[1:] for arm in arms)
            estimate_spells(*columns, horizons=[HORIZON], rmst_horizon=HORIZON)
            own = time.perf_counter() - start
            tracemalloc.start()
            refit(drawn)
            peak = tracemalloc.get_traced_memory()[1] / 1e6
            tracemalloc.stop()
            entry, time_, event, weight, row = (
                np.concatenate([getattr(arm, name) for arm in arms])
                for name in ("entry_days", "exit_days", "event", "weight", "row")
            )
            arm = np.repeat([1.0, 0.0], [len(each.row) for each in arms])[:, None]
            start = time.perf_counter()
            how = {"weight": weight, "cluster": row, "entry": entry}
            fit_cox(time_, event, arm, **how)
            peer = time.perf_counter() - start
            sizes = f"{size} {follow} {len(trials.entries.patient)} {len(row)}"
            print(f"{sizes} {own:.3f} {peer:.3f} {peer / own:.1f} {peak:.0f}")


if __name__ == "__main__":
    main()
