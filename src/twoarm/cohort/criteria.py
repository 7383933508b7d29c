"""Criteria for surgery as sets of rules: who meets which, at which assessment."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from twoarm.expressions import add_answers
from twoarm.tables.criteria import Criteria, Versions

DAY = ["patient_id", "exam_date"]


def assess_items(
    assessed: pl.DataFrame, versions: Mapping[str, Mapping[str, Any]]
) -> pl.DataFrame:
    """Ask every item of every version at each assessment.

    Parameters
    ----------
    assessed
        As `derive_exposures` gives it.
    versions
        Version to its `label` and `items`, each with `name`, `reason` and `where`.

    Returns
    -------
    pl.DataFrame
        As the contract Criteria; `met` is null where the answer is not known.
    """
    parts = [Criteria.of([])]
    for version, rules in versions.items():
        names = {item["name"]: item["where"] for item in rules["items"]}
        # Answers have names of their own: an item may be called as a column is.
        questions = {f"item:{name}": where for name, where in names.items()}
        asked = add_answers(assessed, questions).select(*DAY, *questions)
        parts += [
            asked.select(
                *DAY,
                version=pl.lit(version),
                item=pl.lit(name),
                met=pl.col(f"item:{name}"),
            )
            for name in names
        ]
    return pl.concat(parts)


def find_met(criteria: pl.DataFrame, version: str) -> pl.DataFrame:
    """Find the first assessment of each patient at which all items are true.

    An item that is not known is not met.

    Returns
    -------
    pl.DataFrame
        `patient_id` and `criteria_date` of those who ever met the criteria.
    """
    return (
        _all_at_once(criteria.filter(version=version))
        .group_by("patient_id")
        .agg(criteria_date=pl.col("exam_date").min())
        .sort("patient_id")
    )


def _all_at_once(criteria: pl.DataFrame) -> pl.DataFrame:
    """List the assessments, by version, at which every item is true."""
    together = pl.col("met").fill_null(value=False).all()
    days = criteria.group_by(*DAY, "version").agg(met=together)
    return days.filter("met")


def summarise_versions(
    criteria: pl.DataFrame, versions: Mapping[str, Mapping[str, Any]], *, used: str
) -> pl.DataFrame:
    """Count who ever meets each item, and who meets all of a version at once.

    Parameters
    ----------
    criteria
        As the contract Criteria.
    versions
        As in `assess_items`.
    used
        Version by which the study goes.

    Returns
    -------
    pl.DataFrame
        As the contract Versions.
    """
    ever = criteria.filter("met").group_by("version", "item")
    n_ever = {
        (version, item): n
        for version, item, n in ever.agg(pl.col("patient_id").n_unique()).iter_rows()
    }
    at_once = _all_at_once(criteria).group_by("version")
    n_met = dict(at_once.agg(pl.col("patient_id").n_unique()).rows())
    return Versions.of(
        [
            {
                "version": version,
                "label": rules["label"],
                "used": version == used,
                "position": position,
                "item": item["name"],
                "reason": item["reason"],
                "n_ever": n_ever.get((version, item["name"]), 0),
                "n_met": n_met.get(version, 0),
            }
            for version, rules in versions.items()
            for position, item in enumerate(rules["items"], start=1)
        ]
    )
