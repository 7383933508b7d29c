"""Clones and their weights: `python benchmarks/cloning.py`.

A bootstrap draws patients with their clones, fits the models of treatment, weights, and
contrasts the arms. The peer lays out a row a clone and week to the end of follow-up, as
is usual, fits the chance of treatment with scikit-learn, and the hazard ratio with the
package survival. Memory is what is allocated beside the patients themselves.
"""

import time
import tracemalloc

import numpy as np
from sklearn.linear_model import LogisticRegression

from twoarm.bootstrap import bootstrap, draw_rows
from twoarm.engine import fit_cox
from twoarm.months import DAYS_PER_MONTH
from twoarm.propensity.cloning import Clones, clone_patients
from twoarm.propensity.cloning_courses import Courses, list_courses
from twoarm.propensity.cloning_models import steps_of
from twoarm.propensity.cloning_weights import refit_clones, weight_clones
from twoarm.survival.spells import estimate_spells

GRACE, WEEK, SEED, TERMS = 91.0, 7.0, 1, 10
SMALL, REPLICATES, OF_PEER = 128, 2_000, 5
PENALTY, CAP, HORIZON = 1.0, 10.0, 1_000.0
SIZES = (1_000, 10_000, 100_000, 1_000_000)


def draw_clones(size: int) -> tuple[Clones, np.ndarray]:
    """Draw patients of whom two in three are to be treated within three months."""
    rng = np.random.default_rng(SEED)
    matrix = rng.normal(size=(size, TERMS))
    matrix[:, 5:] = matrix[:, 5:] > 0
    lean = matrix @ np.linspace(0.5, -0.3, TERMS)
    wish = rng.random(size) < 1 / (1 + np.exp(-0.7 - lean))
    wait = np.where(wish, np.ceil(9 + 79 * rng.beta(2, 3, size)), np.inf)
    progression = np.ceil(rng.exponential(450 * np.exp(-0.3 * lean)))
    death = progression + np.ceil(rng.exponential(700, size))
    leaves = np.ceil(rng.uniform(100, 1_900, size))
    barred = np.minimum(progression, leaves)
    return clone_patients(
        wait, barred, np.minimum(death, leaves), death <= leaves, grace_days=GRACE
    ), matrix


def draw_courses(clones: Clones, matrix: np.ndarray, interval: float) -> Courses:
    """Let half of the covariates move at each step of possible treatment."""
    steps = steps_of(clones, interval)
    row, step = list_courses(clones, steps)
    rng, half = np.random.default_rng(SEED), TERMS // 2
    known = matrix[row]
    known[:, :half] += rng.normal(0, 0.3, (len(row), half)) * step[:, None]
    return Courses(steps, np.bincount(row, minlength=len(matrix)), known)


def own(clones: Clones, matrix: np.ndarray, **how: object):  # type: ignore[no-untyped-def]
    """Build the statistic as the project computes it."""
    refit = refit_clones(clones, matrix, penalty=PENALTY, cap=CAP, **how)

    def statistic(rows: np.ndarray) -> np.ndarray:
        arms = (arm[1:] for arm in refit(rows))
        found = estimate_spells(*arms, horizons=[HORIZON], rmst_horizon=HORIZON)
        return np.array([found.log_hazard_ratio, found.rmst_difference])

    return statistic


def peer(clones: Clones, matrix: np.ndarray) -> float:
    """Return the log hazard ratio from a row a clone and week."""
    wait, barred = clones.treatment_days, clones.barred_days
    able = barred > GRACE
    scaled = (matrix - matrix[able].mean(axis=0)) / matrix[able].std(axis=0)
    model = LogisticRegression(C=1 / PENALTY, solver="newton-cholesky", tol=1e-10)
    ever = model.fit(scaled[able], wait[able] <= GRACE).predict_proba(scaled)[:, 1]
    chance, share = [np.ones(len(wait))], 0.0
    for start in np.arange(0, GRACE, WEEK):
        came = (wait > start) & (wait <= start + WEEK)
        part = np.where(came, 1, np.clip((barred - start) / WEEK, 0, 1))
        risk = part * (wait > start) * ever / (1 - ever * share)
        share = min(1.0, share + came.sum() / risk.sum())
        chance.append(1 - ever * share)
    last = np.array(
        [
            np.interp(day, WEEK * np.arange(len(chance)), each)
            for day, each in zip(barred, np.array(chance).T, strict=True)
        ]
    )
    columns: list[list[tuple[float, ...]]] = [[], []]
    for z, arm in enumerate((clones.arms.control, clones.arms.treated)):
        for row, (until, event) in enumerate(zip(*arm[:2], strict=True)):
            for week, start in enumerate(np.arange(0, until, WEEK)):
                stop = min(start + WEEK, until)
                if z:
                    weight = 1 / ever[row] if able[row] and start >= GRACE else 1.0
                elif start >= barred[row] or week >= len(chance) - 1:
                    weight = 1 / last[row]
                else:
                    weight = 2 / (chance[week][row] + chance[week + 1][row])
                done = event and stop == until
                columns[z].append((start, stop, done, min(weight, CAP), z, row))
    entry, exits, event, weight, arm, row = np.array(columns[0] + columns[1]).T
    return float(
        fit_cox(
            exits, event > 0, arm[:, None], weight=weight, entry=entry, cluster=row
        ).estimate[0]
    )


def resample() -> None:
    """Print a row a model: seconds of a run of resamples."""
    clones, matrix = draw_clones(SMALL)
    begin = time.perf_counter()
    theirs = []
    for replicate in range(OF_PEER):
        rows = draw_rows(SMALL, replicate, SEED)
        theirs.append(peer(clones.take(rows), matrix[rows]))
    slow = (time.perf_counter() - begin) / OF_PEER * 1_000
    print(f"{SMALL} patients, {TERMS} covariates, {REPLICATES:,} resamples")
    print("| model | s | s, 2 processes | ms each | peer, ms | peer / own | agree |")
    print("|---|---|---|---|---|---|---|")
    models = {
        "two_part": {},
        "two_part, days": {"interval_days": None},
        "pooled": {"model": "pooled"},
        "cox": {"model": "cox"},
    }
    courses = {"courses": draw_courses(clones, matrix, WEEK)}
    for name in ("two_part", "pooled", "cox"):
        models[f"{name}, over time"] = {"model": name, **courses}
    for name, how in models.items():
        statistic, seconds = own(clones, matrix, **how), []
        for processes in (1, 2):
            begin = time.perf_counter()
            found = bootstrap(
                statistic, SMALL, replicates=REPLICATES, seed=SEED, processes=processes
            )
            seconds.append(time.perf_counter() - begin)
        each = seconds[0] / REPLICATES * 1_000
        gap = f"{np.abs(found[:OF_PEER, 0] - theirs).max():.0e}"
        print(
            f"| {name} | {seconds[0]:.1f} | {seconds[1]:.1f} | {each:.1f} | "
            f"{slow:.0f} | {slow / each:.0f} | {gap if name == 'two_part' else ''} |"
        )


def weigh(model: str | None = None) -> None:
    """Print a row a size: weights in monthly intervals, and contrasts.

    Of a model over time also the patients times intervals that it is fitted to.
    """
    print("| patients | rows of the model | spells | weights, s | contrasts, s | MiB |")
    print("|---|---|---|---|---|---|")
    for size in SIZES if model is None else SIZES[:-1]:
        clones, matrix = draw_clones(size)
        how: dict[str, object] = {"interval_days": DAYS_PER_MONTH}
        rows = ""
        if model is not None:
            courses = draw_courses(clones, matrix, DAYS_PER_MONTH)
            how, rows = {"courses": courses, "model": model}, f"{len(courses.matrix):,}"
        begin = time.perf_counter()
        found = weight_clones(clones, matrix, **how)  # type: ignore[arg-type]
        middle = time.perf_counter()
        arms = [arm[1:] for arm in found]
        estimate_spells(*arms, horizons=[HORIZON], rmst_horizon=HORIZON)
        end = time.perf_counter()
        tracemalloc.start()
        weight_clones(clones, matrix, **how)  # type: ignore[arg-type]
        peak = tracemalloc.get_traced_memory()[1] / 2**20
        tracemalloc.stop()
        spells = sum(len(arm.row) for arm in found)
        print(
            f"| {size:,} | {rows} | {spells:,} | {middle - begin:.2f} | "
            f"{end - middle:.2f} | {peak:.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    resample()
    print()
    weigh()
    for chosen in ("two_part", "pooled", "cox"):
        print(f"\nOver time, {chosen}:\n")
        weigh(chosen)
