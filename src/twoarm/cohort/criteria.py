"""Criteria for surgery as sets of rules: who meets which, at which assessment."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from twoarm.expressions import add_answers
from twoarm.tables.criteria import Versions

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
        As the contract Criteria; an answer that is not known is null.
    """
    questions = {
        f"{version}:{item['name']}": item["where"]
        for version, rules in versions.items()
        for item in rules["items"]
    }
    return add_answers(assessed, questions).select(*DAY, *questions)


def find_met(criteria: pl.DataFrame, version: str) -> pl.DataFrame:
    """Find the first assessment of each patient at which all items are true.

    An item that is not known is not met.

    Returns
    -------
    pl.DataFrame
        `patient_id` and `criteria_date` of those who ever met the criteria.
    """
    return (
        criteria.filter(_all_at_once(criteria, version))
        .group_by("patient_id")
        .agg(criteria_date=pl.col("exam_date").min())
        .sort("patient_id")
    )


def _all_at_once(criteria: pl.DataFrame, version: str) -> pl.Expr:
    """Tell at which assessments every item of a version is true."""
    items = [name for name in criteria.columns if name.startswith(f"{version}:")]
    return pl.all_horizontal(pl.col(items).fill_null(value=False))


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
    items = [name for name in criteria.columns if name not in DAY]
    met = {version: _all_at_once(criteria, version) for version in versions}
    people = criteria.group_by("patient_id").agg(
        pl.col(items).any(), *(each.any().alias(name) for name, each in met.items())
    )
    counts = people.select(pl.col(*items, *versions).sum()).row(0, named=True)
    return Versions.of(
        [
            {
                "version": version,
                "label": rules["label"],
                "used": version == used,
                "position": position,
                "item": item["name"],
                "reason": item["reason"],
                "n_ever": counts[f"{version}:{item['name']}"],
                "n_met": counts[version],
            }
            for version, rules in versions.items()
            for position, item in enumerate(rules["items"], start=1)
        ]
    )
