"""Scores against scalar ones in fractions, which are exact, near all of their cuts."""

import math
import random
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from twoarm.scores.catalogue import list_scores

SCORES = list_scores()
FEW = settings(max_examples=5, deadline=None, phases=[Phase.generate])
SEED = st.integers(0, 10**9)


def cases(seed, **inputs):
    """Rows of values, each drawn from a list or by a function."""
    draw = random.Random(seed)
    return [
        {
            name: each(draw) if callable(each) else draw.choice(each)
            for name, each in inputs.items()
        }
        for _ in range(60)
    ]


def near(*cuts, decimals=100, low=0, high=10**6):
    """Decimals on a cut, just beside it, or in between: fractions, which are exact."""
    around = [round(cut * decimals) + k for cut in cuts for k in (-10, -1, 0, 1)]
    ends = round(min(cuts) * decimals) // 2, round(max(cuts) * decimals) * 2

    def drawn(draw):
        number = draw.choice([draw.choice(around), draw.randint(*ends)])
        return min(max(Fraction(number, decimals), Fraction(low)), Fraction(high))

    return drawn


def found(name, rows):
    columns = {
        key: [float(x) if isinstance(x, Fraction) else x for x in values]
        for key, values in zip(
            rows[0], zip(*(row.values() for row in rows), strict=True), strict=True
        )
    }
    frame = pl.DataFrame(columns)
    told, why = frame.select(SCORES[name](), SCORES[name].why_missing())
    assert why.null_count() == frame.height
    return told.to_list()


def grade(value, *cuts):
    """Cuts that a value is above."""
    return sum(value > cut for cut in cuts)


SIGN = ("none", "mild", "severe")


@FEW
@given(SEED)
def test_child_pugh(seed):
    rows = cases(
        seed,
        bilirubin_umol_l=near(34, 51),
        albumin_g_l=near(28, 35, decimals=10, high=60),
        inr=near(1.7, 2.3, high=10),
        ascites=SIGN,
        encephalopathy=SIGN,
    )

    def points(bilirubin_umol_l, albumin_g_l, inr, ascites, encephalopathy):
        total = 1 if bilirubin_umol_l < 34 else 2 if bilirubin_umol_l <= 51 else 3
        total += 1 if albumin_g_l > 35 else 2 if albumin_g_l >= 28 else 3
        total += 1 if inr < Fraction("1.7") else 2 if inr <= Fraction("2.3") else 3
        signs = {"none": 1, "mild": 2, "severe": 3}
        return total + signs[ascites] + signs[encephalopathy]

    assert found("child_pugh", rows) == [points(**row) for row in rows]


FLAG = (True, False)
LESIONS = {
    "largest_mm": near(20, 30, 50, decimals=10),
    "n_lesions": range(1, 6),
    "macrovascular_invasion": FLAG,
    "extrahepatic_spread": FLAG,
}
STATUS = {"ecog": (0, 0, 0, 1, 2, 3), "child_pugh": range(5, 12)}


@FEW
@given(SEED)
def test_bclc(seed):
    rows = cases(seed, **LESIONS, **STATUS, ascites=SIGN)

    def stage(size, n, vessels, spread, ecog, liver, ascites):
        if ecog > 2 or liver > 9:
            return "D"
        if vessels or spread or ecog:
            return "C"
        if n > 1:
            return "A" if n < 4 and size <= 30 else "B"
        preserved = liver < 7 or (liver == 7 and ascites == "none")
        return "0" if size <= 20 and preserved else "A"

    assert found("bclc", rows) == [stage(*row.values()) for row in rows]


@FEW
@given(SEED)
def test_cnlc(seed):
    rows = cases(seed, **LESIONS, **STATUS)

    def stage(size, n, vessels, spread, ecog, liver):
        if ecog > 2 or liver > 9:
            return "IV"
        if spread or vessels:
            return "IIIb" if spread else "IIIa"
        if n == 1:
            return "Ia" if size <= 50 else "Ib"
        if n < 4:
            return "Ib" if size <= 30 else "IIa"
        return "IIb"

    assert found("cnlc", rows) == [stage(*row.values()) for row in rows]


@FEW
@given(SEED)
def test_criteria_of_transplantation(seed):
    rows = cases(seed, **LESIONS)

    def milan(size, n, vessels, spread):
        small = (n == 1 and size <= 50) or (n in (2, 3) and size <= 30)
        return small and not vessels and not spread

    def ucsf(size, n, vessels, spread, total):
        several = n in (2, 3) and size <= 45 and total <= 80
        small = several or (n == 1 and size <= 65)
        return small and not vessels and not spread

    assert found("milan", rows) == [milan(*row.values()) for row in rows]
    totals = [{**row, "total_mm": row["largest_mm"] * row["n_lesions"]} for row in rows]
    assert found("ucsf", totals) == [ucsf(*row.values()) for row in totals]
    for name, cut in (("up_to_seven", 7), ("up_to_eleven", 11)):
        within = [
            row["largest_mm"] / 10 + row["n_lesions"] <= cut
            and not row["macrovascular_invasion"]
            for row in rows
        ]
        asked = [{k: row[k] for k in SCORES[name].inputs} for row in rows]
        assert found(name, asked) == within


@FEW
@given(SEED)
def test_tnm(seed):
    rows = cases(
        seed,
        largest_mm=near(20, 50, decimals=10),
        n_lesions=(1, 2, 3),
        any_vascular_invasion=FLAG,
        major_vascular_invasion=FLAG,
        adjacent_invasion=FLAG,
        lymph_node=FLAG,
        distant_metastasis=FLAG,
    )

    def stage(size, n, vessels, major, adjacent, node, distant):
        if distant or node:
            return "IVB" if distant else "IVA"
        if major or adjacent:
            return "IIIB"
        if n > 1:
            return "II" if size <= 50 else "IIIA"
        if size <= 20:
            return "IA"
        return "II" if vessels else "IB"

    assert found("tnm_stage", rows) == [stage(*row.values()) for row in rows]


@FEW
@given(SEED)
def test_recist(seed):
    rows = cases(
        seed,
        target_sum_mm=near(40, 60, decimals=10, low=0),
        baseline_mm=near(40, 60, decimals=10, low=1),
        nadir_mm=near(40, 60, decimals=10, low=0),
    )

    def response(size, baseline, nadir, least):
        smallest = min(baseline, nadir)
        if size > smallest and size >= smallest * 6 / 5 and size - smallest >= least:
            return "PD"
        if size == 0:
            return "CR"
        return "PR" if size <= baseline * 7 / 10 else "SD"

    full = [{**row, "incomplete": False, "targets_gone": False} for row in rows]
    for name, least in (("recist_target", 5), ("mrecist_target", 0)):
        told = [response(*row.values(), least) for row in rows]
        assert found(name, full) == told


@FEW
@given(SEED)
def test_answer_of_the_marker(seed):
    """A fall of just the share asked for, and one less by a hundredth."""
    for name, left in (
        ("afp_response_75", Fraction(1, 4)),
        ("afp_response", Fraction(1, 2)),
        ("afp_response_20", Fraction(4, 5)),
    ):
        rows = []
        for first in random.Random(seed).sample(range(200, 12000), 20):
            cut = math.floor(Fraction(first, 10) * left * 100)
            for now in (cut - 1, cut, cut + 1):
                row = {"afp_ng_ml_first": Fraction(first, 10)}
                rows.append({**row, "afp_ng_ml": Fraction(now, 100)})
        told = [r["afp_ng_ml"] <= r["afp_ng_ml_first"] * left for r in rows]
        assert found(name, rows) == told


@FEW
@given(SEED)
def test_transaminases(seed):
    rows = cases(
        seed,
        transaminase_u_l=near(60, 100, 150, 250, 1000, decimals=10),
        transaminase_upper=[40, 50, 60],
        transaminase_baseline=near(40, 50, 100, decimals=10),
    )

    def told(value, upper, baseline):
        if baseline <= upper:
            return str(grade(value, upper, 3 * upper, 5 * upper, 20 * upper))
        found = grade(value, 3 * baseline, 5 * baseline, 20 * baseline)
        return str(found + 1 if value >= baseline * 3 / 2 else 0)

    assert found("transaminase_grade", rows) == [told(*row.values()) for row in rows]


@FEW
@given(SEED)
def test_creatinine(seed):
    rows = cases(
        seed,
        creatinine_umol_l=near(60, 90, 180, 300, 630, decimals=10),
        creatinine_upper=[60, 90, 105],
        creatinine_baseline=near(60, 100, decimals=10),
    )

    def told(value, upper, baseline):
        by_limit = grade(value, upper, upper * 3 / 2, 3 * upper, 6 * upper)
        by_baseline = grade(value, baseline * 3 / 2, 3 * baseline)
        return str(max(by_limit, by_baseline + 1 if by_baseline else 0))

    assert found("creatinine_grade", rows) == [told(*row.values()) for row in rows]


@FEW
@given(SEED)
def test_meld_na(seed):
    rows = cases(
        seed,
        bilirubin_umol_l=near(34, 60, 100, decimals=10),
        inr=near(1, 2, 3, low=Fraction("0.6")),
        creatinine_umol_l=near(88, 177, 265, 354, decimals=10),
        sodium_mmol_l=near(125, 137, decimals=10, low=110, high=170),
        dialysis=(True, False, None),
    )

    def told(bilirubin, inr, creatinine, sodium, dialysis):
        b = max(float(bilirubin) / 17.104, 1)
        c = 4 if dialysis else min(max(float(creatinine) / 88.42, 1), 4)
        raw = 0.957 * math.log(c) + 0.378 * math.log(b)
        raw += 1.12 * math.log(max(float(inr), 1)) + 0.643
        meld = math.floor(raw * 10 + 0.5)
        if meld <= 11:
            return meld
        lacking = 137 - min(max(sodium, 125), 137)
        more = (Fraction("1.32") - Fraction("0.033") * meld) * lacking
        return min(math.floor(meld + more + Fraction(1, 2)), 40)

    assert found("meld_na", rows) == [told(*row.values()) for row in rows]


@FEW
@given(SEED)
def test_albi(seed):
    rows = cases(
        seed,
        bilirubin_umol_l=near(10, 100),
        albumin_g_l=near(24, 30, decimals=10, high=60),
    )

    def told(bilirubin, albumin):
        x = 0.66 * math.log10(bilirubin) - 0.085 * float(albumin)
        if x <= -2.6:
            return "1", "1"
        return ("2", "2a" if x < -2.27 else "2b") if x <= -1.39 else ("3", "3")

    grades = zip(found("albi_grade", rows), found("malbi_grade", rows), strict=True)
    assert [*grades] == [told(*row.values()) for row in rows]


@FEW
@given(SEED)
def test_index_of_complications(seed):
    weights = [300, 1750, 2750, 4550, 7200, 8550]
    weight = dict(zip(("I", "II", "IIIa", "IIIb", "IVa", "IVb"), weights, strict=True))
    draw = random.Random(seed)
    lists = [draw.choices([*weight], k=draw.randint(0, 9)) for _ in range(60)]
    frame = pl.DataFrame({"complications": lists})

    index = frame.select(SCORES["complication_index"]()).to_series()

    told = [min(math.sqrt(sum(weight[x] for x in each)) / 2, 100) for each in lists]
    assert index.to_list() == told
    more = pl.DataFrame({"complications": [[*each, "I"] for each in lists]})
    assert (more.select(SCORES["complication_index"]()).to_series() >= index).all()


@FEW
@given(SEED)
def test_depth_of_response(seed):
    """What is gone is -100 exactly, whatever the digits; nothing shrinks by more."""
    draw = random.Random(seed)
    starts = [draw.uniform(10, 300) for _ in range(1000)]
    rows = [
        {"smallest_mm": draw.choice([0.0, start * draw.random()]), "baseline_mm": start}
        for start in starts
    ]

    for row, depth in zip(rows, found("depth_percent", rows), strict=True):
        start, smallest = map(Fraction, reversed(row.values()))
        assert depth >= -100
        assert (depth == -100) == (smallest == 0)
        assert depth == pytest.approx(
            float(100 * (smallest - start) / start), rel=1e-13
        )
