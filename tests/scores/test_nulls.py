"""A score is null just where there is a reason for it, and a reason tells no value."""

import random
from math import inf, nan

import polars as pl
import pytest

from twoarm.scores.catalogue import list_scores

SCORES = list_scores()


def possible(draw, quantity):
    if quantity.kind == "flag":
        return draw.choice([True, False])
    if quantity.kind == "text":
        return draw.choice(quantity.levels or ["门静脉右支癌栓", "门静脉未见癌栓"])
    if quantity.kind == "texts":
        return draw.choices(quantity.levels, k=draw.randint(0, 3))
    low, high = quantity.low, quantity.high
    if quantity.kind == "numbers":
        return [draw.uniform(low + 0.1, high) for _ in range(2)]
    ends = [high, low + 1 if quantity.above else low]
    number = draw.choice([*ends, draw.uniform(low + 0.01, high)])
    return float(round(number)) if quantity.whole else number


def odd(draw, quantity):
    """A cell that is not known, or not possible."""
    if quantity.kind == "flag":
        return None
    if quantity.kind == "text":
        return draw.choice([None, "kaum", ""])
    if quantity.kind == "texts":
        return draw.choice([None, ["VI"], ["I", None]])
    if quantity.kind == "numbers":
        return draw.choice([None, [], [1.0], [nan, 1.0], [None, 1.0], [-1.0, 2.0]])
    wrong = [None, nan, inf, -inf, quantity.low - 1, quantity.high * 2 + 1]
    wrong += [quantity.low] * quantity.above + [quantity.low + 0.5] * quantity.whole
    return draw.choice(wrong)


def rows_of(score, n=60):
    draw = random.Random(score.name)
    rows = []
    for place in range(n):
        names = list(score.inputs)
        row = {name: possible(draw, score.inputs[name]) for name in names}
        for name in names if place % 3 == 2 else draw.sample(names, place % 3):
            row[name] = odd(draw, score.inputs[name])
        rows.append(row)
    schema = {name: quantity.dtype for name, quantity in score.inputs.items()}
    return pl.DataFrame(rows, schema=schema, strict=False)


@pytest.mark.parametrize("score", SCORES.values(), ids=SCORES)
def test_null_has_a_reason(score):
    rows = rows_of(score)

    found = rows.select(value=score(), why=score.why_missing())

    assert (found["value"].is_null() == found["why"].is_not_null()).all()
    assert found["value"].null_count() < rows.height
    if found.schema["value"] == pl.Float64:
        assert found["value"].drop_nulls().is_finite().all()
    told = {part for why in found["why"].drop_nulls() for part in why.split("; ")}
    assert len(told) <= 3 * len(score.inputs)
    assert all(part.split()[0] in score.inputs for part in told)


def test_all_reasons_are_told_at_once():
    rows = pl.DataFrame({"bilirubin_umol_l": [None, 17.0], "albumin_g_l": [3.8, 3.8]})

    why = rows.select(SCORES["albi"].why_missing()).to_series().to_list()

    beyond = "albumin_g_l is not within 10 and 60 g/L"
    assert why == [f"bilirubin_umol_l is not known; {beyond}", beyond]


def test_raised_before_the_operation_asks_for_the_day_before():
    score = SCORES["liver_failure"]
    row = dict.fromkeys(score.inputs)
    row |= {"postoperative_day": 5, "inr": 1.5, "inr_upper": 1.2, "inr_before": 1.4}
    row |= {"bilirubin_umol_l": 28, "bilirubin_upper": 20.5}
    schema = {name: quantity.dtype for name, quantity in score.inputs.items()}

    found = pl.DataFrame([row], schema=schema, strict=False).select(
        score(), score.why_missing()
    )

    why = "inr_previous is not known, and inr_before was raised"
    assert found.row(0) == (None, why)


def test_column_that_is_no_input_is_refused():
    with pytest.raises(TypeError, match="albi has no bilirubin; it has bilirubin_um"):
        SCORES["albi"](bilirubin="b")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("门静脉癌栓可疑", "portal_text does not say where; portal_text is in doubt"),
        ("肝内多发病灶", "portal_text does not say where"),
        ("门静脉右支癌栓?", "portal_text is in doubt"),
        ("门静脉右支血栓", "portal_text does not say where"),
        ("门静脉右支癌栓无强化", "portal_text is in doubt"),
    ],
)
def test_text_of_a_thrombus_that_says_too_little(text, why):
    rows = pl.DataFrame({"portal_text": [text]})

    found = rows.select(SCORES["pvtt_cheng"](), SCORES["pvtt_cheng"].why_missing())

    assert found.row(0) == (None, why)


@pytest.mark.parametrize(
    ("text", "cheng", "vp"),
    [
        ("门静脉癌栓：无", "none", "Vp0"),
        ("未见门静脉主干及分支癌栓", "none", "Vp0"),
        ("门静脉右前支癌栓", "I", "Vp2"),
        ("门静脉右支及其分支癌栓，主干未见", "II", "Vp3"),
        (
            "Tumor thrombus, left portal vein; no thrombus in the trunk",
            "II",
            "Vp3",
        ),
        ("No PVTT", "none", "Vp0"),
        ("PVTT, Vp4", "III", "Vp4"),
    ],
)
def test_text_of_a_thrombus(text, cheng, vp):
    rows = pl.DataFrame({"portal_text": [text]})

    found = rows.select(SCORES["pvtt_cheng"](), SCORES["pvtt_vp"]())

    assert found.row(0) == (cheng, vp)


def test_cell_of_another_type_is_not_known_and_not_told():
    rows = pl.DataFrame(
        {"bilirubin_umol_l": ["17.1", "Meier"], "albumin_g_l": [40, 40]}
    )

    found = rows.select(SCORES["albi_grade"](), SCORES["albi_grade"].why_missing())

    assert found.rows() == [("2", None), (None, "bilirubin_umol_l is not known")]
