"""For whom each design answers, in words."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from twoarm.words import count_in_words

POPULATION = {
    "ATT": "patients like those of “{treated}”",
    "ATC": "patients like those of “{control}”",
    "ATE": "all patients analysed",
    "ATO": "the overlap: patients who might have been in either arm",
    "ATM": "patients who would find a counterpart in a one-to-one match",
}
MOST_NAMED = 3
NOTED = 0.1
"""A difference in standard deviations, or a share of an arm's weight, worth a word."""


def answers_in_words(
    diagnostics: pl.DataFrame,
    dropped: pl.DataFrame,
    *,
    designs: Mapping[str, str],
    methods: Mapping[str, Any],
    arms: Mapping[str, str],
    covariates: Mapping[str, str],
    minimum_count: int,
) -> list[dict[str, Any]]:
    """Say of each design how large it is, for whom it answers, and if it is balanced.

    Parameters
    ----------
    diagnostics, dropped
        As the contracts of these names, small counts hidden.
    designs, arms, covariates
        Name to label; of the arms `treated` and `control`.
    methods
        Name of a design to its section of the config.
    minimum_count
        Smallest count that may be shown.

    Returns
    -------
    list of dict
        A row a design: `design`, `patients`, `out`, `effective`, `largest`, `verdict`
        and `sentences`.
    """
    rows = {row["design"]: row for row in diagnostics.iter_rows(named=True)}
    return [
        {
            "design": label,
            **_numbers(rows[name], covariates, minimum_count),
            "sentences": [
                *_population(rows[name], methods.get(name), arms),
                *_left_out(rows[name], dropped.filter(design=name), arms, covariates),
                *_weights(rows[name]),
            ],
        }
        for name, label in designs.items()
    ]


def _numbers(
    row: Mapping[str, Any], covariates: Mapping[str, str], fewest: int
) -> dict[str, str]:
    counts = {
        end: " / ".join(
            # Beside a small arm a blank is no small number.
            "–"
            if end and row[f"n_{arm}"] is None
            else count_in_words(row[f"n_{arm}{end}"], fewest)
            for arm in ("treated", "control")
        )
        for end in ("", "_out")
    }
    largest = "–"
    if row["smd_max"] is not None:
        named = covariates.get(row["smd_covariate"], row["smd_covariate"])
        largest = f"{row['smd_max']:.2f} ({named})"
    return {
        "patients": counts[""],
        "out": counts["_out"],
        "effective": f"{row['ess_treated']:,.0f} / {row['ess_control']:,.0f}",
        "largest": largest,
        "verdict": row["verdict"].split(":")[0],
    }


def _population(
    row: Mapping[str, Any], method: Mapping[str, Any] | None, arms: Mapping[str, str]
) -> Iterator[str]:
    if method is None or method["estimand"] is None:
        yield (
            "The arms as they are: the difference between them holds for nobody in "
            "particular where they differ in more than the treatment."
        )
        return
    whom = POPULATION[method["estimand"]].format(**arms)
    some = row["n_treated_out"] != 0 or row["n_control_out"] != 0
    matched = method["estimand"] == "ATT" and row["n_treated_out"] != 0
    matched |= method["estimand"] == "ATC" and row["n_control_out"] != 0
    matched |= method["estimand"] not in ("ATT", "ATC") and some
    within = ", but only those who are in the design" if matched else ""
    yield f"Answers for {whom}{within}."


def _left_out(
    row: Mapping[str, Any],
    dropped: pl.DataFrame,
    arms: Mapping[str, str],
    covariates: Mapping[str, str],
) -> Iterator[str]:
    """Say which share of an arm is left out, and in what it differs."""
    for arm, label in arms.items():
        kept, out = row[f"n_{arm}"], row[f"n_{arm}_out"]
        if kept is None or not out:
            continue
        told = f"{100 * out / (kept + out):.0f} % of “{label}” are left out"
        apart = (
            dropped.filter(pl.col("smd").abs() > NOTED, arm=arm)
            .sort(pl.col("smd").abs(), descending=True)
            .unique("covariate", keep="first", maintain_order=True)
            .head(MOST_NAMED)
        )
        named = [
            f"{covariates.get(each['covariate'], each['covariate'])} "
            + (f"= {each['level']} " if each["level"] else "")
            + f"({_lower(each['smd'])} by {abs(each['smd']):.1f} SD)"
            for each in apart.iter_rows(named=True)
        ]
        yield told + (f"; they differ in {', '.join(named)}." if named else ".")


def _lower(kept_less_dropped: float) -> str:
    return "lower" if kept_less_dropped > 0 else "higher"


def _weights(row: Mapping[str, Any]) -> Iterator[str]:
    if row["weight_share"] > NOTED:
        yield (
            f"One patient carries {100 * row['weight_share']:.0f} % of the weight of "
            "an arm."
        )
    if row["n_truncated"] != 0:
        yield "Extreme weights are set to a bound, which trades bias for precision."


def overlap_in_words(
    diagnostics: pl.DataFrame, threshold: float = 0.1
) -> Sequence[str]:
    """Say how well the score that the designs share tells the arms apart."""
    row = diagnostics.row(by_predicate=pl.col("design") == "unadjusted", named=True)
    found = [
        f"The score tells the arms apart with a c-statistic of "
        f"{row['c_statistic']:.2f}; its distributions share {100 * row['overlap']:.0f} "
        "% of their area."
    ]
    if row["share_unsupported"] > threshold:
        found.append(
            f"{100 * row['share_unsupported']:.0f} % of the treated have no control "
            "within 0.2 standard deviations of the logit: for them there is no "
            "comparison in these data."
        )
    return found
