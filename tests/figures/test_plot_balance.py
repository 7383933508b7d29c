import polars as pl
import pytest
from matplotlib.colors import to_hex

from twoarm.figures.balance import draw_balance
from twoarm.tables.propensity import Balance

LABELS = {"age": "Age (years)", "grade": "Grade", "hbv": "Hepatitis B"}
DESIGNS = {"unadjusted": "Unadjusted", "matched": "Matched 1:1"}
DIFFERENCES = [
    ("age", None, 0.2, -0.05),
    ("grade", "3", -0.5, 0.1),
    ("hbv", "true", 0.3, None),
]


def balance_of(rows, designs=tuple(DESIGNS)):
    return Balance.of(
        [
            {
                "design": design,
                "covariate": covariate,
                "level": level,
                "mean_treated": 0.5,
                "mean_control": 0.5,
                "smd": smd,
                "ks": 0.1,
            }
            for covariate, level, *smds in rows
            for design, smd in zip(designs, smds, strict=True)
        ]
    )


def draw(rows=DIFFERENCES, designs=DESIGNS, labels=LABELS):
    return draw_balance(
        balance_of(rows, tuple(designs)),
        labels=labels,
        designs=designs,
        threshold=0.1,
        binary=("hbv",),
    )


def row_names(figure):
    axes = figure.axes[0]
    pairs = zip(axes.get_yticks(), axes.get_yticklabels(), strict=True)
    return {label.get_text(): y for y, label in pairs}


def marks(figure):
    return {line.get_label(): line for line in figure.axes[0].lines}


def test_rows_fall_from_the_largest_unadjusted_difference():
    names = row_names(draw())

    assert list(names) == ["Grade: 3", "Hepatitis B", "Age (years)"]
    axis = draw().axes[0].get_ylim()
    assert axis[0] > axis[1]  # the first row is on top


def test_marks_are_the_absolute_differences():
    figure = draw()
    names = row_names(figure)

    unadjusted, matched = (marks(figure)[label] for label in DESIGNS.values())
    assert list(unadjusted.get_xdata()) == [0.5, 0.3, 0.2]
    assert list(matched.get_xdata()) == [0.1, 0.05]  # null is not drawn
    assert list(matched.get_ydata()) == [names["Grade: 3"], names["Age (years)"]]
    assert unadjusted.get_marker() != matched.get_marker()
    colours = {to_hex(line.get_markeredgecolor()) for line in (unadjusted, matched)}
    assert len(colours) == 2
    assert not colours & {"#d7263d", "#5b2a86"}


def test_threshold_is_a_dashed_line():
    (line,) = [
        line for line in draw().axes[0].lines if list(line.get_xdata()) == [0.1] * 2
    ]

    assert line.get_linestyle() == "--"


@pytest.mark.parametrize(
    ("levels", "expected"),
    [(("1", "2"), {"x: 1", "x: 2"}), ((None,), {"x"})],
)
def test_level_is_named_unless_the_label_says_it(levels, expected):
    figure = draw([("x", level, 0.1, 0.2) for level in levels])

    assert set(row_names(figure)) == expected


def test_rows_without_any_difference_are_not_there():
    figure = draw([("age", None, None, None), ("hbv", "1", 0.01, 0.0)])

    assert list(row_names(figure)) == ["Hepatitis B"]


@pytest.mark.parametrize("n_rows", [1, 3, 40])
def test_height_grows_with_the_rows(n_rows, check_legible):
    figure = draw([(f"covariate {i}", None, 0.01 * i, 0.0) for i in range(n_rows)])

    assert figure.get_figheight() * 25.4 == pytest.approx(19 + 4.5 * n_rows, rel=0.15)
    check_legible(figure)


def test_long_labels_and_many_designs_are_legible(check_legible):
    labels = {f"c{i}": f"Covariate {i} with a rather long label " * 2 for i in range(9)}
    designs = {f"d{i}": f"Design {i} of the study" for i in range(6)}
    rows = [(name, "Level", *[0.1 * i for i in range(6)]) for name in labels]

    check_legible(draw(rows, designs, labels))


def test_a_design_without_rows_is_listed():
    designs = {**DESIGNS, "weighted": "Weighted"}
    figure = draw_balance(
        balance_of(DIFFERENCES), labels=LABELS, designs=designs, threshold=0.1
    )

    assert len(marks(figure)["Weighted"].get_xdata()) == 0


def test_nothing_to_draw_is_refused():
    with pytest.raises(ValueError, match="no balance to draw"):
        draw([])


def test_marks_of_many_designs_differ(check_legible):
    designs = {f"d{i}": f"Design {i}" for i in range(18)}
    figure = draw([("age", None, *[0.02 * i for i in range(18)])], designs)

    shown = {
        (each.get_marker(), each.get_markerfacecolor(), each.get_markeredgecolor())
        for each in (marks(figure)[label] for label in designs.values())
    }
    assert len(shown) == 18
    check_legible(figure)


def test_row_order_of_the_table_does_not_matter(check_same_bytes):
    orders = iter([False, True] * 3)

    def either():
        rows = balance_of(DIFFERENCES)
        rows = rows.reverse() if next(orders) else rows
        assert isinstance(rows, pl.DataFrame)
        return draw_balance(rows, labels=LABELS, designs=DESIGNS, threshold=0.1)

    check_same_bytes(either)


def test_design_of_which_all_is_hidden_is_said_so():
    figure = draw([("age", None, 0.2, None)])

    words = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert words[:2] == ["Unadjusted", "Matched 1:1 (too few to show)"]
