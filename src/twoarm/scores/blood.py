"""Ratios of blood counts, markers of the tumour, and how they answer to treatment."""

import polars as pl

from twoarm.scores.exact import first_of, millionths
from twoarm.scores.quantities import Quantity
from twoarm.scores.score import score


@score((4.2, 1.4, 3.0))
def nlr(neutrophils_10_9_l: pl.Expr, lymphocytes_10_9_l: pl.Expr) -> pl.Expr:
    """Neutrophil to lymphocyte ratio: neutrophils / lymphocytes.

    Zahorec 2001, PMID 11723675
    """
    return neutrophils_10_9_l / lymphocytes_10_9_l


@score((180, 1.4, 128.5714))
def plr(platelets_10_9_l: pl.Expr, lymphocytes_10_9_l: pl.Expr) -> pl.Expr:
    """Platelet to lymphocyte ratio: platelets / lymphocytes.

    Smith 2009, Am J Surg 197:466
    """
    return platelets_10_9_l / lymphocytes_10_9_l


@score((1.4, 0.5, 2.8))
def lmr(lymphocytes_10_9_l: pl.Expr, monocytes_10_9_l: pl.Expr) -> pl.Expr:
    """Lymphocyte to monocyte ratio: lymphocytes / monocytes.

    Lin 2015, World J Gastroenterol 21:10898
    """
    return lymphocytes_10_9_l / monocytes_10_9_l


@score((180, 4.2, 1.4, 540.0))
def sii(
    platelets_10_9_l: pl.Expr,
    neutrophils_10_9_l: pl.Expr,
    lymphocytes_10_9_l: pl.Expr,
) -> pl.Expr:
    """Systemic immune-inflammation index: platelets x neutrophils / lymphocytes.

    Hu 2014, doi:10.1158/1078-0432.CCR-14-0442
    """
    return platelets_10_9_l * neutrophils_10_9_l / lymphocytes_10_9_l


@score((38, 1.4, 45.0))
def pni(albumin_g_l: pl.Expr, lymphocytes_10_9_l: pl.Expr) -> pl.Expr:
    """Prognostic nutritional index: albumin + 5 x lymphocytes.

    Onodera 1984, PMID 6438478
    """
    return albumin_g_l + 5 * lymphocytes_10_9_l


@score((250, 4, 1), (100, 10, 2), (99.9, 9.9, 0))
def crafity(afp_ng_ml: pl.Expr, crp_mg_l: pl.Expr) -> pl.Expr:
    """CRAFITY points: one of AFP from 100 ng/mL on, one of CRP from 10 mg/L on.

    The paper has CRP in mg/dL, from 1 on.

    Scheiner 2022, doi:10.1016/j.jhep.2021.09.035
    """
    return pl.sum_horizontal(
        (millionths(afp_ng_ml) >= millionths(100)).cast(pl.Int64),
        (millionths(crp_mg_l) >= millionths(10)).cast(pl.Int64),
    )


@score(
    (99.9, 9.9, "low"),
    (250, 4, "intermediate"),
    (100, 10, "high"),
    levels=("low", "intermediate", "high"),
)
def crafity_risk(afp_ng_ml: pl.Expr, crp_mg_l: pl.Expr) -> pl.Expr:
    """CRAFITY risk: low of no point, intermediate of one, high of two.

    Scheiner 2022, doi:10.1016/j.jhep.2021.09.035
    """
    points = crafity.function(afp_ng_ml, crp_mg_l)
    return first_of({"low": points == 0, "intermediate": points == 1}, "high")


@score((1200, 420, -65.0), (400, 96, -76.0))
def afp_change_percent(afp_ng_ml_first: pl.Expr, afp_ng_ml: pl.Expr) -> pl.Expr:
    """Change of AFP in percent: 100 x (now - first) / first.

    Zhu 2022, doi:10.1158/1078-0432.CCR-21-3275
    """
    return 100 * (afp_ng_ml - afp_ng_ml_first) / afp_ng_ml_first


def _fell(first: pl.Expr, now: pl.Expr, percent: int) -> pl.Expr:
    """Tell whether a marker fell by a share at least."""
    return 100 * millionths(now) <= (100 - percent) * millionths(first)


_RAISED = {"afp_ng_ml_first": Quantity("ng/mL", 20, 5_000_000)}


@score((1200, 420, False), (400, 96, True), (400, 100, True), ranges=_RAISED)
def afp_response_75(afp_ng_ml_first: pl.Expr, afp_ng_ml: pl.Expr) -> pl.Expr:
    """AFP fell by 75 % or more from at least 20 ng/mL.

    In the source within six weeks of the first dose; the days are the caller's.

    Zhu 2022, doi:10.1158/1078-0432.CCR-21-3275
    """
    return _fell(afp_ng_ml_first, afp_ng_ml, 75)


@score((1200, 420, True), (100, 50, True), (100, 50.1, False))
def afp_response(afp_ng_ml_first: pl.Expr, afp_ng_ml: pl.Expr) -> pl.Expr:
    """AFP fell by half or more, whatever it was before.

    Chan 2009, doi:10.1200/JCO.2008.18.8151, of 20 % in those with 20 ng/mL or more;
    half is one of the cuts that others use.
    """
    return _fell(afp_ng_ml_first, afp_ng_ml, 50)


@score((100, 80, True), (100, 80.1, False), ranges=_RAISED)
def afp_response_20(afp_ng_ml_first: pl.Expr, afp_ng_ml: pl.Expr) -> pl.Expr:
    """AFP fell by 20 % or more from at least 20 ng/mL.

    Chan 2009, doi:10.1200/JCO.2008.18.8151
    """
    return _fell(afp_ng_ml_first, afp_ng_ml, 20)


@score((1200, 19.9, True), (1200, 20, False), ranges=_RAISED)
def afp_normalised(afp_ng_ml_first: pl.Expr, afp_ng_ml: pl.Expr) -> pl.Expr:
    """AFP fell from at least 20 ng/mL to less.

    Chan 2009, doi:10.1200/JCO.2008.18.8151
    """
    return millionths(afp_ng_ml) < millionths(20)


_PIVKA_RAISED = {"pivka_mau_ml_first": Quantity("mAU/mL", 40, 1_000_000)}


@score((800, 400, True), (800, 400.1, False), ranges=_PIVKA_RAISED)
def pivka_response(pivka_mau_ml_first: pl.Expr, pivka_mau_ml: pl.Expr) -> pl.Expr:
    """PIVKA-II fell by half or more from at least 40 mAU/mL.

    Values in ng/mL are of another assay and are not converted.

    The cut is that of `afp_response`.
    """
    return _fell(pivka_mau_ml_first, pivka_mau_ml, 50)


@score((800, 39.9, True), (800, 40, False), ranges=_PIVKA_RAISED)
def pivka_normalised(pivka_mau_ml_first: pl.Expr, pivka_mau_ml: pl.Expr) -> pl.Expr:
    """PIVKA-II fell from at least 40 mAU/mL to less.

    The cut is the upper limit of the assays in mAU/mL.
    """
    return millionths(pivka_mau_ml) < millionths(40)
