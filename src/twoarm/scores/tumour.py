"""Stages and burden of the tumour."""

import polars as pl

from twoarm.scores.exact import billionths, first_of, millionths
from twoarm.scores.score import score

_BCLC = ("0", "A", "B", "C", "D")
_CNLC = ("Ia", "Ib", "IIa", "IIb", "IIIa", "IIIb", "IV")


@score(
    (90, 1, False, False, 0, 5, "none", "A"),
    (25, 4, False, False, 0, 5, "none", "B"),
    (30, 3, False, False, 0, 5, "none", "A"),
    (30.1, 3, False, False, 0, 5, "none", "B"),
    (40, 1, True, False, 0, 5, "none", "C"),
    (20, 1, False, False, 0, 5, "none", "0"),
    (20, 1, False, False, 0, 7, "mild", "A"),
    (20.1, 1, False, False, 0, 5, "none", "A"),
    (30, 1, False, False, 1, 5, "none", "C"),
    (30, 1, False, False, 3, 5, "none", "D"),
    levels=_BCLC,
)
def bclc(
    largest_mm: pl.Expr,
    n_lesions: pl.Expr,
    macrovascular_invasion: pl.Expr,
    extrahepatic_spread: pl.Expr,
    ecog: pl.Expr,
    child_pugh: pl.Expr,
    ascites: pl.Expr,
) -> pl.Expr:
    """BCLC stage of 2022: the first of D, C, 0, A and B that holds.

    D: ECOG 3 or 4, or Child-Pugh C. C: vascular invasion, spread, or ECOG 1 or 2. 0:
    one lesion of at most 20 mm, and a preserved liver, which is Child-Pugh A, or 7
    points without ascites. A: one lesion, or at most three of at most 30 mm. B: the
    others.

    Reig 2022, doi:10.1016/j.jhep.2021.11.018
    """
    size = millionths(largest_mm)
    preserved = (child_pugh <= 6) | ((child_pugh == 7) & (ascites == "none"))
    single = n_lesions == 1
    cases = {
        "D": (ecog >= 3) | (child_pugh >= 10),
        "C": macrovascular_invasion | extrahepatic_spread | (ecog >= 1),
        "0": single & (size <= millionths(20)) & preserved,
        "A": single | ((n_lesions <= 3) & (size <= millionths(30))),
    }
    return first_of(cases, "B")


@score(
    (50, 1, False, False, 0, 5, "Ia"),
    (50.1, 1, False, False, 0, 5, "Ib"),
    (30, 3, False, False, 0, 5, "Ib"),
    (31, 2, False, False, 0, 5, "IIa"),
    (10, 4, False, False, 0, 5, "IIb"),
    (60, 1, True, False, 2, 8, "IIIa"),
    (60, 1, True, True, 0, 5, "IIIb"),
    (10, 1, False, False, 0, 10, "IV"),
    levels=_CNLC,
)
def cnlc(
    largest_mm: pl.Expr,
    n_lesions: pl.Expr,
    macrovascular_invasion: pl.Expr,
    extrahepatic_spread: pl.Expr,
    ecog: pl.Expr,
    child_pugh: pl.Expr,
) -> pl.Expr:
    """China liver cancer stage: the first that holds of those below.

    IV: ECOG 3 or 4, or Child-Pugh C. IIIb: spread. IIIa: vascular invasion. IIb: four
    lesions or more. Ia: one of at most 50 mm. Ib: one that is larger, or two or three
    of at most 30 mm. IIa: two or three, one of them larger.

    Zhou 2023, doi:10.1159/000530495
    """
    size = millionths(largest_mm)
    single = n_lesions == 1
    cases = {
        "IV": (ecog >= 3) | (child_pugh >= 10),
        "IIIb": extrahepatic_spread,
        "IIIa": macrovascular_invasion,
        "IIb": n_lesions >= 4,
        "Ia": single & (size <= millionths(50)),
        "Ib": single | (size <= millionths(30)),
    }
    return first_of(cases, "IIa")


@score(
    (20, 1, True, False, False, "T1a"),
    (20.1, 1, False, False, False, "T1b"),
    (60, 1, True, False, False, "T2"),
    (50, 2, False, False, False, "T2"),
    (51, 2, False, False, False, "T3"),
    (30, 1, True, True, False, "T4"),
    levels=("T1a", "T1b", "T2", "T3", "T4"),
)
def t_stage(
    largest_mm: pl.Expr,
    n_lesions: pl.Expr,
    any_vascular_invasion: pl.Expr,
    major_vascular_invasion: pl.Expr,
    adjacent_invasion: pl.Expr,
) -> pl.Expr:
    """T of the eighth TNM: the first of T4, T1a, T1b, T2 and T3 that holds.

    T4: a major branch of the portal or hepatic vein, an adjacent organ but the gall
    bladder, or the peritoneum perforated. T1a: one lesion of at most 20 mm, whatever
    the vessels. T1b: a larger one without any vascular invasion. T2: with it, or
    several of at most 50 mm. T3: several, one of them larger.

    Amin 2017, AJCC Cancer Staging Manual, 8th edition, doi:10.3322/caac.21388
    """
    size = millionths(largest_mm)
    single = n_lesions == 1
    cases = {
        "T4": major_vascular_invasion | adjacent_invasion,
        "T1a": single & (size <= millionths(20)),
        "T1b": single & ~any_vascular_invasion,
        "T2": single | (size <= millionths(50)),
    }
    return first_of(cases, "T3")


@score(
    (20, 1, False, False, False, False, False, "IA"),
    (60, 1, True, False, False, False, False, "II"),
    (60, 1, True, True, False, False, False, "IIIB"),
    (60, 1, True, True, False, True, False, "IVA"),
    (60, 1, True, True, False, True, True, "IVB"),
    levels=("IA", "IB", "II", "IIIA", "IIIB", "IVA", "IVB"),
)
def tnm_stage(
    largest_mm: pl.Expr,
    n_lesions: pl.Expr,
    any_vascular_invasion: pl.Expr,
    major_vascular_invasion: pl.Expr,
    adjacent_invasion: pl.Expr,
    lymph_node: pl.Expr,
    distant_metastasis: pl.Expr,
) -> pl.Expr:
    """Stage of the eighth TNM: IVB of M1, IVA of N1, else by T from IA to IIIB.

    Amin 2017, AJCC Cancer Staging Manual, 8th edition, doi:10.3322/caac.21388
    """
    tumour = t_stage.function(
        largest_mm,
        n_lesions,
        any_vascular_invasion,
        major_vascular_invasion,
        adjacent_invasion,
    )
    stages = {"IA": "T1a", "IB": "T1b", "II": "T2", "IIIA": "T3"}
    local = {stage: tumour == t for stage, t in stages.items()}
    cases = {"IVB": distant_metastasis, "IVA": lymph_node, **local}
    return first_of(cases, "IIIB")


@score(
    (50, 1, False, False, True),
    (50.1, 1, False, False, False),
    (30, 3, False, False, True),
    (30.1, 2, False, False, False),
    (20, 4, False, False, False),
    (20, 1, True, False, False),
)
def milan(
    largest_mm: pl.Expr,
    n_lesions: pl.Expr,
    macrovascular_invasion: pl.Expr,
    extrahepatic_spread: pl.Expr,
) -> pl.Expr:
    """Within Milan: one lesion of at most 50 mm, or two or three of at most 30 mm.

    Without vascular invasion and without spread.

    Mazzaferro 1996, doi:10.1056/NEJM199603143341104
    """
    size = millionths(largest_mm)
    single = (n_lesions == 1) & (size <= millionths(50))
    several = (n_lesions <= 3) & (size <= millionths(30))
    return (single | several) & ~macrovascular_invasion & ~extrahepatic_spread


@score(
    (65, 1, 65, False, False, True),
    (65.1, 1, 65.1, False, False, False),
    (45, 2, 80, False, False, True),
    (45, 2, 80.1, False, False, False),
    (45.1, 2, 60, False, False, False),
    lacks=lambda largest_mm, total_mm, **_: {
        "total_mm is less than largest_mm": total_mm < largest_mm
    },
)
def ucsf(
    largest_mm: pl.Expr,
    n_lesions: pl.Expr,
    total_mm: pl.Expr,
    macrovascular_invasion: pl.Expr,
    extrahepatic_spread: pl.Expr,
) -> pl.Expr:
    """Within UCSF: one of at most 65 mm, or two or three of at most 45 mm.

    Of several the sizes add up to 80 mm at most. Without vascular invasion and spread.

    Yao 2001, doi:10.1053/jhep.2001.24563
    """
    size = millionths(largest_mm)
    single = (n_lesions == 1) & (size <= millionths(65))
    total = millionths(total_mm) <= millionths(80)
    several = (n_lesions <= 3) & (size <= millionths(45)) & total
    return (single | several) & ~macrovascular_invasion & ~extrahepatic_spread


def _up_to(points: int, largest_mm: pl.Expr, n_lesions: pl.Expr) -> pl.Expr:
    size = millionths(largest_mm) + millionths(10) * n_lesions.cast(pl.Int64)
    return size <= millionths(10 * points)


@score((42, 3, False, False), (40, 3, False, True), (40, 3, True, False))
def up_to_seven(
    largest_mm: pl.Expr, n_lesions: pl.Expr, macrovascular_invasion: pl.Expr
) -> pl.Expr:
    """Within up-to-seven: largest size in cm + number at most 7, no vascular invasion.

    Mazzaferro 2009, doi:10.1016/S1470-2045(08)70284-5
    """
    return _up_to(7, largest_mm, n_lesions) & ~macrovascular_invasion


@score((80, 3, False, True), (80.1, 3, False, False))
def up_to_eleven(
    largest_mm: pl.Expr, n_lesions: pl.Expr, macrovascular_invasion: pl.Expr
) -> pl.Expr:
    """Within up-to-eleven: the same sum at most 11, no vascular invasion.

    The cut of `up_to_seven`, moved: it has no source of its own.
    """
    return _up_to(11, largest_mm, n_lesions) & ~macrovascular_invasion


@score((65, 3, 7.1589), (30, 1, 3.1623), (120, 8, 14.4222))
def tumour_burden(largest_mm: pl.Expr, n_lesions: pl.Expr) -> pl.Expr:
    """Tumour burden score: square root of (largest size in cm)^2 + number^2.

    Sasaki 2018, doi:10.1097/SLA.0000000000002064
    """
    return ((largest_mm / 10).pow(2) + n_lesions.pow(2)).sqrt()


@score(
    (30, 1, "low"),
    (65, 3, "medium"),
    (120, 8, "high"),
    levels=("low", "medium", "high"),
)
def tumour_burden_group(largest_mm: pl.Expr, n_lesions: pl.Expr) -> pl.Expr:
    """Tumour burden: low below 3.36, high above 13.74, medium between.

    Other papers have other cuts.

    Tsilimigras 2020, doi:10.1002/bjs.11464
    """
    found = billionths(tumour_burden.function(largest_mm, n_lesions))
    cases = {"low": found < billionths(3.36), "high": found > billionths(13.74)}
    return first_of(cases, "medium")
