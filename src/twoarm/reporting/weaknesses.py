"""What weakens the study's own conclusion, found in its own tables."""

from collections.abc import Iterator, Mapping

import polars as pl

from twoarm.words import p_in_words

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
        *_not_estimable(effects, designs, endpoints),
        *_hidden(balance),
    ]


def _unbalanced(
    balance: pl.DataFrame, designs: Mapping[str, str], threshold: float
) -> Iterator[str]:
    treated, control = pl.col("mean_treated"), pl.col("mean_control")
    for design, label in designs.items():
        alone = balance.filter(
            pl.col("smd").is_null(), (treated - control).abs() > ROUNDING, design=design
        )
        for name in alone["covariate"].unique(maintain_order=True):
            yield (
                f"{label}: the arms differ in {name}, in which those the design "
                "answers for do not vary; no design can mend that."
            )
        rows = balance.filter(design=design).drop_nulls("smd")
        over = rows.filter(pl.col("smd").abs() > threshold)
        if over.height:
            largest = over.sort(pl.col("smd").abs())["smd"].abs()[-1]
            yield (
                f"{label}: {over.height} of {rows.height} covariate levels differ by "
                f"more than {threshold:g} standard deviations, the largest by "
                f"{largest:.2f}."
            )


def _disproportional(
    effects: pl.DataFrame, designs: Mapping[str, str], endpoints: Mapping[str, str]
) -> Iterator[str]:
    tests = effects.filter(
        pl.col("measure") == "proportional_hazards", pl.col("p_value") < 0.05
    )
    for row in tests.iter_rows(named=True):
        yield (
            f"{endpoints[row['endpoint']]}, {designs[row['design']]}: the hazards are "
            f"not proportional (p {p_in_words(row['p_value'])}); the hazard ratio is "
            "an average over time that depends on the follow-up. See the restricted "
            "means."
        )


def _few_events(effects: pl.DataFrame, endpoints: Mapping[str, str]) -> Iterator[str]:
    rows = effects.filter(term="treated_adjusted").with_columns(
        per_term=pl.col("method")
        .str.extract(r"([\d.]+) events a term")
        .cast(pl.Float64)
    )
    for row in rows.filter(pl.col("per_term") < 10).iter_rows(named=True):
        yield (
            f"{endpoints[row['endpoint']]}: the regression with covariates has "
            f"{row['per_term']:.1f} events a term; below ten it is unreliable."
        )


def _not_estimable(
    effects: pl.DataFrame, designs: Mapping[str, str], endpoints: Mapping[str, str]
) -> Iterator[str]:
    rows = effects.filter(pl.col("method").str.starts_with("not estimable"))
    for row in rows.unique(
        ["endpoint", "design", "months"], maintain_order=True
    ).iter_rows(named=True):
        at = "" if row["months"] is None else f" at {row['months']:g} months"
        yield (
            f"{endpoints[row['endpoint']]}, {designs[row['design']]}{at}: "
            f"{row['method']}."
        )


def _hidden(balance: pl.DataFrame) -> Iterator[str]:
    hidden = balance.filter(pl.col("mean_treated").is_null())
    count = hidden.select("covariate", "level").n_unique()
    if count:
        levels = "level is" if count == 1 else "levels are"
        yield f"{count} covariate {levels} not shown in the balance: few patients."
