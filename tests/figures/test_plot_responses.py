import numpy as np
import polars as pl
import pytest
from matplotlib.colors import to_hex

from twoarm.figures.responses import MARKED, RESPONSES, draw_responses
from twoarm.tables.figures import Responses

CHANGES = [140.0, 25, 10, 0, -35, -100]
CLASSES = ["PD", "PD", "SD", "SD", "PR", "CR"]


def responses_of(
    arm="Surgery", changes=CHANGES, classes=CLASSES, new=(1, 4), operated=()
):
    return Responses.check(
        pl.DataFrame(
            {
                "arm": arm,
                "rank": range(1, len(changes) + 1),
                "change_percent": [float(change) for change in changes],
                "response": classes,
                "new_lesion": [place in new for place in range(len(changes))],
                "operated": operated or [arm == "Surgery"] * len(changes),
                "n_patients": pl.Series([1] * len(changes), dtype=pl.Int64),
            }
        )
    )


def invented(arm, n, seed):
    changes = np.sort(np.random.default_rng(seed).uniform(-100, 150, n))[::-1]
    classes = ["PD" if c >= 20 else "PR" if c <= -30 else "SD" for c in changes]
    return responses_of(arm, changes, classes, new=range(0, n, 7))


def bars(axes):
    return axes.containers[0].patches


def asterisks(axes):
    (line,) = [line for line in axes.lines if line.get_label() == "new lesion"]
    return list(zip(line.get_xdata(), line.get_ydata(), strict=True))


def test_bars_fall_and_end_at_100_percent():
    figure = draw_responses(responses_of().reverse())

    assert [bar.get_height() for bar in bars(figure.axes[0])] == [100, *CHANGES[1:]]
    assert "Bars end at +100%." in [text.get_text() for text in figure.texts]


def test_bars_have_the_colour_of_the_response():
    colours = [
        to_hex(bar.get_facecolor())
        for bar in bars(draw_responses(responses_of()).axes[0])
    ]

    assert colours == [RESPONSES[name][0].lower() for name in CLASSES]
    assert len(set(colours)) == 4


def test_new_lesions_are_marked_above_their_bars():
    marks = asterisks(draw_responses(responses_of()).axes[0])

    assert [place for place, _ in marks] == [2, 5]
    assert marks[0][1] > 25
    assert 0 < marks[1][1] < 10


def test_surgery_is_marked_where_it_tells_patients_apart(check_legible):
    rows = responses_of(operated=[False, True, True, False, False, True])
    figure = draw_responses(rows)

    (line,) = [one for one in figure.axes[0].lines if one.get_label() == "surgery"]
    assert list(line.get_xdata()) == [2, 3, 6]
    assert set(line.get_ydata()) == {MARKED}
    key = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert key[-1] == "Surgery afterwards"
    alone = draw_responses(responses_of()).axes[0].lines
    assert not [one for one in alone if one.get_label() == "surgery"]
    check_legible(figure)


def test_arms_together_are_sorted_in_one_row(check_legible):
    rows = pl.concat(
        [responses_of(), responses_of("Non-surgery", [60, -20], ["PD", "SD"])]
    )
    figure = draw_responses(rows, together=True)

    (axes,) = figure.axes
    heights = [bar.get_height() for bar in bars(axes)]
    assert heights == [100, 60, 25, 10, 0, -20, -35, -100]
    assert axes.get_title("left") == ""
    assert axes.get_xlabel() == "Patients (n = 8)"
    check_legible(figure)


def test_lines_stand_where_recist_divides():
    axes = draw_responses(responses_of()).axes[0]

    levels = {
        line.get_ydata()[0] for line in axes.lines if line.get_linestyle() == "--"
    }
    assert levels == {20, -30}
    assert axes.get_ylabel() == "Best change in target lesions (%)"


def test_legend_holds_what_is_drawn():
    rows = responses_of(changes=[10, -40], classes=["SD", "PR"], new=())

    key = draw_responses(rows).axes[0].get_legend().get_texts()
    assert [text.get_text() for text in key] == ["Partial response", "Stable disease"]


def test_title_replaces_the_label_of_the_arm():
    assert draw_responses(responses_of()).axes[0].get_title("left") == "Surgery"
    assert draw_responses(responses_of(), title="X").axes[0].get_title("left") == "X"


def test_arms_stand_side_by_side_with_equal_bars(check_legible):
    rows = pl.concat([invented("Surgery", 74, 1), invented("Non-surgery", 54, 2)])
    figure = draw_responses(rows)

    first, second = figure.axes
    assert (first.get_title("left"), second.get_title("left")) == (
        "Surgery",
        "Non-surgery",
    )
    assert (len(bars(first)), len(bars(second))) == (74, 54)
    assert first.get_ylim() == second.get_ylim()
    widths = [axes.get_position().width / len(bars(axes)) for axes in figure.axes]
    assert widths[0] == pytest.approx(widths[1])
    check_legible(figure)


@pytest.mark.parametrize("n", [1, 3, 200])
def test_few_and_many_patients_are_legible(n, check_legible):
    check_legible(draw_responses(invented("Surgery", n, 1)))


def test_nothing_to_draw_is_said(check_legible):
    figure = draw_responses(responses_of().clear())

    assert [text.get_text() for text in figure.texts] == [
        "Not shown: too few patients."
    ]
    check_legible(figure)


def test_bar_of_several_patients_is_as_wide_as_they_are(check_legible):
    rows = responses_of(new=()).with_columns(n_patients=pl.Series([5, 5, 5, 5, 5, 8]))
    figure = draw_responses(rows)
    (axes,) = figure.axes

    spans = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in bars(axes)]
    assert spans[0] == pytest.approx((0.7, 5.3))
    assert spans[-1] == pytest.approx((25.7, 33.3))
    assert axes.get_xlabel() == "Patients (n = 33)"
    words = "Each bar: the mean of 5 neighbours or more, of one arm."
    assert any(words in text.get_text() for text in figure.texts)
    check_legible(figure)


def test_same_responses_give_the_same_bytes(check_same_bytes):
    check_same_bytes(lambda: draw_responses(responses_of()))


def test_of_very_many_patients_some_are_drawn_and_all_counted(check_legible):
    figure = draw_responses(invented("Surgery", 1001, 3))

    heights = [bar.get_height() for bar in bars(figure.axes[0])]
    given = invented("Surgery", 1001, 3)["change_percent"].clip(upper_bound=100)
    assert heights == given.to_list()[::3]
    assert figure.axes[0].get_xlabel() == "Patients (n = 1001)"
    told = "Bars end at +100%. 1 in 3 patients shown."
    assert told in [text.get_text() for text in figure.texts]
    check_legible(figure)
