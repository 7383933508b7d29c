"""Small counts of Table 1 and of what is missing: hidden, and not to be derived."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twoarm.disclosure.description import suppress_description, suppress_missingness
from twoarm.tables.cohort import Missingness
from twoarm.tables.description import Description

ARMS = ("treated", "control")
FIGURES = [
    f"{name}_{arm}"
    for name in ("n", "weighted", "share", "mean", "sd", "median")
    for arm in ARMS
]


def description_of(*rows):
    """Rows of design, covariate, level, n by arm, and missing by arm."""
    made = []
    for place, (design, covariate, level, n, missing) in enumerate(rows, start=1):
        row = {"row": place, "design": design, "covariate": covariate, "level": level}
        for arm, count, gap in zip(ARMS, n, missing, strict=True):
            row |= {f"n_{arm}": count, f"n_missing_{arm}": gap, "smd": 0.1}
            shown = {"weighted": float(count), "share": 0.5}
            if level is None:
                shown = {"mean": 58.123, "sd": 9.5, "median": 58.730156}
                shown |= {"lower_quartile": 51.3538, "upper_quartile": 63.80835}
            row |= {f"{name}_{arm}": value for name, value in shown.items()}
        made.append(row)
    return Description.of(made)


def suppress(*rows, fewest=5, **options):
    return suppress_description(
        description_of(*rows), minimum_count=fewest, **options
    ).rows(named=True)


def is_blank(row):
    return all(row[name] is None for name in (*FIGURES, "smd"))


NO = (0, 0)


def test_covariate_with_a_small_level_goes_whole_in_its_design():
    rows = suppress(
        ("unadjusted", "grade", "1", (40, 30), NO),
        ("unadjusted", "grade", "2", (6, 4), NO),
        ("unadjusted", "sex", "f", (20, 5), NO),
        ("unadjusted", "sex", "m", (26, 29), NO),
        ("from_surgery", "grade", "1", (40, 34), NO),
        ("from_surgery", "grade", "2", (6, 0), NO),
    )

    assert [is_blank(row) for row in rows] == [True, True, False, False, False, False]
    assert (rows[2]["n_treated"], rows[2]["share_control"], rows[2]["smd"]) == (
        20,
        0.5,
        0.1,
    )
    assert (rows[5]["n_control"], rows[5]["n_missing_control"]) == (0, 0)


@pytest.mark.parametrize(
    ("n", "blank"),
    [
        ((30, 20), False),  # ten left out have the level, ten have not
        ((38, 20), True),  # two of the 12 have it
        ((37, 27), True),  # three are left out: every mean tells of them
        ((40, 30), False),  # all are in
        ((39, 31), False),  # as many, but others
    ],
)
def test_two_designs_tell_no_few_who_are_in_one_alone(n, blank):
    rows = suppress(
        ("unadjusted", "sex", "f", (40, 50), NO),
        ("unadjusted", "sex", "m", (30, 50), NO),
        ("matched", "sex", "f", (n[0], 50), NO),
        ("matched", "sex", "m", (n[1], 50), NO),
        ("unadjusted", "age", None, (70, 100), NO),
        ("matched", "age", None, (sum(n), 100), NO),
    )

    assert [is_blank(row) for row in rows[:4]] == [False, False, blank, blank]
    assert is_blank(rows[5]) == (sum(n) in (66, 67, 68, 69))


@pytest.mark.parametrize(("size", "blank"), [(4, True), (5, False)])
def test_figures_of_a_small_arm_go(size, blank):
    (row,) = suppress(("matched", "age", None, (size, 30), NO))

    assert is_blank(row) is blank
    assert (row["median_control"] is None) is blank
    assert (row["upper_quartile_control"] is None) is blank


def test_quartiles_are_rounded_and_means_are_not():
    (row,) = suppress(("unadjusted", "age", None, (50, 30), NO))

    # Two digits of 9.5, or three of 63.8: tenths.
    assert row["median_treated"] == 58.7
    assert row["lower_quartile_treated"] == 51.4
    assert row["upper_quartile_control"] == 63.8
    assert row["mean_treated"] == 58.123


def test_public_data_are_shown_as_they_are():
    made = [
        ("unadjusted", "age", None, (50, 1), (1, 0)),
        ("unadjusted", "sex", "f", (1, 2), (1, 1)),
    ]

    found = suppress_description(description_of(*made), minimum_count=1)

    assert found.equals(description_of(*made))


def missing(row):
    return tuple(row[f"n_missing_{arm}"] for arm in ARMS)


@pytest.mark.parametrize(
    ("n", "gaps", "shown"),
    [
        ((50, 40), (0, 0), True),
        ((50, 40), (10, 0), True),
        ((50, 40), (10, 4), False),  # few miss it
        ((50, 40), (47, 10), False),  # few of these 50 have it
        ((50, 40), (45, 35), True),
        ((50, 40), (50, 0), True),
    ],
)
def test_missing_counts_go_of_both_arms(n, gaps, shown):
    (row,) = suppress(("unadjusted", "age", None, n, gaps))

    assert missing(row) == (gaps if shown else (None, None))
    assert not is_blank(row)  # imputed: the numbers are of all 50


def test_missing_counts_of_levels_are_held_against_the_arm():
    gaps = (47, 10)
    rows = suppress(
        ("unadjusted", "sex", "f", (25, 20), gaps),
        ("unadjusted", "sex", "m", (25, 20), gaps),
    )

    assert [missing(row) for row in rows] == [(None, None)] * 2


def test_missing_counts_do_not_tell_of_the_few_outside_a_design():
    rows = suppress(
        ("unadjusted", "age", None, (50, 40), (12, 10)),
        ("matched", "age", None, (40, 40), (10, 10)),
        ("iptw", "age", None, (50, 40), (12, 10)),
    )

    assert missing(rows[0]) == missing(rows[2]) == (12, 10)
    assert missing(rows[1]) == (None, 10)


def test_structural_gap_of_few_hides_who_has_a_value():
    made = ("unadjusted", "margin", None, (47, 40), (3, 0))

    (row,) = suppress(made, structural=["margin"])
    (imputed,) = suppress(made)

    assert is_blank(row)
    assert missing(row) == (None, None)
    assert not is_blank(imputed)


# ------------------------------------------------------------------- what is missing


def missingness_of(cells, covariates=("age", None)):
    """Cells: covariate to group to patients and those missing."""
    rows = [
        {
            "covariate": name,
            "by": {"all": "all", "x": "arm", "y": "arm"}.get(group, "centre"),
            "group": group,
            "n_patients": n,
            "n_missing": gap,
            "share_missing": gap / n,
            "handling": "imputed",
            "concern": "",
        }
        for name in covariates
        for group, (n, gap) in cells[name].items()
    ]
    return Missingness.of(rows)


def shown(table, covariate):
    rows = table.filter(pl.col("covariate").eq_missing(pl.lit(covariate, pl.String)))
    told = rows.filter(pl.col("n_missing").is_not_null())
    assert told.null_count().sum_horizontal().item() in (0, told.height)
    return set(told["group"])


def test_arms_go_together_and_their_sum_may_stay():
    cells = {"all": (90, 13), "x": (50, 10), "y": (40, 3), "a": (60, 5), "b": (30, 8)}
    plenty = {
        "all": (90, 30),
        "x": (50, 15),
        "y": (40, 15),
        "a": (60, 20),
        "b": (30, 10),
    }

    table = suppress_missingness(
        missingness_of({"age": cells, None: plenty}), minimum_count=5
    )

    assert shown(table, "age") == {"all", "a", "b"}
    assert shown(table, None) == set(cells)


def test_few_who_have_a_value_hide_too():
    cells = {"all": (90, 48), "x": (50, 47), "y": (40, 1)}
    plenty = {"all": (90, 50), "x": (50, 50), "y": (40, 0)}

    table = suppress_missingness(
        missingness_of({"age": cells, None: plenty}), minimum_count=5
    )

    assert shown(table, "age") == {"all"}
    assert shown(table, None) == {"all", "x", "y"}


def test_few_with_any_gap_hide_all_counts_of_arms():
    # The patients of an arm less those analysed would tell how many were set aside.
    cells = {"all": (90, 0), "x": (50, 0), "y": (40, 0)}
    few = {"all": (90, 8), "x": (50, 6), "y": (40, 2)}

    table = suppress_missingness(
        missingness_of({"age": cells, None: few}), minimum_count=5
    )

    assert shown(table, "age") == shown(table, None) == {"all"}


def test_a_small_centre_hides_all_centres():
    cells = {"all": (50, 0), "a": (46, 0), "b": (4, 0)}

    table = suppress_missingness(
        missingness_of({"age": cells, None: cells}), minimum_count=5
    )

    assert shown(table, "age") == {"all"}


sizes = st.tuples(st.integers(0, 30), st.integers(0, 30))


@given(st.tuples(sizes, sizes), st.integers(1, 8))
def test_no_small_count_is_shown_or_left_over(arms, fewest):
    cells = {g: (a + b + 1, a) for g, (a, b) in zip("xy", arms, strict=True)}
    cells["all"] = tuple(map(sum, zip(*cells.values(), strict=True)))

    table = suppress_missingness(
        missingness_of({"age": cells, None: cells}), minimum_count=fewest
    )

    told = dict(table.filter(covariate="age").select("group", "n_missing").rows())
    known = {g: m for g, m in told.items() if m is not None}
    assert not any(0 < m < fewest for m in known.values())
    assert not any(0 < cells[g][0] - m < fewest for g, m in known.items())
    assert ("x" in known) == ("y" in known)


def test_script_writes_both(script, tmp_path):
    Description.write(
        description_of(("unadjusted", "=age", None, (50, 40), NO)),
        tmp_path / "description.parquet",
    )
    cells = {"all": (90, 0), "x": (50, 0), "y": (40, 0)}
    Missingness.write(
        missingness_of({"age": cells, None: cells}), tmp_path / "missingness.parquet"
    )
    tables = [tmp_path / "baseline.csv", tmp_path / "missingness.csv"]

    script("disclosure/suppress_description").main(
        tmp_path / "description.parquet",
        tmp_path / "missingness.parquet",
        tables,
        minimum_count=5,
        structural=[],
    )

    assert "'=age" in tables[0].read_text()
    assert Description.read_csv(tables[0])["covariate"].item() == "=age"
    assert Missingness.read_csv(tables[1]).height == 6
