"""Exact balance by size: `python benchmarks/weights.py`.

The peer is scipy's BFGS on the same function of scaled columns. Memory is
what is allocated beside the terms themselves.
"""

import time
import tracemalloc
from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logsumexp

from twoarm.propensity.covariate_balancing import weight_by_covariate_balancing
from twoarm.propensity.entropy import weight_by_entropy

TERMS = 10
CLOSE = {"gtol": 1e-9}
SIZES = (1_000, 10_000, 100_000, 1_000_000)


def draw_patients(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw correlated terms, some skewed, some 0 or 1; about a third are treated."""
    rng = np.random.default_rng(size)
    common = rng.normal(size=(size, 1))
    matrix = 0.7 * common + rng.normal(size=(size, TERMS))
    matrix[:, 3:6] = np.exp(0.7 * matrix[:, 3:6])
    matrix[:, 6:] = matrix[:, 6:] > 0.5
    scaled = (matrix - matrix.mean(axis=0)) / matrix.std(axis=0)
    effect = np.linspace(0.1, 0.4, TERMS)
    return matrix, rng.random(size) < expit(scaled @ effect - 1)


def balance_by_entropy(matrix: np.ndarray, treated: np.ndarray) -> np.ndarray:
    """Weight the controls to the treated."""
    return weight_by_entropy(matrix, treated, estimand="ATT")


def balance_by_score(matrix: np.ndarray, treated: np.ndarray) -> np.ndarray:
    """Weight both arms to one another."""
    return weight_by_covariate_balancing(matrix, treated, estimand="ATE").weight


def balance_by_entropy_peer(matrix: np.ndarray, treated: np.ndarray) -> np.ndarray:
    """Weight the controls to the treated by BFGS."""
    columns = (matrix[~treated] - matrix[treated].mean(axis=0)) / matrix.std(axis=0)

    def dual(coefficient: np.ndarray) -> tuple[float, np.ndarray]:
        exponent = columns @ coefficient
        total = logsumexp(exponent)
        return total, np.exp(exponent - total) @ columns

    found = minimize(dual, np.zeros(TERMS), jac=True, options=CLOSE)
    weight = np.ones(len(treated))
    exponent = columns @ found.x
    weight[~treated] = treated.sum() * np.exp(exponent - logsumexp(exponent))
    return weight


def balance_by_score_peer(matrix: np.ndarray, treated: np.ndarray) -> np.ndarray:
    """Weight both arms to one another by BFGS."""
    scaled = (matrix - matrix.mean(axis=0)) / matrix.std(axis=0)
    columns = np.column_stack([np.ones(len(matrix)), scaled])
    sign = np.where(treated, 1.0, -1.0)

    def loss(coefficient: np.ndarray) -> tuple[float, np.ndarray]:
        logit = columns @ coefficient
        bent = np.exp(np.minimum(-sign * logit, 700))
        slope = -sign * (1 + bent) @ columns
        return (bent - sign * logit).mean(), slope / len(matrix)

    found = minimize(loss, np.zeros(TERMS + 1), jac=True, options=CLOSE)
    return 1 + np.exp(-sign * (columns @ found.x))


METHODS = {
    "entropy, ATT": (balance_by_entropy, balance_by_entropy_peer),
    "balancing score, ATE": (balance_by_score, balance_by_score_peer),
}


def measure(
    balance: Callable[[np.ndarray, np.ndarray], np.ndarray],
    matrix: np.ndarray,
    treated: np.ndarray,
) -> tuple[float, float, float]:
    """Return seconds, the greatest imbalance left, and the peak of memory in MiB."""
    start = time.perf_counter()
    weight = balance(matrix, treated)
    seconds = time.perf_counter() - start
    tracemalloc.start()
    balance(matrix, treated)
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    means = [weight[a] @ matrix[a] / weight[a].sum() for a in (treated, ~treated)]
    left = np.abs((means[0] - means[1]) / matrix.std(axis=0)).max()
    return seconds, float(left), peak


def main() -> None:
    """Print a row a method and size."""
    print(
        "| method | patients | s | BFGS, s | ratio | left | left by BFGS | MiB | BFGS |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for method, balances in METHODS.items():
        measure(balances[0], *draw_patients(2_000))  # pays for imports
        for size in SIZES:
            patients = draw_patients(size)
            (own, left, more), (peer, left_by_peer, more_by_peer) = (
                measure(balance, *patients) for balance in balances
            )
            print(
                f"| {method} | {size:,} | {own:.3f} | {peer:.3f} | {own / peer:.2f} "
                f"| {left:.0e} | {left_by_peer:.0e} | {more:.0f} | {more_by_peer:.0f} |"
            )


if __name__ == "__main__":
    main()
