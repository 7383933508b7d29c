"""Response to treatment at a visit, by RECIST 1.1 and by mRECIST."""

import polars as pl

from twoarm.scores.exact import first_of
from twoarm.scores.quantities import RESPONSES
from twoarm.scores.score import score

RECIST_GROWTH_MM = 5
"""Least growth over the smallest sum that is progression by RECIST 1.1."""


def tenths(sum_mm: pl.Expr) -> pl.Expr:
    """Return a sum in whole tenths of a millimetre, in which exports are written.

    As floats, 76.8 mm is not a fifth above 64 mm.
    """
    return (10 * sum_mm).round().cast(pl.Int64)


def response_of_targets(
    size: pl.Expr, baseline: pl.Expr, nadir: pl.Expr, *, growth_mm: float
) -> pl.Expr:
    """Class of the target lesions, of sums in tenths of a millimetre.

    Progression comes before all else: a fifth above the smallest sum, and by
    `growth_mm` at least, even where the sum is still below the baseline. A sum or a
    baseline that is not known gives NE.

    >>> visits = pl.DataFrame(
    ...     {"size": [768, 721], "baseline": [1030, 1030], "nadir": [640, 1030]}
    ... )
    >>> columns = (pl.col(name) for name in visits.columns)
    >>> visits.select(response_of_targets(*columns, growth_mm=5)).to_series().to_list()
    ['PD', 'PR']
    """
    # ASSUME: lesions that are no targets are in no export of this dictionary: where
    # `overall_response` is not asked they neither progress nor hinder a complete one.
    growth = size - nadir
    enough = (growth >= round(10 * growth_mm)) & (growth > 0)
    cases = {
        "NE": size.is_null() | baseline.is_null(),
        "PD": (5 * growth >= nadir) & enough,
        "CR": size == 0,
        "PR": 10 * size <= 7 * baseline,
    }
    return first_of(cases, "SD")


def _response(
    target_sum_mm: pl.Expr,
    baseline_mm: pl.Expr,
    nadir_mm: pl.Expr,
    incomplete: pl.Expr,
    targets_gone: pl.Expr,
    growth_mm: float,
) -> pl.Expr:
    baseline = tenths(baseline_mm)
    nadir = pl.min_horizontal(baseline, tenths(nadir_mm))
    sizes = (tenths(target_sum_mm), baseline, nadir)
    found = response_of_targets(*sizes, growth_mm=growth_mm)
    cases = {
        "PD": found == "PD",
        "NE": incomplete | (found == "NE"),
        "CR": targets_gone | (found == "CR"),
        "PR": found == "PR",
    }
    return first_of(cases, "SD")


_OPTIONAL = ("target_sum_mm", "baseline_mm", "nadir_mm", "incomplete", "targets_gone")


@score(
    (75, 103, 103, None, None, "SD"),
    (64, 103, 75, None, None, "PR"),
    (67, 103, 64, None, None, "PR"),
    (77, 103, 64, None, None, "PD"),
    (76.8, 103, 64, None, None, "PD"),
    (24.5, 60, 20, None, None, "PR"),
    (72.1, 103, 103, None, None, "PR"),
    (9, 40, 40, None, True, "CR"),
    (50, 103, 64, True, None, "NE"),
    (77, 103, 64, True, None, "PD"),
    levels=RESPONSES,
    optional=_OPTIONAL,
)
def recist_target(
    target_sum_mm: pl.Expr,
    baseline_mm: pl.Expr,
    nadir_mm: pl.Expr,
    incomplete: pl.Expr,
    targets_gone: pl.Expr,
) -> pl.Expr:
    """RECIST 1.1 of the targets: PD, else NE, CR, PR or SD, the first that holds.

    PD: a fifth and 5 mm above the smallest sum so far, the baseline included, whichever
    of them is known. NE: a sum or baseline that is not known, or a target that was not
    measured (`incomplete`), unless the others show progression. CR: a sum of 0, or all
    targets gone but nodes below 10 mm (`targets_gone`). PR: at most 0.7 of the
    baseline.

    Eisenhauer 2009, doi:10.1016/j.ejca.2008.10.026
    """
    columns = (target_sum_mm, baseline_mm, nadir_mm, incomplete, targets_gone)
    return _response(*columns, growth_mm=RECIST_GROWTH_MM)


@score(
    (0, 60, 60, None, None, "CR"),
    (24, 60, 20, None, None, "PD"),
    (42, 60, 60, None, None, "PR"),
    (42.1, 60, 60, None, None, "SD"),
    levels=RESPONSES,
    optional=_OPTIONAL,
)
def mrecist_target(
    target_sum_mm: pl.Expr,
    baseline_mm: pl.Expr,
    nadir_mm: pl.Expr,
    incomplete: pl.Expr,
    targets_gone: pl.Expr,
) -> pl.Expr:
    """MRECIST of the targets: as RECIST 1.1, of the viable tumour in them.

    Without a least growth: a fifth is enough.

    Lencioni 2010, doi:10.1055/s-0030-1247132
    """
    columns = (target_sum_mm, baseline_mm, nadir_mm, incomplete, targets_gone)
    return _response(*columns, growth_mm=0)


@score(
    ("CR", "CR", False, "CR"),
    ("CR", None, None, "CR"),
    ("CR", "non-CR/non-PD", False, "PR"),
    ("CR", "NE", False, "PR"),
    ("PR", "NE", False, "PR"),
    ("SD", "CR", False, "SD"),
    ("NE", "CR", False, "NE"),
    ("SD", "PD", False, "PD"),
    ("CR", "CR", True, "PD"),
    levels=RESPONSES,
    optional=("non_target_response", "new_lesion"),
)
def overall_response(
    target_response: pl.Expr, non_target_response: pl.Expr, new_lesion: pl.Expr
) -> pl.Expr:
    """Overall response of a visit: PD of any part, else as the targets are.

    A complete response of the targets is partial overall unless that of the others is
    complete too. Null of the others: there are none. Null of a new lesion: none seen.

    Eisenhauer 2009, doi:10.1016/j.ejca.2008.10.026
    """
    targets = (target_response == "PD") | (non_target_response == "PD")
    cases = {
        "PD": new_lesion.fill_null(value=False) | targets.fill_null(value=False),
        "NE": target_response == "NE",
        "PR": (target_response == "PR")
        | ((target_response == "CR") & (non_target_response != "CR")),
        "CR": target_response == "CR",
    }
    return first_of(cases, "SD")


@score((64, 103, -37.8641), (103, 103, 0.0), (0, 106.010222, -100.0))
def depth_percent(smallest_mm: pl.Expr, baseline_mm: pl.Expr) -> pl.Expr:
    """Depth of response in percent: 100 x (smallest later sum - baseline) / baseline.

    Eisenhauer 2009, doi:10.1016/j.ejca.2008.10.026
    """
    change = 100 * (smallest_mm - baseline_mm) / baseline_mm
    # Rounding would take 106.010222 mm, all of it gone, below -100.
    return pl.when(smallest_mm == 0, baseline_mm > 0).then(-100.0).otherwise(change)
