"""The arms compared within the levels of a covariate, and the test of interaction."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
from scipy.special import ndtri

from twoarm.engine import fit_cox
from twoarm.survival.curves import Arm
from twoarm.survival.effects import ratio_row
from twoarm.survival.members import counts_of, join_members, restrict_arms
from twoarm.survival.stack import stack_arms
from twoarm.survival.wald import assess_wald, wald_row

Row = dict[str, Any]
FEWEST_EVENTS = 5
"""Events that each arm of a level must have to be compared."""
FEW = f"not estimated: fewer than {FEWEST_EVENTS} events in an arm"


def compare_subgroups(
    patients: pl.DataFrame,
    arms: Mapping[str, Arm],
    *,
    subgroups: Sequence[Mapping[str, Any]],
    confidence: float,
) -> list[Row]:
    """Compare the arms of a design within subgroups that were named beforehand.

    Weights and matched sets stay those of the whole design, so that a level is compared
    as the design compares it, and need not be balanced by itself. The interaction is
    tested in one Cox regression of treatment, levels and their products, by Wald with
    the design's variance, over the levels with enough events.

    Parameters
    ----------
    patients
        Analysed patients with the covariates.
    arms
        As `twoarm.survival.curves.arms_of` returns them.
    subgroups
        Each with `covariate` and, for a continuous one, `cuts`.
    confidence
        Level of the two-sided limits.

    Returns
    -------
    list of dict
        Rows of the contract Effects without `endpoint` and `design`: the ratio of each
        level, `subgroup: ecog=1`, and the test, `interaction: ecog`.

    References
    ----------
    .. [1] Wang R, Lagakos SW, Ware JH, Hunter DJ, Drazen JM. Statistics in medicine:
       reporting of subgroup analyses in clinical trials. N Engl J Med
       2007;357:2189-2194. doi:10.1056/NEJMsr077003
    """
    rows: list[Row] = []
    for subgroup in subgroups:
        name = subgroup["covariate"]
        levels = patients.select(
            "patient_id", level=divide_levels(patients[name], subgroup["cuts"])
        )
        found = list(_levels(levels, arms, name, confidence))
        rows += [*found, _interaction(levels, arms, name, found)]
    return rows


def divide_levels(values: pl.Series, cuts: Sequence[float]) -> pl.Series:
    """Divide a covariate into levels: its own, or between cuts.

    >>> divide_levels(pl.Series([-60.0, -50, 1]), [-50]).to_list()
    ['below -50', '-50 and above', '-50 and above']
    """
    if values.dtype != pl.Float64:
        return values
    named = [f"{low:g} to below {high:g}" for low, high in pairwise(cuts)]
    words = [f"below {cuts[0]:g}", *named, f"{cuts[-1]:g} and above"]
    place = np.searchsorted(np.asarray(cuts, float), values.to_numpy(), side="right")
    return pl.Series([words[each] for each in place], dtype=pl.Enum(words))


def _levels(
    levels: pl.DataFrame, arms: Mapping[str, Arm], name: str, confidence: float
) -> Iterator[Row]:
    """Compare the arms in each level."""
    z = float(ndtri((1 + confidence) / 2))
    for level in levels["level"].dtype.categories:  # type: ignore[attr-defined]
        keep = levels.filter(pl.col("level").cast(pl.String) == level)
        part = restrict_arms(arms, keep["patient_id"])
        counts, term = counts_of(part), f"subgroup: {name}={level}"
        if min(counts["events_treated"], counts["events_control"]) < FEWEST_EVENTS:
            told = {"measure": "hazard_ratio", "months": None, "method": FEW}
            yield {**told, "term": term, **counts}
            continue
        both = stack_arms(part)
        fit = fit_cox(both.time, both.event, both.treated[:, None], **both.how())
        method = "Cox within the level, Efron ties"
        method += ", robust variance" if fit.robust else ""
        row = ratio_row(term, fit.estimate[0], fit.std_error[0], z, method)
        yield {**row, **counts}


def _interaction(
    levels: pl.DataFrame, arms: Mapping[str, Arm], name: str, found: Sequence[Row]
) -> Row:
    """Test that the ratio is the same in all levels that have enough events."""
    term, start = f"interaction: {name}", f"subgroup: {name}="
    shown = [row["term"].removeprefix(start) for row in found if row["method"] != FEW]
    keep = levels.filter(pl.col("level").cast(pl.String).is_in(shown))
    part = restrict_arms(arms, keep["patient_id"])
    # Those of the design: less the levels left out they would tell small counts.
    counts = counts_of(arms)
    if len(shown) < 2:
        why = "not estimated: fewer than two levels have enough events"
        return {"measure": "wald", "term": term, "method": why, **counts}
    both, own = stack_arms(part), join_members(part, levels)["level"].cast(pl.String)
    others = [(own == level).to_numpy().astype(float) for level in shown[1:]]
    products = [both.treated * each for each in others]
    matrix = np.column_stack([both.treated, *others, *products])
    fit = fit_cox(both.time, both.event, matrix, **both.how())
    places = range(matrix.shape[1] - len(products), matrix.shape[1])
    left_out = len(found) - len(shown)
    more = f"; {left_out} levels with few events left out" if left_out else ""
    words = "interaction, robust" if fit.robust else "interaction"
    return {**wald_row(term, assess_wald(fit, places), words + more), **counts}
