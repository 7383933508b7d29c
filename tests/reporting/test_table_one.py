"""Table 1 as the report prints it."""

import pytest

from twoarm.reporting.table_one import table_one_in_words
from twoarm.tables.description import Description
from twoarm.tables.diagnostics import Diagnostics

DESIGNS = {"unadjusted": "Unadjusted", "iptw": "Weighted (ATE)"}
COVARIATES = {
    "age": {"kind": "continuous", "label": "Age", "unit": "years"},
    "male": {"kind": "binary", "label": "Male sex", "unit": None},
    "grade": {"kind": "categorical", "label": "Grade", "unit": None},
}
AGE = {
    "mean": (58.26, 61.0), "sd": (9.44, 8.0), "median": (58.7, 60.04),
    "lower_quartile": (51.35, 55.0), "upper_quartile": (64.0, 66.25), "n": (1200, 90),
}  # fmt: skip


def by_arm(**pairs):
    return {
        f"{name}_{arm}": value
        for name, pair in pairs.items()
        for arm, value in zip(("treated", "control"), pair, strict=True)
    }


def level(name, n, share, weighted=None, smd=None):
    weighted = weighted or tuple(map(float, n))
    return {"level": name, "smd": smd, **by_arm(n=n, share=share, weighted=weighted)}


USUAL = {
    "age": [{"smd": -0.307, **by_arm(**AGE)}],
    "male": [
        level("no", (400, 30), (1 / 3, 1 / 3)),
        level("yes", (800, 60), (2 / 3, 2 / 3), smd=0.0049),
    ],
    "grade": [
        level("1", (300, 45), (0.25, 0.5), smd=0.1),
        level("2", (900, 45), (0.75, 0.5), smd=-0.1),
        level("3", (0, 0), (0.0, 0.0), smd=0.0),
    ],
}


def words(unadjusted=USUAL, iptw=USUAL, missing=(7, 0), n=(1200, 90)):
    rows = []
    for design, covariates in (("unadjusted", unadjusted), ("iptw", iptw)):
        for name, parts in covariates.items():
            for part in parts:
                place = {"row": len(rows) + 1, "design": design, "covariate": name}
                rows.append({**place, **by_arm(n_missing=missing), **part})
    zeros = dict.fromkeys(Diagnostics.create_empty().columns, 0)
    sizes = [
        {**zeros, "design": each, "verdict": "", "smd_covariate": None,
         "interaction_term": None, **by_arm(n=n)}
        for each in DESIGNS
    ]  # fmt: skip
    return table_one_in_words(
        Description.of(rows).reverse(),
        Diagnostics.of(sizes),
        designs=DESIGNS,
        covariates=COVARIATES,
        minimum_count=5,
    )


def cells(part):
    names = ("label", "treated", "control", "smd", "before", "missing")
    return [tuple(row[name] for name in names) for row in part["rows"]]


def test_numbers_are_written_by_journal_rules():
    first, _ = words()

    assert first["design"] == "Unadjusted"
    assert first["sizes"] == ["1,200", "90"]
    assert first["weighted"] is False
    assert cells(first) == [
        ("Age, years", "", "", "−0.31", "−0.31", "7 / 0"),
        ("Mean (SD)", "58.3 (9.4)", "61.0 (8.0)", "", "", ""),
        ("Median [IQR]", "58.7 [51.4–64.0]", "60.0 [55.0–66.2]", "", "", ""),
        # A label that says its level; percentages of fewer than 100 are whole.
        ("Male sex, n (%)", "800 (66.7)", "60 (67)", "0.00", "0.00", "7 / 0"),
        ("Grade, n (%)", "", "", "", "", "7 / 0"),
        ("1", "300 (25.0)", "45 (50)", "0.10", "0.10", ""),
        ("2", "900 (75.0)", "45 (50)", "−0.10", "−0.10", ""),
        ("3", "0 (0.0)", "0 (0)", "0.00", "0.00", ""),
    ]
    assert [row["inner"] for row in first["rows"]] == [
        False, True, True, False, False, True, True, True,
    ]  # fmt: skip


def test_a_weighted_design_has_weighted_numbers_and_the_difference_before():
    male = [
        level("no", (400, 30), (0.3, 0.4), (360.2, 36.0)),
        level("yes", (800, 60), (0.7, 0.6), (839.8, 54.0), smd=0.2),
    ]

    _, second = words(iptw={**USUAL, "male": male})

    assert second["weighted"] is True
    assert cells(second)[3][:5] == ("Male sex, n (%)", "840 (70.0)", "54 (60)",
                                    "0.20", "0.00")  # fmt: skip


def test_what_is_hidden_is_said():
    hidden = [level(each, *[(None, None)] * 3) for each in "123"]
    first, second = words(unadjusted={**USUAL, "grade": hidden}, missing=(None, None))

    assert cells(first)[4] == ("Grade", *["not shown"] * 5)
    assert cells(first)[0][-1] == "not shown"
    # Hidden before, a design of its own numbers.
    shown = ("1", "300 (25.0)", "45 (50)", "0.10", "not shown")
    assert cells(second)[5][:5] == shown


def test_a_small_arm_is_less_than_the_smallest_count():
    assert words(n=(None, 90))[0]["sizes"] == ["< 5", "90"]


def test_who_has_no_value_has_a_dash():
    age = {**AGE, **{name: (AGE[name][0], None) for name in AGE}, "n": (1200, 0)}
    first, _ = words(unadjusted={**USUAL, "age": [by_arm(**age)]}, missing=(0, 0))

    assert cells(first)[:3] == [
        ("Age, years", "", "", "–", "–", "0"),
        ("Mean (SD)", "58.3 (9.4)", "–", "", "", ""),
        ("Median [IQR]", "58.7 [51.4–64.0]", "–", "", "", ""),
    ]


@pytest.mark.parametrize(
    ("sd", "low", "high", "expected"),
    [
        (0.35, -2.82, -2.39, "−2.60 [−2.82 to −2.39]"),
        (15.3, -53.8, 31.8, "−2.6 [−53.8 to 31.8]"),
        (300.0, 11.0, 229.0, "−3 [11 to 229]"),
    ],
)
def test_decimals_follow_the_spread(sd, low, high, expected):
    numbers = {"sd": (sd,) * 2, "median": (-2.6,) * 2}
    numbers |= {"lower_quartile": (low,) * 2, "upper_quartile": (high,) * 2}
    age = [by_arm(**{**AGE, **numbers})]

    first, _ = words(unadjusted={**USUAL, "age": age})

    assert cells(first)[2][1].replace("–", " to ") == expected


def test_two_levels_of_a_category_are_both_shown_with_one_difference():
    grade = [
        level("1", (300, 45), (0.25, 0.5)),
        level("2", (900, 45), (0.75, 0.5), smd=-0.1),
    ]

    first, _ = words(
        unadjusted={**USUAL, "grade": grade}, iptw={**USUAL, "grade": grade}
    )

    assert [row[3] for row in cells(first)[4:]] == ["", "", "−0.10"]
