import polars as pl
import pytest

from twoarm.figures.missingness import draw_missingness
from twoarm.tables.cohort import Missingness
from twoarm.tables.contract import write_csv

LABELS = {"age": "Age (years)", "afp": "AFP response"}
ARMS = ["Surgery", "No surgery"]
SHARES = {
    "age": [0.0, 0.0, 0.004, 0.0, None],
    "afp": [0.3, 0.12, 0.6, 0.0, 1.0],
    None: [0.3, 0.12, 0.6, 0.0, 1.0],
}
GROUPS = [("all", "all"), ("arm", "No surgery"), ("arm", "Surgery")]
CENTRES = [("centre", "a"), ("centre", "b")]


def rows(groups=(*GROUPS, *CENTRES)):
    return Missingness.of(
        [
            {"covariate": name, "by": by, "group": group, "share_missing": share,
             "handling": "imputed", "concern": ""}
            for name, shares in SHARES.items()
            for (by, group), share in zip(groups, shares, strict=False)
        ]
    )  # fmt: skip


def cells(axes):
    """What is printed in each row of cells, from left to right."""
    at = {}
    for text in axes.texts:
        x, y = text.get_position()
        if y > 0 and y % 1 == 0.5:
            at.setdefault(y, []).append((x, text.get_text()))
    return [[words for _, words in sorted(row)] for _, row in sorted(at.items())]


def test_cells_hold_the_percentages_by_covariate_and_group(check_legible):
    figure = draw_missingness(rows(), labels=LABELS, arms=ARMS)

    (axes,) = figure.axes
    assert cells(axes) == [
        ["0", "<1", "0", "0", "–"],
        ["30", "60", "12", "0", "100"],
        ["30", "60", "12", "0", "100"],
    ]
    words = [label.get_text() for label in axes.get_yticklabels()]
    assert words == [*LABELS.values(), "Any of them"]
    heads = [text.get_text() for text in axes.texts if text.get_position()[1] > 1]
    assert {"All patients", *ARMS, "a", "b"} <= set(heads)
    check_legible(figure)


def test_a_cell_is_the_darker_the_more_is_missing():
    axes = draw_missingness(rows(), labels=LABELS, arms=ARMS).axes[0]

    lightness = {
        (patch.get_x(), patch.get_y()): sum(patch.get_facecolor()[:3])
        for patch in axes.patches
    }
    assert lightness[0, 0] == lightness[4, 0] == 3
    assert lightness[4, 1] < lightness[1, 1] < lightness[0, 1] < lightness[2, 1] < 3


def test_one_centre_is_everybody_and_many_have_no_room(check_legible):
    one = draw_missingness(rows((*GROUPS, ("centre", "a"))), labels=LABELS, arms=ARMS)
    many = rows().filter(by="all").with_columns(by=pl.lit("centre"))
    parts = [many.with_columns(group=pl.lit(f"c{k}")) for k in range(40)]
    figure = draw_missingness(pl.concat([rows(), *parts]), labels=LABELS, arms=ARMS)

    assert [len(row) for row in cells(one.axes[0])] == [3, 3, 3]
    assert [len(row) for row in cells(figure.axes[0])] == [3, 3, 3]
    check_legible(figure)


def test_nothing_to_draw_is_refused():
    with pytest.raises(ValueError, match="nothing is known of what is missing"):
        draw_missingness(rows(), labels={"other": "Other"}, arms=ARMS)


def test_script_writes_each_format(script, tmp_path):
    write_csv(rows(), tmp_path / "missingness.csv")
    paths = [tmp_path / f"missingness.{end}" for end in ("svg", "png")]

    script("figures/plot_missingness").main(
        tmp_path / "missingness.csv", paths, labels=LABELS, arms=ARMS
    )

    assert "AFP response" in paths[0].read_text(encoding="utf-8")
    assert paths[1].stat().st_size > 5_000
