"""Function of the liver: ALBI, Child-Pugh and fibrosis."""

import polars as pl

from twoarm.scores.exact import billionths, first_of, millionths, points_of
from twoarm.scores.score import score
from twoarm.units import FACTORS

BILIRUBIN_FACTOR = FACTORS["bilirubin_umol_l"]["mg/dL"]


@score((17.1, 40, -2.5862), (20, 35, -2.1163), (12, 44, -3.0277), (34.2, 28, -1.3675))
def albi(bilirubin_umol_l: pl.Expr, albumin_g_l: pl.Expr) -> pl.Expr:
    """Albumin-bilirubin score: 0.66 log10(bilirubin) - 0.085 albumin.

    Johnson 2015, doi:10.1200/JCO.2014.57.9151
    """
    return 0.66 * bilirubin_umol_l.log10() - 0.085 * albumin_g_l


@score(
    (17.1, 40, "2"),
    (20, 35, "2"),
    (12, 44, "1"),
    (34.2, 28, "3"),
    levels=("1", "2", "3"),
)
def albi_grade(bilirubin_umol_l: pl.Expr, albumin_g_l: pl.Expr) -> pl.Expr:
    """ALBI grade: 1 at most -2.60, 2 above it and at most -1.39, 3 above that.

    Johnson 2015, doi:10.1200/JCO.2014.57.9151
    """
    found = billionths(albi.function(bilirubin_umol_l, albumin_g_l))
    cases = {"1": found <= billionths(-2.60), "2": found <= billionths(-1.39)}
    return first_of(cases, "3")


@score(
    (17.1, 40, "2a"),
    (20, 35, "2b"),
    (12, 44, "1"),
    (34.2, 28, "3"),
    levels=("1", "2a", "2b", "3"),
)
def malbi_grade(bilirubin_umol_l: pl.Expr, albumin_g_l: pl.Expr) -> pl.Expr:
    """ALBI grade, modified: as ALBI, with 2a below -2.27 and 2b from -2.27 on.

    Hiraoka 2017, doi:10.1159/000479984
    """
    found = billionths(albi.function(bilirubin_umol_l, albumin_g_l))
    cases = {
        "1": found <= billionths(-2.60),
        "2a": found < billionths(-2.27),
        "2b": found <= billionths(-1.39),
    }
    return first_of(cases, "3")


def _child_pugh(
    bilirubin: tuple[float, float], clotting: tuple[pl.Expr, pl.Expr], **rest: pl.Expr
) -> pl.Expr:
    """Add up the points of five columns.

    Parameters
    ----------
    bilirubin
        First value of two points, and last.
    clotting
        Whether the clotting has more than one point, and more than two.
    """
    found, albumin = (
        millionths(rest["bilirubin_umol_l"]),
        millionths(rest["albumin_g_l"]),
    )
    low, high = bilirubin
    signs = (rest["ascites"], rest["encephalopathy"])
    return pl.sum_horizontal(
        points_of(found >= millionths(low), found > millionths(high)),
        points_of(albumin <= millionths(35), albumin < millionths(28)),
        points_of(*clotting),
        *(points_of(sign != "none", sign == "severe") for sign in signs),
    )


def _inr_points(inr: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    found = millionths(inr)
    return found >= millionths(1.7), found > millionths(2.3)


@score((30, 33, 1.2, "none", "none", 6), (45, 26, 1.8, "mild", "none", 10))
def child_pugh(
    bilirubin_umol_l: pl.Expr,
    albumin_g_l: pl.Expr,
    inr: pl.Expr,
    ascites: pl.Expr,
    encephalopathy: pl.Expr,
) -> pl.Expr:
    """Child-Pugh points: one to three each of five findings, 5 to 15 in all.

    Two points: bilirubin 34 to 51 umol/L, albumin 28 to 35 g/L, INR 1.7 to 2.3, both
    ends included, mild ascites, encephalopathy of degree 1 or 2; beyond that three.

    Pugh 1973, doi:10.1002/bjs.1800600817
    """
    return _child_pugh(
        (34, 51),
        _inr_points(inr),
        bilirubin_umol_l=bilirubin_umol_l,
        albumin_g_l=albumin_g_l,
        ascites=ascites,
        encephalopathy=encephalopathy,
    )


@score(
    (34.1, 36, 1.2, "none", "none", 5),
    (3 * BILIRUBIN_FACTOR, 36, 1.2, "none", "none", 6),
)
def child_pugh_converted(
    bilirubin_umol_l: pl.Expr,
    albumin_g_l: pl.Expr,
    inr: pl.Expr,
    ascites: pl.Expr,
    encephalopathy: pl.Expr,
) -> pl.Expr:
    """Child-Pugh points of a bilirubin that was reported in mg/dL: two from 2 to 3.

    A value of 3.0 mg/dL has two points, but is 51.3 umol/L, which by the usual cut of
    51 has three. All else is as in `child_pugh`.

    Pugh 1973, doi:10.1002/bjs.1800600817
    """
    return _child_pugh(
        (2 * BILIRUBIN_FACTOR, 3 * BILIRUBIN_FACTOR),
        _inr_points(inr),
        bilirubin_umol_l=bilirubin_umol_l,
        albumin_g_l=albumin_g_l,
        ascites=ascites,
        encephalopathy=encephalopathy,
    )


@score((30, 33, 4, "none", "none", 7), (30, 33, 6.1, "none", "none", 8))
def child_pugh_prothrombin(
    bilirubin_umol_l: pl.Expr,
    albumin_g_l: pl.Expr,
    prothrombin_prolonged_s: pl.Expr,
    ascites: pl.Expr,
    encephalopathy: pl.Expr,
) -> pl.Expr:
    """Child-Pugh points with the prothrombin time: two from 4 to 6 s above normal.

    All else is as in `child_pugh`.

    Pugh 1973, doi:10.1002/bjs.1800600817
    """
    longer = millionths(prothrombin_prolonged_s)
    return _child_pugh(
        (34, 51),
        (longer >= millionths(4), longer > millionths(6)),
        bilirubin_umol_l=bilirubin_umol_l,
        albumin_g_l=albumin_g_l,
        ascites=ascites,
        encephalopathy=encephalopathy,
    )


@score((6, "A"), (7, "B"), (9, "B"), (10, "C"), levels=("A", "B", "C"))
def child_pugh_class(child_pugh: pl.Expr) -> pl.Expr:
    """Child-Pugh class: A of 5 or 6 points, B of 7 to 9, C of 10 and more.

    Pugh 1973, doi:10.1002/bjs.1800600817
    """
    return first_of({"A": child_pugh <= 6, "B": child_pugh <= 9}, "C")


@score((58, 60, 45, 150, 3.4585))
def fib_4(
    age_years: pl.Expr,
    ast_u_l: pl.Expr,
    alt_u_l: pl.Expr,
    platelets_10_9_l: pl.Expr,
) -> pl.Expr:
    """Fibrosis-4 index: age x AST / (platelets x square root of ALT).

    Sterling 2006, doi:10.1002/hep.21178
    """
    return age_years * ast_u_l / (platelets_10_9_l * alt_u_l.sqrt())


@score(
    (58, 60, 45, 150, "high"),
    (58, 40, 64, 200, "indeterminate"),
    (52, 40, 64, 80, "indeterminate"),
    levels=("low", "indeterminate", "high"),
)
def fib_4_risk(
    age_years: pl.Expr,
    ast_u_l: pl.Expr,
    alt_u_l: pl.Expr,
    platelets_10_9_l: pl.Expr,
) -> pl.Expr:
    """Fibrosis by FIB-4: low below 1.45, high above 3.25, indeterminate between.

    Sterling 2006, doi:10.1002/hep.21178
    """
    index = fib_4.function(age_years, ast_u_l, alt_u_l, platelets_10_9_l)
    found = billionths(index)
    cases = {"low": found < billionths(1.45), "high": found > billionths(3.25)}
    return first_of(cases, "indeterminate")


@score((60, 40, 150, 1.0))
def apri(ast_u_l: pl.Expr, ast_upper: pl.Expr, platelets_10_9_l: pl.Expr) -> pl.Expr:
    """AST to platelet ratio index: 100 x (AST / its upper limit) / platelets.

    Wai 2003, doi:10.1053/jhep.2003.50346
    """
    return 100 * ast_u_l / ast_upper / platelets_10_9_l


@score(
    (60, 40, 150, "indeterminate"),
    (30, 40, 150, "low"),
    (90, 40, 150, "indeterminate"),
    (91, 40, 150, "high"),
    levels=("low", "indeterminate", "high"),
)
def apri_fibrosis(
    ast_u_l: pl.Expr, ast_upper: pl.Expr, platelets_10_9_l: pl.Expr
) -> pl.Expr:
    """Significant fibrosis by APRI: low at most 0.5, high above 1.5.

    Wai 2003, doi:10.1053/jhep.2003.50346
    """
    found = billionths(apri.function(ast_u_l, ast_upper, platelets_10_9_l))
    cases = {"low": found <= billionths(0.5), "high": found > billionths(1.5)}
    return first_of(cases, "indeterminate")
