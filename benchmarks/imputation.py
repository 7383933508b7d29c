"""Imputation by size, and what its limits cover: `python benchmarks/imputation.py`.

The peer is scikit-learn's IterativeImputer with draws from the posterior, within the
observed range of each covariate. It does less: each covariate is one number, so a level
is a code that it imputes as a normal draw, here rounded to the nearest code.
"""

import resource
import time
import warnings

import numpy as np
import polars as pl
from sklearn.exceptions import ConvergenceWarning
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer

from twoarm.cohort.imputation import estimate_hazard, impute_covariates
from twoarm.engine import fit_cox
from twoarm.survival.pooling import pool_estimates

CODES = pl.Enum(["0", "1", "2", "3"])
TRUTH = np.array([-0.5, 0.5, 0.6])
COHORTS, IMPUTATIONS, ITERATIONS = 300, 5, 5


def invent(size: int) -> pl.DataFrame:
    """Draw 7 continuous, 3 binary and 2 four-level covariates, 15 % of each missing."""
    rng = np.random.default_rng(size)
    hidden = rng.normal(size=(size, 3))
    columns = {}
    for place in range(12):
        value = hidden @ rng.normal(size=3) + rng.normal(size=size)
        gone = pl.Series(rng.random(size) < 0.15)
        if place < 7:
            column = pl.Series(value)
        else:
            edges = [0.0] if place < 10 else [-1.0, 0.0, 1.0]
            column = pl.Series(np.digitize(value, edges)).cast(pl.String).cast(CODES)
        columns[f"x{place}"] = pl.select(pl.when(~gone).then(column)).to_series()
    return pl.DataFrame(
        {
            "patient_id": [f"{row:07}" for row in range(size)],
            "treated": rng.random(size) < 0.4,
            "os_days": rng.exponential(300, size).round() + 1,
            "os_event": rng.random(size) < 0.6,
            **columns,
        }
    )


def draw(rng: np.random.Generator, size: int = 250) -> pl.DataFrame:
    """Draw a cohort with hazard by TRUTH; gaps follow from treatment and death."""
    other = rng.normal(size=size)
    x = 0.6 * other + 0.8 * rng.normal(size=size)
    b = rng.random(size) < 1 / (1 + np.exp(-other))
    treated = rng.random(size) < 1 / (1 + np.exp(-x + 0.5 * b))
    matrix = np.column_stack([treated, x, b]).astype(float)
    days = rng.exponential(500 * np.exp(-matrix @ TRUTH)) + 1e-6
    censored = rng.uniform(200, 1500, size)
    event = days <= censored
    lose_x = pl.Series(rng.random(size) < 0.05 + 0.75 * (treated & event))
    lose_b = pl.Series(rng.random(size) < np.where(event, 0.05, 0.45))
    level = pl.Series(b.astype(int)).cast(pl.String).cast(pl.Enum(["0", "1"]))
    return pl.DataFrame(
        {
            "patient_id": [f"{row:04}" for row in range(size)],
            "treated": treated,
            "os_days": np.minimum(days, censored),
            "os_event": event,
            "other": other,
            "x": pl.select(pl.when(~lose_x).then(pl.Series(x))).to_series(),
            "b": pl.select(pl.when(~lose_b).then(level)).to_series(),
        }
    )


def own(patients: pl.DataFrame, names: list[str], number: int, rounds: int):
    """Complete once by the library."""
    return impute_covariates(
        patients,
        covariates=names,
        endpoints=["os"],
        imputation=number,
        seed=1,
        iterations=rounds,
    ).completed


def peer(patients: pl.DataFrame, names: list[str], number: int, rounds: int):
    """Complete once by scikit-learn, given the same predictors."""
    days, event = patients["os_days"].to_numpy(), patients["os_event"].to_numpy()
    codes = [
        patients[name].cast(pl.String).cast(pl.Float64).to_numpy() for name in names
    ]
    known = [patients["treated"].to_numpy(), event, estimate_hazard(days, event)]
    matrix = np.column_stack([*codes, *known]).astype(float)
    imputer = IterativeImputer(
        sample_posterior=True,
        max_iter=rounds,
        random_state=number,
        min_value=np.nanmin(matrix, axis=0),
        max_value=np.nanmax(matrix, axis=0),
    )
    found = imputer.fit_transform(matrix)
    filled = []
    for place, name in enumerate(names):
        column = pl.Series(name, found[:, place])
        if patients[name].dtype != pl.Float64:
            rounded = column.round().cast(pl.Int64).cast(pl.String)
            column = rounded.cast(patients[name].dtype)
        filled.append(column)
    return patients.with_columns(filled)


def fit(patients: pl.DataFrame):
    """Fit the Cox regression that made the cohort."""
    b = (patients["b"] == "1").to_numpy().astype(float)
    columns = [patients["treated"].to_numpy(), patients["x"].to_numpy(), b]
    days, event = patients["os_days"].to_numpy(), patients["os_event"].to_numpy()
    return fit_cox(days, event, np.column_stack(columns).astype(float))


def pooled(patients: pl.DataFrame, impute) -> tuple[np.ndarray, ...]:
    """Pool the regression; without `impute` take the complete cases."""
    sets = [patients.drop_nulls()]
    if impute:
        names = ["other", "x", "b"]
        numbers = range(1, IMPUTATIONS + 1)
        sets = [impute(patients, names, number, ITERATIONS) for number in numbers]
    fits = [fit(each) for each in sets]
    found = pool_estimates(
        np.array([each.estimate for each in fits]),
        np.array([each.std_error for each in fits]),
    )
    return found.estimate, found.conf_low, found.conf_high


def compare_sizes() -> None:
    """Print a row a size."""
    print("| patients | iterations | s | scikit-learn, s | ratio | peak, MiB |")
    print("|---|---|---|---|---|---|")
    for size, rounds in ((128, 20), (1_000, 10), (10_000, 10), (100_000, 10)):
        patients = invent(size)
        names = [f"x{place}" for place in range(12)]
        spent = []
        for impute in (own, peer):
            start = time.perf_counter()
            impute(patients, names, 1, rounds)
            spent.append(time.perf_counter() - start)
            if impute is own:
                peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"| {size:,} | {rounds} | {spent[0]:.2f} | {spent[1]:.2f} "
            f"| {spent[0] / spent[1]:.2f} | {peak:.0f} |"
        )


def compare_coverage() -> None:
    """Print bias and coverage a method; each sees the same cohorts."""
    print(f"\n{COHORTS} cohorts of 250, bias (coverage of the 95 % limits):\n")
    print("| method | treated | x | b |")
    print("|---|---|---|---|")
    methods = {"complete cases": None, "scikit-learn": peer, "own": own}
    for name, impute in methods.items():
        rng = np.random.default_rng(1)
        found = [pooled(draw(rng), impute) for _ in range(COHORTS)]
        estimate, low, high = np.array(found).swapaxes(0, 1)
        bias = (estimate - TRUTH).mean(axis=0)
        covered = ((low < TRUTH) & (high > TRUTH)).mean(axis=0)
        cells = [f"{b:+.3f} ({c:.3f})" for b, c in zip(bias, covered, strict=True)]
        print(f"| {name} | {' | '.join(cells)} |")


def main() -> None:
    """Print both tables."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    compare_sizes()
    compare_coverage()


if __name__ == "__main__":
    main()
