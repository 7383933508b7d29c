"""Size of the body, of its liver, and of what an operation leaves."""

import polars as pl

from twoarm.scores.exact import billionths
from twoarm.scores.score import score


@score((170, 68, 1.7875))
def body_surface(height_cm: pl.Expr, weight_kg: pl.Expr) -> pl.Expr:
    """Body surface in m2: 0.007184 x weight^0.425 x height^0.725.

    Du Bois 1916, doi:10.1001/archinte.1916.00080130010002
    """
    return 0.007184 * weight_kg.pow(0.425) * height_cm.pow(0.725)


@score((170, 68, 1264.77))
def standard_liver(height_cm: pl.Expr, weight_kg: pl.Expr) -> pl.Expr:
    """Liver volume by Urata in mL: 706.2 x body surface + 2.4.

    From Japanese patients; `vauthey_liver` is a sixth larger.

    Urata 1995, doi:10.1002/hep.1840210515
    """
    return 706.2 * body_surface.function(height_cm, weight_kg) + 2.4


@score((170, 68, 1470.92))
def vauthey_liver(height_cm: pl.Expr, weight_kg: pl.Expr) -> pl.Expr:
    """Liver volume by Vauthey in mL: 1267.28 x body surface - 794.41.

    From western patients.

    Vauthey 2002, doi:10.1053/jlts.2002.31654
    """
    return 1267.28 * body_surface.function(height_cm, weight_kg) - 794.41


@score((520, 170, 68, 41.1143))
def remnant_percent(
    remnant_ml: pl.Expr, height_cm: pl.Expr, weight_kg: pl.Expr
) -> pl.Expr:
    """Future liver remnant in percent: 100 x remnant / standard liver volume.

    Urata 1995, doi:10.1002/hep.1840210515
    """
    return 100 * remnant_ml / standard_liver.function(height_cm, weight_kg)


@score(
    (520, 170, 68, True, True),
    (500, 170, 68, True, False),
    (500, 170, 68, False, True),
    (370, 170, 68, False, False),
)
def remnant_adequate(
    remnant_ml: pl.Expr,
    height_cm: pl.Expr,
    weight_kg: pl.Expr,
    cirrhosis: pl.Expr,
) -> pl.Expr:
    """Remnant is enough: at least 40 % in cirrhosis, at least 30 % else.

    Zhou 2023, doi:10.1159/000530495
    """
    share = remnant_percent.function(remnant_ml, height_cm, weight_kg)
    least = pl.when(cirrhosis).then(billionths(40)).otherwise(billionths(30))
    return billionths(share) >= least


@score((520, 1300, 40.0))
def measured_remnant_percent(remnant_ml: pl.Expr, liver_ml: pl.Expr) -> pl.Expr:
    """Future liver remnant in percent of a measured liver without its tumour.

    Vauthey 2002, doi:10.1053/jlts.2002.31654
    """
    return 100 * remnant_ml / liver_ml
