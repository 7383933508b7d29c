"""MELD in its three versions, and the filtration of the kidney."""

import polars as pl

from twoarm.scores.exact import billionths
from twoarm.scores.liver import BILIRUBIN_FACTOR
from twoarm.scores.score import score

# SOURCE: molar mass of creatinine 113.12 g/mol, as laboratories round it: 1 mg/dL is
# 88.42 umol/L.
CREATININE_FACTOR = 88.42
HIGHEST = 40
"""All three end there."""


def _at_least_one(value: pl.Expr, factor: float = 1.0) -> pl.Expr:
    """Bring to mg/dL; below 1 a logarithm would take points away."""
    return pl.max_horizontal(value / factor, 1.0)


def _creatinine(value: pl.Expr, dialysis: pl.Expr, highest: float) -> pl.Expr:
    held = pl.min_horizontal(_at_least_one(value, CREATININE_FACTOR), highest)
    return pl.when(dialysis.fill_null(value=False)).then(highest).otherwise(held)


def _half_up(value: pl.Expr) -> pl.Expr:
    """Round to whole points, a half up; a half is told in billionths."""
    return ((billionths(value) + 500_000_000) // 1_000_000_000).cast(pl.Float64)


@score(
    (2.5 * BILIRUBIN_FACTOR, 1.0, 1.2 * CREATININE_FACTOR, None, 12),
    (12 * BILIRUBIN_FACTOR, 2.2, 1.8 * CREATININE_FACTOR, None, 30),
    (10, 0.9, 60, None, 6),
    (10, 0.9, 60, True, 20),
    optional=("dialysis",),
)
def meld(
    bilirubin_umol_l: pl.Expr,
    inr: pl.Expr,
    creatinine_umol_l: pl.Expr,
    dialysis: pl.Expr,
) -> pl.Expr:
    """MELD: 9.57 ln creatinine + 3.78 ln bilirubin + 11.20 ln INR + 6.43, in mg/dL.

    Each is at least 1, creatinine at most 4.0, and that where dialysis is charted.
    Rounded to whole points, at most 40.

    Kamath 2001, doi:10.1053/jhep.2001.22172
    """
    bilirubin = _at_least_one(bilirubin_umol_l, BILIRUBIN_FACTOR)
    creatinine = _creatinine(creatinine_umol_l, dialysis, 4.0)
    raw = 9.57 * creatinine.log() + 3.78 * bilirubin.log()
    raw += 11.20 * _at_least_one(inr).log() + 6.43
    return pl.min_horizontal(_half_up(raw), float(HIGHEST))


@score(
    (2.5 * BILIRUBIN_FACTOR, 1.0, 1.2 * CREATININE_FACTOR, 131, None, 18),
    (6 * BILIRUBIN_FACTOR, 1.5, 1.5 * CREATININE_FACTOR, 131, None, 26),
    (12 * BILIRUBIN_FACTOR, 2.2, 1.8 * CREATININE_FACTOR, 128, None, 33),
    (12 * BILIRUBIN_FACTOR, 2.2, 2.8 * CREATININE_FACTOR, 128, None, 36),
    (0.8 * BILIRUBIN_FACTOR, 1.0, 0.8 * CREATININE_FACTOR, 140, None, 6),
    optional=("dialysis",),
)
def meld_na(
    bilirubin_umol_l: pl.Expr,
    inr: pl.Expr,
    creatinine_umol_l: pl.Expr,
    sodium_mmol_l: pl.Expr,
    dialysis: pl.Expr,
) -> pl.Expr:
    """MELD-Na: of a MELD above 11, MELD + (1.32 - 0.033 MELD) x (137 - sodium).

    Sodium is held within 125 and 137. Rounded, a half up, and at most 40.

    Biggins 2006, doi:10.1053/j.gastro.2006.02.010
    """
    base = meld.function(bilirubin_umol_l, inr, creatinine_umol_l, dialysis)
    lacking = 137 - sodium_mmol_l.clip(125, 137)
    more = _half_up(base + (1.32 - 0.033 * base) * lacking)
    found = pl.when(base > 11).then(more).otherwise(base)
    return pl.min_horizontal(found, float(HIGHEST))


@score(
    *(
        (b * BILIRUBIN_FACTOR, i, c * CREATININE_FACTOR, na, alb, female, None, gives)
        for b, i, c, na, alb, female, gives in (
            (2.5, 1.0, 1.2, 131, 38, False, 16),
            (2.5, 1.0, 1.2, 131, 38, True, 17),
            (6.0, 1.5, 1.5, 131, 35, False, 25),
            (6.0, 1.5, 1.5, 131, 22, False, 26),
            (6.0, 1.5, 1.5, 131, 22, True, 27),
            (12.0, 2.2, 1.8, 128, 20, False, 34),
            (12.0, 2.2, 2.8, 128, 20, False, 38),
            (12.0, 2.2, 2.8, 128, 20, True, 39),
            (0.8, 1.0, 0.8, 140, 42, False, 6),
        )
    ),
    optional=("dialysis",),
)
def meld_3(
    bilirubin_umol_l: pl.Expr,
    inr: pl.Expr,
    creatinine_umol_l: pl.Expr,
    sodium_mmol_l: pl.Expr,
    albumin_g_l: pl.Expr,
    female: pl.Expr,
    dialysis: pl.Expr,
) -> pl.Expr:
    """MELD 3.0: with sex and albumin, and products with sodium and creatinine.

    1.33 if female + 4.56 ln bilirubin + 0.82 (137 - sodium) - 0.24 (137 - sodium) ln
    bilirubin + 9.09 ln INR + 11.14 ln creatinine + 1.85 (3.5 - albumin) - 1.83 (3.5 -
    albumin) ln creatinine + 6, in mg/dL and g/dL. Bilirubin, INR and creatinine are at
    least 1, creatinine at most 3.0 and that where dialysis is charted, sodium within
    125 and 137, albumin within 1.5 and 3.5. Rounded, a half up, within 6 and 40.

    Kim 2021, doi:10.1053/j.gastro.2021.08.050
    """
    bilirubin = _at_least_one(bilirubin_umol_l, BILIRUBIN_FACTOR).log()
    creatinine = _creatinine(creatinine_umol_l, dialysis, 3.0).log()
    sodium = 137 - sodium_mmol_l.clip(125, 137)
    albumin = 3.5 - (albumin_g_l / 10).clip(1.5, 3.5)
    raw = 4.56 * bilirubin + 0.82 * sodium - 0.24 * sodium * bilirubin
    raw += 9.09 * _at_least_one(inr).log() + 11.14 * creatinine
    raw += 1.85 * albumin - 1.83 * albumin * creatinine + 6
    raw += pl.when(female).then(1.33).otherwise(0.0)
    return _half_up(raw).clip(6, HIGHEST)


@score((CREATININE_FACTOR, 56, False, 88.333), (CREATININE_FACTOR, 56, True, 66.1196))
def egfr(creatinine_umol_l: pl.Expr, age_years: pl.Expr, female: pl.Expr) -> pl.Expr:
    """Filtration of the kidney in mL/min/1.73 m2, by CKD-EPI 2021 without race.

    142 x min(c, 1)^a x max(c, 1)^-1.2 x 0.9938^age, and x 1.012 if female; c is the
    creatinine in mg/dL over 0.9 (female 0.7), a is -0.302 (female -0.241).

    Inker 2021, doi:10.1056/NEJMoa2102953
    """
    usual = pl.when(female).then(0.7).otherwise(0.9)
    ratio = creatinine_umol_l / CREATININE_FACTOR / usual
    power = pl.when(female).then(-0.241).otherwise(-0.302)
    low = pl.min_horizontal(ratio, 1.0).pow(power)
    high = pl.max_horizontal(ratio, 1.0).pow(-1.2)
    sex = pl.when(female).then(1.012).otherwise(1.0)
    return 142 * low * high * pl.lit(0.9938).pow(age_years) * sex
