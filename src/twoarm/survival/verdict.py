"""What the checks of a study's results come to."""

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from twoarm.errors import InputError
from twoarm.survival.coherence import check_coherence
from twoarm.survival.curves import Arm
from twoarm.survival.second_routes import (
    Check,
    check_designs,
    check_effects,
    check_engine,
)


def check_contrast(
    effects: pl.DataFrame,
    curves: pl.DataFrame,
    arms: Mapping[str, Arm],
    *,
    members: pl.DataFrame,
    patients: pl.DataFrame,
    pairs: bool,
    confidence: float,
) -> list[dict[str, Any]]:
    """Check what is told of one design and endpoint in every way there is.

    Parameters are those of the checks of `twoarm.survival.second_routes` and
    `twoarm.survival.coherence`.

    Returns
    -------
    list of dict
        Rows of the contract Checks without `endpoint` and `design`.
    """
    return summarise_checks(
        [
            *check_effects(effects, arms),
            *check_engine(arms),
            *check_designs(members, patients, pairs=pairs),
            *check_coherence(effects, curves, confidence=confidence),
        ]
    )


def summarise_checks(checks: Iterable[Check]) -> list[dict[str, Any]]:
    """Take of each question the number that is farthest off.

    Returns
    -------
    list of dict
        Rows of the contract Checks without `endpoint` and `design`.
    """
    asked: dict[str, list[Check]] = {}
    for check in checks:
        asked.setdefault(check.question, []).append(check)
    rows = []
    for question, found in sorted(asked.items()):
        worst = max(found, key=lambda each: each.excess)
        rows.append(
            {
                "check": question,
                "n_compared": len(found),
                "expected": float(worst.expected),
                "found": float(worst.found),
                "tolerance": float(worst.tolerance),
                "passed": worst.excess <= 0,
            }
        )
    return rows


def check_verdict(checks: pl.DataFrame) -> None:
    """Stop the study where two routes do not lead to the same number.

    Parameters
    ----------
    checks
        As the contract Checks.

    Raises
    ------
    InputError
        Names every check that failed, with its design and endpoint.
    """
    failed = checks.filter(~pl.col("passed")).to_dicts()
    if not failed:
        return
    lines = [
        f"  {row['endpoint']}, {row['design']}: {row['check']} "
        f"(of {row['n_compared']} compared)"
        for row in failed
    ]
    raise InputError(
        "\n".join(
            [
                f"{len(failed)} of {checks.height} checks of the results failed; "
                "nothing was released:",
                *lines,
                "Run the study again from its start; if they fail again, the program "
                "is at fault: report it with this message.",
            ]
        )
    )
