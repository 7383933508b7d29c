"""Pathological response of what was resected."""

from collections.abc import Mapping

import polars as pl

from twoarm.scores.exact import billionths
from twoarm.scores.score import score


@score((90, 10.0), (100, 0.0))
def viable_of_necrosis(necrosis_percent: pl.Expr) -> pl.Expr:
    """Viable tumour in percent, where necrosis is reported: 100 - necrosis.

    Hellmann 2014, doi:10.1016/S1470-2045(13)70334-6
    """
    return 100 - necrosis_percent


def _lacks(
    nodules_mm: pl.Expr, nodules_viable_percent: pl.Expr
) -> Mapping[str, pl.Expr]:
    sizes, shares = nodules_mm.list.len(), nodules_viable_percent.list.len()
    return {
        "nodules_mm has no nodule": sizes == 0,
        "nodules_mm and nodules_viable_percent differ in number": sizes != shares,
    }


@score(([50, 20], [5, 40], 15.0), ([30], [0], 0.0), lacks=_lacks)
def viable_mean_percent(
    nodules_mm: pl.Expr, nodules_viable_percent: pl.Expr
) -> pl.Expr:
    """Viable tumour of several nodules: their mean, weighted by size.

    A choice of this package: the criteria below name one tumour.
    """
    total = (nodules_mm * nodules_viable_percent).list.sum()
    return total / nodules_mm.list.sum()


@score(([50, 20], [5, 40], 40.0), lacks=_lacks)
def viable_worst_percent(
    nodules_mm: pl.Expr, nodules_viable_percent: pl.Expr
) -> pl.Expr:
    """Viable tumour of several nodules: that of the worst.

    A choice of this package: the criteria below name one tumour.
    """
    return nodules_viable_percent.list.max()


@score((0, True), (0.1, False))
def complete_pathological(viable_percent: pl.Expr) -> pl.Expr:
    """Complete pathological response: no viable tumour, thrombi and nodes included.

    Hellmann 2014, doi:10.1016/S1470-2045(13)70334-6
    """
    return viable_percent == 0


def _at_most(viable_percent: pl.Expr, percent: int) -> pl.Expr:
    return billionths(viable_percent) <= billionths(percent)


@score((10, True), (10.1, False), (11, False))
def major_pathological(viable_percent: pl.Expr) -> pl.Expr:
    """Major pathological response: at most 10 % viable tumour.

    Hellmann 2014, doi:10.1016/S1470-2045(13)70334-6, of lung cancer.
    """
    return _at_most(viable_percent, 10)


@score((15, True), (15.1, False))
def major_pathological_15(viable_percent: pl.Expr) -> pl.Expr:
    """Major pathological response, wider: at most 15 % viable tumour.

    One of the other cuts in use, as are 30 and 50 %.
    """
    return _at_most(viable_percent, 15)


@score((30, True), (30.1, False))
def major_pathological_30(viable_percent: pl.Expr) -> pl.Expr:
    """Significant tumour necrosis: at most 30 % viable tumour.

    Marron 2022, doi:10.1016/S2468-1253(21)00385-X, who ask for more than 70 % necrosis:
    at 30 % itself the two differ, and this cut is the wider.
    """
    return _at_most(viable_percent, 30)


@score((50, True), (50.1, False))
def major_pathological_50(viable_percent: pl.Expr) -> pl.Expr:
    """Partial pathological response: at most 50 % viable tumour.

    One of the other cuts in use.
    """
    return _at_most(viable_percent, 50)
