import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from twoarm.figures.attrition import draw_attrition
from twoarm.tables.cohort import Attrition

LONG = (
    "Another primary malignancy within five years before the first dose, except basal "
    "cell carcinoma of the skin and carcinoma in situ of the cervix"
)


def flow(*steps, start=613):
    rows, left = [], start
    for step, (reason, out) in enumerate(steps, 1):
        rows.append(
            {
                "step": step,
                "reason": reason,
                "n_before": left,
                "n_excluded": out,
                "n_after": left - out,
            }
        )
        left -= out
    return Attrition.of(rows)


def words(figure):
    return [
        text.get_text().replace("\n", " ").replace("\u00a0", " ")
        for text in figure.axes[0].texts
        if text.get_text()
    ]


def boxes_and_texts(figure):
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    axes, renderer = figure.axes[0], canvas.get_renderer()
    boxes = [patch.get_window_extent(renderer) for patch in axes.patches]
    texts = [t.get_window_extent(renderer) for t in axes.texts if t.get_text()]
    return boxes, texts


def check_boxes(figure):
    boxes, texts = boxes_and_texts(figure)
    assert len(boxes) == len(texts)
    for box, text in zip(boxes, texts, strict=True):
        assert box.x0 <= text.x0
        assert text.x1 <= box.x1
        assert box.y0 <= text.y0
        assert text.y1 <= box.y1
        assert figure.bbox.x0 <= box.x0
        assert box.x1 <= figure.bbox.x1
        assert figure.bbox.y0 <= box.y0
        assert box.y1 <= figure.bbox.y1
    for place, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[place + 1 :])


def test_boxes_hold_the_counts_of_the_table():
    steps = flow(("No imaging", 13), ("Never met the criteria", 472))
    figure = draw_attrition(steps, arms=[("Surgery", 74), ("Non-surgery", 54)])

    assert words(figure) == [
        "Assessed for eligibility (n = 613)",
        "Remaining (n = 600)",
        "Remaining (n = 128)",
        "Excluded (n = 13) No imaging",
        "Excluded (n = 472) Never met the criteria",
        "Surgery (n = 74)",
        "Non-surgery (n = 54)",
    ]


def test_flow_runs_from_top_to_bottom():
    steps = flow(("a", 13), ("b", 472))
    boxes, _ = boxes_and_texts(draw_attrition(steps, arms=[("x", 74), ("y", 54)]))

    start, first, last, out_first, out_last, *arms = boxes
    assert start.y0 > first.y1 > first.y0 > last.y1
    assert start.y0 > (out_first.y0 + out_first.y1) / 2 > first.y1
    assert first.y0 > (out_last.y0 + out_last.y1) / 2 > last.y1
    assert all(arm.y1 < last.y0 for arm in arms)


def test_hidden_counts_are_printed_as_told():
    steps = flow(("a", 1), ("b", 2)).with_columns(
        n_excluded=pl.lit(None, pl.Int64),
        n_after=pl.Series([None, 610], dtype=pl.Int64),
        n_before=pl.Series([613, None], dtype=pl.Int64),
    )
    figure = draw_attrition(
        steps, arms=[("Surgery", 608), ("Non-surgery", None)], hidden="<5"
    )

    assert words(figure)[1:] == [
        "Remaining (n not shown)",
        "Remaining (n = 610)",
        "Excluded (n <5) a",
        "Excluded (n <5) b",
        "Surgery (n = 608)",
        "Non-surgery (n <5)",
    ]


@pytest.mark.parametrize("n_steps", [1, 4, 12])
def test_text_stays_in_its_box(n_steps, check_legible):
    reasons = [LONG, "No date", "Died before the index date"] * 4
    figure = draw_attrition(
        flow(*[(reason, 10) for reason in reasons[:n_steps]]),
        arms=[
            ("Conversion surgery after lenvatinib, TACE and PD-1 inhibitor", 3),
            ("Continued systemic therapy", 610 - 10 * n_steps),
        ],
    )

    check_boxes(figure)
    check_legible(figure)
    assert figure.get_figheight() * 25.4 < 240


@settings(max_examples=15, deadline=None)
@given(
    reasons=st.lists(
        st.text("abWM m-", min_size=1, max_size=120), min_size=1, max_size=6
    ),
    arms=st.lists(st.text("abWM m", min_size=1, max_size=60), min_size=1, max_size=3),
)
def test_any_text_stays_in_its_box(reasons, arms):
    steps = flow(*[(reason, 0) for reason in reasons], start=0)
    check_boxes(draw_attrition(steps, arms=[(arm, 0) for arm in arms]))


@pytest.mark.parametrize(
    ("steps", "arms", "fault"),
    [
        (flow(), [("a", 1)], "0 steps to 1 arms"),
        (flow(("x", 3)), [], "1 steps to 0 arms"),
        (flow(("x", 3)), [("a", 1), ("b", 2)], "3 patients in the arms, but 610"),
        (
            flow(("x", 3), ("y", 4)).with_columns(n_after=pl.lit(600)),
            [("a", 600)],
            r"at the steps \[1, 2\]",
        ),
    ],
)
def test_flow_that_does_not_add_up_is_refused(steps, arms, fault):
    with pytest.raises(ValueError, match=fault):
        draw_attrition(steps, arms=arms)


def test_area_that_is_too_low_is_refused():
    with pytest.raises(ValueError, match="mm of height"):
        draw_attrition(flow(("x", 3)), arms=[("a", 610)], area=Figure(figsize=(5, 1)))


def test_same_flow_gives_the_same_bytes(check_same_bytes):
    check_same_bytes(lambda: draw_attrition(flow((LONG, 13)), arms=[("Surgery", 600)]))
