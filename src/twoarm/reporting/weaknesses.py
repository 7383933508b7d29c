"""What weakens the study's own conclusion, found in its own tables."""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from twoarm.words import list_in_words, p_in_words

MANY = 5000
"""Patients from which on weights of clones leave little bias."""
ROUNDING = 1e-9
"""Means that differ by less are the same."""


def find_weaknesses(
    effects: pl.DataFrame,
    balance: pl.DataFrame,
    *,
    designs: Mapping[str, str],
    endpoints: Mapping[str, str],
    threshold: float,
) -> list[str]:
    """Say in words what a reader should hold against the estimates.

    Parameters
    ----------
    effects, balance
        As the contracts Effects and Balance, small counts hidden.
    designs, endpoints
        Name to label.
    threshold
        Standardised mean difference above which a covariate is out of balance.
    """
    return [
        *_unbalanced(balance, designs, threshold),
        *_disproportional(effects, designs, endpoints),
        *_few_events(effects, endpoints),
        *_few_clones(effects, designs),
        *_not_estimable(effects, designs, endpoints),
        *_hidden(balance),
    ]


def _unbalanced(
    balance: pl.DataFrame, designs: Mapping[str, str], threshold: float
) -> Iterator[str]:
    """Say in one sentence where the arms differ, and in one where nothing can help."""
    treated, control = pl.col("mean_treated"), pl.col("mean_control")
    apart: dict[str, list[str]] = {}
    over = []
    for design, label in designs.items():
        rows = balance.filter(design=design)
        alone = rows.filter(
            pl.col("smd").is_null(), (treated - control).abs() > ROUNDING
        )
        for name in alone["covariate"].unique(maintain_order=True):
            apart.setdefault(name, []).append(label)
        known = rows.drop_nulls("smd")
        far = known["smd"].abs().filter(known["smd"].abs() > threshold)
        if len(far):
            counts = f"{len(far)} of {known.height} levels"
            most = float(far.max())  # type: ignore[arg-type]
            over.append(f"{label} ({counts}, by up to {most:.2f})")
    for name, labels in apart.items():
        yield (
            f"The arms differ in {name}, in which those that the design answers for do "
            f"not vary; no design can mend that: {list_in_words(labels)}."
        )
    if over:
        yield (
            f"Covariates differ by more than {threshold:g} standard deviations under "
            f"{list_in_words(over)}."
        )


def _disproportional(
    effects: pl.DataFrame, designs: Mapping[str, str], endpoints: Mapping[str, str]
) -> Iterator[str]:
    """Say in a sentence an endpoint where a hazard ratio is an average over time."""
    tests = effects.filter(
        pl.col("measure") == "proportional_hazards",
        pl.col("term") == "treated",
        pl.col("p_value") < 0.05,
    )
    for endpoint, label in endpoints.items():
        rows = tests.filter(endpoint=endpoint)
        found = dict(rows.select("design", "p_value").iter_rows())
        named = [
            f"{designs[name]} (p {p_in_words(found[name])})"
            for name in designs
            if name in found
        ]
        if named:
            yield (
                f"{label}: the hazards are not proportional under "
                f"{list_in_words(named)}; the hazard ratio is an average over time "
                "that depends on the follow-up. See the restricted means."
            )


def _few_events(effects: pl.DataFrame, endpoints: Mapping[str, str]) -> Iterator[str]:
    rows = effects.filter(term="treated_adjusted").with_columns(
        per_term=pl.col("method")
        .str.extract(r"([\d.]+) events a term")
        .cast(pl.Float64)
    )
    few = rows.filter(pl.col("per_term") < 10)
    for endpoint, label in endpoints.items():
        least: Any = few.filter(endpoint=endpoint)["per_term"].min()
        if least is not None:
            yield (
                f"{label}: a regression with covariates has as few as {least:.1f} "
                "events a term; below ten it is unreliable."
            )


def _few_clones(effects: pl.DataFrame, designs: Mapping[str, str]) -> Iterator[str]:
    """Say that the weights of few clones leave bias, as invented cohorts show."""
    rows = effects.filter(pl.col("method").str.contains("of clones", literal=True))
    for design in rows["design"].unique(maintain_order=True):
        n: Any = rows.filter(design=design)["n_treated"].max()
        if n is not None and n < MANY:
            yield (
                f"{designs[design]}: {n:,} patients are few. In invented cohorts on "
                "whom treatment had no effect the mean hazard ratio of death was 0.78 "
                "with 128 patients, 0.93 with 1,000 and 0.99 with 12,000: a part of "
                "the bias of the plain contrast may be left."
            )


def _not_estimable(
    effects: pl.DataFrame, designs: Mapping[str, str], endpoints: Mapping[str, str]
) -> Iterator[str]:
    """Say what has no estimate; another answer to what has one is no weakness."""
    rows = effects.filter(
        pl.col("method").str.starts_with("not estimable"),
        ~pl.col("term").str.starts_with("treated_"),
    )
    alike: dict[tuple[str, float | None, str], list[str]] = {}
    for row in rows.iter_rows(named=True):
        why = row["method"].split("; ")[0]
        named = alike.setdefault((row["endpoint"], row["months"], why), [])
        if designs[row["design"]] not in named:
            named.append(designs[row["design"]])
    for (endpoint, months, why), named in alike.items():
        at = "" if months is None else f" at {months:g} months"
        yield f"{endpoints[endpoint]}, {list_in_words(named)}{at}: {why}."


def _hidden(balance: pl.DataFrame) -> Iterator[str]:
    hidden = balance.filter(pl.col("mean_treated").is_null())
    count = hidden.select("covariate", "level").n_unique()
    if count:
        levels = "level is" if count == 1 else "levels are"
        yield f"{count} covariate {levels} not shown in the balance: few patients."
