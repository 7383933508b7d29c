"""Balance by size: `python benchmarks/balance.py`.

A tenth of the covariates has ties, four tenths are levels. The peer is what one writes
with numpy for one covariate and design, sorting anew for each.
"""

import resource
import time

import numpy as np
import polars as pl

from twoarm.propensity.balance import DesignWeights, assess_balance

DESIGNS = 5


def invent(size: int, width: int) -> tuple[pl.DataFrame, dict[str, DesignWeights]]:
    """Draw patients and the weights of the designs."""
    rng = np.random.default_rng(size)
    treated = rng.random(size) < 1 / 3
    columns: dict[str, pl.Series] = {"treated": pl.Series(treated)}
    for place in range(width):
        drawn = rng.normal(size=size) + 0.2 * treated
        if place % 10 == 0:
            drawn = np.round(drawn, 1)
        values = pl.Series(drawn)
        if place % 10 >= 6:
            level = pl.Series(np.where(drawn > 0, "1", "0"))
            values = level.cast(pl.Enum(["0", "1"]))
        columns[f"x{place}"] = values
    designs = {}
    for number in range(DESIGNS):
        weight = rng.uniform(0, 2, size) * (rng.random(size) < 0.8)
        designs[f"d{number}"] = DesignWeights(
            weight * treated, weight * ~treated, "ATE"
        )
    return pl.DataFrame(columns), designs


def compare_plainly(
    values: np.ndarray, treated: np.ndarray, weight: np.ndarray
) -> tuple[float, float]:
    """Compute a standardised difference and a Kolmogorov-Smirnov distance."""
    means = [np.average(values[a], weights=weight[a]) for a in (treated, ~treated)]
    spread = (values[treated].var(ddof=1) + values[~treated].var(ddof=1)) / 2
    order = np.argsort(values)
    functions = [
        np.cumsum((weight * arm)[order]) / weight[arm].sum()
        for arm in (treated, ~treated)
    ]
    last = np.r_[np.diff(values[order]) != 0, True]
    apart = np.abs(functions[0] - functions[1])[last].max()
    return (means[0] - means[1]) / spread**0.5, apart


def _numbers(column: pl.Series) -> np.ndarray:
    if column.dtype == pl.Float64:
        return column.to_numpy()
    return column.to_physical().cast(pl.Float64).to_numpy()


def main() -> None:
    """Print a row a size."""
    print("| patients | covariates | s | plain numpy, s | ratio | peak, MiB |")
    print("|---|---|---|---|---|---|")
    for size, width in ((1_000, 100), (10_000, 100), (100_000, 100), (1_000_000, 100)):
        patients, designs = invent(size, width)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        names = [name for name in patients.columns if name != "treated"]
        start = time.perf_counter()
        found = assess_balance(patients, designs, names)
        own = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        treated = patients["treated"].to_numpy()
        start = time.perf_counter()
        part = names[: width // 10]
        for name in part:
            values = _numbers(patients[name])
            if name == "x1":
                row = found.filter(covariate=name, design="d0").row(0, named=True)
            for design in designs.values():
                weight = design.treated + design.control
                smd, apart = compare_plainly(values, treated, weight)
                if name == "x1" and design is designs["d0"]:
                    assert abs(smd - row["smd"]) < 1e-9
                    assert abs(apart - row["ks"]) < 1e-9
        peer = (time.perf_counter() - start) * width / len(part)
        print(
            f"| {size:,} | {width} | {own:.2f} | {peer:.2f} | {own / peer:.2f} "
            f"| {peak:.0f} ({peak - before:.0f} above the data) |"
        )


if __name__ == "__main__":
    main()
