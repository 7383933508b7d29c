"""Complications of an operation on the liver."""

from collections.abc import Mapping

import polars as pl

from twoarm.scores.exact import first_of, millionths
from twoarm.scores.quantities import CLAVIEN, Quantity
from twoarm.scores.score import score
from twoarm.units import FACTORS

_GRADES = ("none", "A", "B", "C")
# SOURCE: weights of Slankamenac 2013, doi:10.1097/SLA.0b013e318296c732.
_WEIGHTS = {
    "I": 300,
    "II": 1750,
    "IIIa": 2750,
    "IIIb": 4550,
    "IVa": 7200,
    "IVb": 8550,
    "V": 40_000,
}
"""Death weighs what gives 100, the most there is."""


@score(("II", False), ("IIIa", True), ("V", True))
def major_complication(clavien: pl.Expr) -> pl.Expr:
    """Major complication: Clavien-Dindo IIIa or worse.

    Dindo 2004, doi:10.1097/01.sla.0000133083.54934.ae
    """
    return ~clavien.is_in(["I", "II"])


@score(
    (["II", "IIIa", "I"], "IIIa"),
    ([], "none"),
    levels=("none", *CLAVIEN),
)
def worst_complication(complications: pl.Expr) -> pl.Expr:
    """Clavien-Dindo grade of the worst of all complications; none without any.

    Dindo 2004, doi:10.1097/01.sla.0000133083.54934.ae
    """
    worst_first = reversed(CLAVIEN)
    cases = {grade: complications.list.contains(grade) for grade in worst_first}
    return first_of(cases, "none")


@score(
    (["II", "IIIa", "IVa"], 54.0833),
    (["I"], 8.6603),
    (["II"], 20.9165),
    (["IIIa"], 26.2202),
    (["IIIb"], 33.7268),
    (["IVa"], 42.4264),
    (["IVb"], 46.2331),
    (["I", "IIIa"], 27.6134),
    (["II", "II"], 29.5804),
    (["V", "II"], 100.0),
    ([], 0.0),
)
def complication_index(complications: pl.Expr) -> pl.Expr:
    """Comprehensive complication index: half the root of the sum of weights.

    Weights: I 300, II 1750, IIIa 2750, IIIb 4550, IVa 7200, IVb 8550. A death makes it
    100, and it is never more. The list holds all complications; an empty one gives 0.

    Slankamenac 2013, doi:10.1097/SLA.0b013e318296c732
    """
    weights = complications.list.eval(
        pl.element().replace_strict(_WEIGHTS, default=None, return_dtype=pl.Int64)
    )
    return pl.min_horizontal(weights.list.sum().cast(pl.Float64).sqrt() / 2, 100.0)


def _unclear(**given: pl.Expr) -> Mapping[str, pl.Expr]:
    """Tell where a rise against the day before is asked for, and that is not known."""
    return {
        f"{name}_previous is not known, and {name}_before was raised": (
            millionths(given[before]) > millionths(given[upper])
        )
        & given[previous].is_null()
        for name, before, upper, previous in (
            ("inr", "inr_before", "inr_upper", "inr_previous"),
            (
                "bilirubin",
                "bilirubin_before",
                "bilirubin_upper",
                "bilirubin_previous",
            ),
        )
    }


def _raised(
    value: pl.Expr, upper: pl.Expr, before: pl.Expr, previous: pl.Expr
) -> pl.Expr:
    """Tell whether a value is above its limit; of one above it before, if it rises."""
    found, limit = millionths(value), millionths(upper)
    abnormal = (millionths(before) > limit).fill_null(value=False)
    return pl.when(abnormal).then(found > millionths(previous)).otherwise(found > limit)


@score(
    (5, 1.5, 1.2, None, None, 28, 20.5, None, None, True),
    (5, 1.1, 1.2, None, None, 60, 20.5, None, None, False),
    (6, 1.3, 1.2, 1.4, 1.35, 28, 20.5, None, None, False),
    (5, 1.5, 1.2, None, None, 20.5, 20.5, None, None, False),
    optional=("inr_before", "inr_previous", "bilirubin_before", "bilirubin_previous"),
    ranges={"postoperative_day": Quantity("d", 5, 365, whole=True)},
    lacks=_unclear,
)
def liver_failure(
    postoperative_day: pl.Expr,
    inr: pl.Expr,
    inr_upper: pl.Expr,
    inr_before: pl.Expr,
    inr_previous: pl.Expr,
    bilirubin_umol_l: pl.Expr,
    bilirubin_upper: pl.Expr,
    bilirubin_before: pl.Expr,
    bilirubin_previous: pl.Expr,
) -> pl.Expr:
    """Liver failure of the ISGLS: INR and bilirubin above their limits from day 5 on.

    What was above its limit before the operation has to rise against the day before
    (`_previous`). Nothing of before (`_before`): it was normal.

    Rahbari 2011, doi:10.1016/j.surg.2010.10.001
    """
    clotting = _raised(inr, inr_upper, inr_before, inr_previous)
    return clotting & _raised(
        bilirubin_umol_l, bilirubin_upper, bilirubin_before, bilirubin_previous
    )


@score(
    (True, "none", "A"),
    (True, "non-invasive", "B"),
    (True, "invasive", "C"),
    (False, "invasive", "none"),
    levels=_GRADES,
)
def liver_failure_grade(liver_failure: pl.Expr, treatment: pl.Expr) -> pl.Expr:
    """Grade of liver failure: A without a change of treatment, B with, C if invasive.

    Rahbari 2011, doi:10.1016/j.surg.2010.10.001
    """
    cases = {
        "none": ~liver_failure,
        "A": treatment == "none",
        "B": treatment == "non-invasive",
    }
    return first_of(cases, "C")


@score(
    (5, 49.9, 50.1, True),
    (5, 50, 60, False),
    (5, 40, 50, False),
    ranges={"postoperative_day": Quantity("d", 5, 5, whole=True)},
)
def fifty_fifty(
    postoperative_day: pl.Expr,
    prothrombin_percent: pl.Expr,
    bilirubin_umol_l: pl.Expr,
) -> pl.Expr:
    """50-50 criteria: on day 5 prothrombin below 50 % and bilirubin above 50 umol/L.

    Balzan 2005, doi:10.1097/01.sla.0000189131.90876.9e
    """
    clotting = millionths(prothrombin_percent) < millionths(50)
    return clotting & (millionths(bilirubin_umol_l) > millionths(50))


_PEAK = 7 * FACTORS["bilirubin_umol_l"]["mg/dL"]


@score((_PEAK, False), (119.8, True))
def peak_bilirubin(bilirubin_umol_l: pl.Expr) -> pl.Expr:
    """Peak bilirubin above 7 mg/dL, 119.728 umol/L, of all days after the operation.

    Mullen 2007, J Am Coll Surg 204:854
    """
    return millionths(bilirubin_umol_l) > millionths(_PEAK)


def _no_drain(treatment: pl.Expr, **drained: pl.Expr) -> Mapping[str, pl.Expr]:
    """Tell which parts of the comparison lack, where nothing was done."""
    return {
        f"{name} is not known, and nothing was done": (treatment == "none")
        & each.is_null()
        for name, each in drained.items()
    }


@score(
    (3, 60, 20, "none", True),
    (3, 59.9, 20, "none", False),
    (2, 90, 20, "none", False),
    (2, None, None, "invasive", True),
    optional=("postoperative_day", "drain_bilirubin_umol_l", "bilirubin_umol_l"),
    lacks=_no_drain,
)
def bile_leak(
    postoperative_day: pl.Expr,
    drain_bilirubin_umol_l: pl.Expr,
    bilirubin_umol_l: pl.Expr,
    treatment: pl.Expr,
) -> pl.Expr:
    """Bile leak of the ISGLS: from day 3 on bilirubin in the drain three times serum's.

    Or a collection of bile or peritonitis that something was done for.

    Koch 2011, doi:10.1016/j.surg.2010.12.002
    """
    drain = millionths(drain_bilirubin_umol_l) >= 3 * millionths(bilirubin_umol_l)
    drained = (postoperative_day >= 3) & drain
    return (treatment != "none") | drained.fill_null(value=False)


@score(
    (True, 7, "none", "A"),
    (True, 8, "none", "B"),
    (True, 3, "non-invasive", "B"),
    (True, 3, "invasive", "C"),
    (False, 0, "none", "none"),
    levels=_GRADES,
)
def bile_leak_grade(leak: pl.Expr, leak_days: pl.Expr, treatment: pl.Expr) -> pl.Expr:
    """Grade of a bile leak: C if operated on again, B if treated or beyond a week.

    Here `invasive` is another laparotomy; a drain or stent is `non-invasive`.

    Koch 2011, doi:10.1016/j.surg.2010.12.002
    """
    cases = {
        "none": ~leak,
        "C": treatment == "invasive",
        "B": (treatment == "non-invasive") | (leak_days > 7),
    }
    return first_of(cases, "A")


@score(
    (120, 90, 0, False, False),
    (120, 89.9, 0, False, True),
    (120, 110, 1, False, True),
    (120, 110, 0, True, True),
)
def haemorrhage(
    haemoglobin_before_g_l: pl.Expr,
    haemoglobin_g_l: pl.Expr,
    units_transfused: pl.Expr,
    reoperated: pl.Expr,
) -> pl.Expr:
    """Haemorrhage of the ISGLS: haemoglobin falls by more than 30 g/L after surgery.

    Against the value just after it; or units are transfused for it, or it is operated
    on or embolised (`reoperated`).

    Rahbari 2011, doi:10.1111/j.1477-2574.2011.00319.x
    """
    fall = millionths(haemoglobin_before_g_l) - millionths(haemoglobin_g_l)
    return (fall > millionths(30)) | (units_transfused > 0) | reoperated


@score(
    (True, 2, False, "A"),
    (True, 3, False, "B"),
    (True, 0, True, "C"),
    (False, 0, False, "none"),
    levels=_GRADES,
)
def haemorrhage_grade(
    bleeding: pl.Expr, units_transfused: pl.Expr, reoperated: pl.Expr
) -> pl.Expr:
    """Grade of haemorrhage: A at most two units, B more, C if operated or embolised.

    Rahbari 2011, doi:10.1111/j.1477-2574.2011.00319.x
    """
    cases = {"none": ~bleeding, "C": reoperated, "A": units_transfused <= 2}
    return first_of(cases, "B")
