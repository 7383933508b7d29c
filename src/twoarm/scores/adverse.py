"""Grades of adverse events by laboratory values, of CTCAE versions 5.0 and 4.03.

Version 5.0 compares with the patient's own baseline where that was abnormal.
"""

import polars as pl

from twoarm.scores.exact import first_of, millionths
from twoarm.scores.score import score

_GRADES = ("0", "1", "2", "3", "4")


def _multiple(value: pl.Expr, reference: pl.Expr, times: float) -> pl.Expr:
    """Tell whether a value is more than so many times another, halves included."""
    return 2 * millionths(value) > round(2 * times) * millionths(reference)


def _graded_above(value: pl.Expr, reference: pl.Expr, *cuts: float) -> pl.Expr:
    """Grade by multiples of a reference, from the highest down."""
    grades = zip(("4", "3", "2", "1"), reversed(cuts), strict=True)
    return first_of(
        {grade: _multiple(value, reference, cut) for grade, cut in grades}, "0"
    )


def _graded_below(value: pl.Expr, lower: pl.Expr, *cuts: float) -> pl.Expr:
    """Grade by cuts below the lower limit, from the lowest up."""
    found = millionths(value)
    cases = {
        grade: found < millionths(cut)
        for grade, cut in zip(("4", "3", "2"), reversed(cuts), strict=True)
    }
    return first_of({**cases, "1": found < millionths(lower)}, "0")


@score(
    (210, 50, 40, "2"),
    (210, 50, 100, "1"),
    (150, 50, 40, "1"),
    (150.1, 50, 40, "2"),
    (149.9, 50, 100, "0"),
    (150, 50, 100, "1"),
    (1000, 50, 40, "3"),
    (1000.1, 50, 40, "4"),
    levels=_GRADES,
)
def transaminase_grade(
    transaminase_u_l: pl.Expr,
    transaminase_upper: pl.Expr,
    transaminase_baseline: pl.Expr,
) -> pl.Expr:
    """ALT or AST, CTCAE 5.0: above 1, 3, 5 and 20 times the upper limit.

    Of a baseline above the limit: from 1.5 times, above 3, 5 and 20 times the baseline.

    National Cancer Institute 2017, CTCAE version 5.0
    """
    value, baseline = transaminase_u_l, transaminase_baseline
    abnormal = millionths(baseline) > millionths(transaminase_upper)
    usual = _graded_above(value, transaminase_upper, 1, 3, 5, 20)
    raised = _graded_above(value, baseline, 1.5, 3, 5, 20)
    at_least = 2 * millionths(value) == 3 * millionths(baseline)
    raised = pl.when(at_least).then(pl.lit("1")).otherwise(raised)
    return pl.when(abnormal).then(raised).otherwise(usual)


@score((210, 50, "2"), (50, 50, "0"), (250, 50, "2"), (250.1, 50, "3"), levels=_GRADES)
def transaminase_grade_4(
    transaminase_u_l: pl.Expr, transaminase_upper: pl.Expr
) -> pl.Expr:
    """ALT or AST, CTCAE 4.03: above 1, 3, 5 and 20 times the upper limit.

    National Cancer Institute 2010, CTCAE version 4.03
    """
    return _graded_above(transaminase_u_l, transaminase_upper, 1, 3, 5, 20)


@score(
    (100, 20.5, 15, "3"),
    (30.75, 20.5, 15, "1"),
    (30.8, 20.5, 15, "2"),
    (60, 20.5, 40, "1"),
    (60.1, 20.5, 40, "2"),
    (40, 20.5, 40, "0"),
    levels=_GRADES,
)
def bilirubin_grade(
    bilirubin_umol_l: pl.Expr,
    bilirubin_upper: pl.Expr,
    bilirubin_baseline: pl.Expr,
) -> pl.Expr:
    """Bilirubin, CTCAE 5.0: above 1, 1.5, 3 and 10 times the upper limit.

    Of a baseline above the limit: the same multiples of the baseline.

    National Cancer Institute 2017, CTCAE version 5.0
    """
    abnormal = millionths(bilirubin_baseline) > millionths(bilirubin_upper)
    reference = pl.when(abnormal).then(bilirubin_baseline).otherwise(bilirubin_upper)
    return _graded_above(bilirubin_umol_l, reference, 1, 1.5, 3, 10)


@score((100, 20.5, "3"), (205, 20.5, "3"), (205.1, 20.5, "4"), levels=_GRADES)
def bilirubin_grade_4(bilirubin_umol_l: pl.Expr, bilirubin_upper: pl.Expr) -> pl.Expr:
    """Bilirubin, CTCAE 4.03: above 1, 1.5, 3 and 10 times the upper limit.

    National Cancer Institute 2010, CTCAE version 4.03
    """
    return _graded_above(bilirubin_umol_l, bilirubin_upper, 1, 1.5, 3, 10)


@score(
    (62, 100, "2"),
    (75, 100, "1"),
    (74.9, 100, "2"),
    (50, 100, "2"),
    (25, 100, "3"),
    (24.9, 100, "4"),
    (100, 100, "0"),
    levels=_GRADES,
)
def platelets_grade(platelets_10_9_l: pl.Expr, platelets_lower: pl.Expr) -> pl.Expr:
    """Platelets, both versions of CTCAE: below the lower limit, 75, 50 and 25.

    National Cancer Institute 2017, CTCAE version 5.0
    """
    return _graded_below(platelets_10_9_l, platelets_lower, 75, 50, 25)


@score(
    (1.5, 2.0, "1"),
    (1.4, 2.0, "2"),
    (1.0, 2.0, "2"),
    (0.5, 2.0, "3"),
    (0.4, 2.0, "4"),
    levels=_GRADES,
)
def neutrophils_grade(
    neutrophils_10_9_l: pl.Expr, neutrophils_lower: pl.Expr
) -> pl.Expr:
    """Neutrophils, both versions of CTCAE: below the lower limit, 1.5, 1.0 and 0.5.

    National Cancer Institute 2017, CTCAE version 5.0
    """
    return _graded_below(neutrophils_10_9_l, neutrophils_lower, 1.5, 1, 0.5)


def _creatinine_from_two(
    value: pl.Expr, upper: pl.Expr, baseline: pl.Expr
) -> dict[str, pl.Expr]:
    return {
        "4": _multiple(value, upper, 6),
        "3": _multiple(value, upper, 3) | _multiple(value, baseline, 3),
        "2": _multiple(value, upper, 1.5) | _multiple(value, baseline, 1.5),
    }


@score(
    (105, 105, 60, "2"),
    (90, 105, 60, "0"),
    (110, 105, 80, "1"),
    (180.1, 105, 60, "3"),
    (630, 105, 300, "3"),
    (630.1, 105, 300, "4"),
    levels=_GRADES,
)
def creatinine_grade(
    creatinine_umol_l: pl.Expr,
    creatinine_upper: pl.Expr,
    creatinine_baseline: pl.Expr,
) -> pl.Expr:
    """Creatinine, CTCAE 5.0: above 1, 1.5, 3 and 6 times the upper limit.

    Above 1.5 times the baseline is 2 too, above 3 times 3.

    National Cancer Institute 2017, CTCAE version 5.0
    """
    value, upper = creatinine_umol_l, creatinine_upper
    cases = _creatinine_from_two(value, upper, creatinine_baseline)
    return first_of({**cases, "1": _multiple(value, upper, 1)}, "0")


@score((70, 105, 60, "1"), (60, 105, 60, "0"), (90.1, 105, 60, "2"), levels=_GRADES)
def creatinine_grade_4(
    creatinine_umol_l: pl.Expr,
    creatinine_upper: pl.Expr,
    creatinine_baseline: pl.Expr,
) -> pl.Expr:
    """Creatinine, CTCAE 4.03: as 5.0, and anything above the baseline is 1.

    National Cancer Institute 2010, CTCAE version 4.03
    """
    value, upper = creatinine_umol_l, creatinine_upper
    cases = _creatinine_from_two(value, upper, creatinine_baseline)
    above = _multiple(value, upper, 1) | _multiple(value, creatinine_baseline, 1)
    return first_of({**cases, "1": above}, "0")
