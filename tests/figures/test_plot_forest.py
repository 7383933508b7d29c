import matplotlib.colors as colours
import polars as pl
import pytest

from twoarm.figures.forest import draw_regression, draw_subgroups
from twoarm.tables.contract import write_csv
from twoarm.tables.survival import Effects

ARMS = ["Surgery", "No surgery"]
PLAIN = {"unadjusted": "Unadjusted"}
LABELS = {"ecog": "ECOG", "depth": "Depth"}


def row(term, *numbers, measure="hazard_ratio", **changed):
    counts = {"n_treated": 74, "n_control": 54}
    counts |= {"events_treated": 17, "events_control": 34}
    ends = dict(zip(("estimate", "conf_low", "conf_high"), numbers, strict=False))
    named = {"endpoint": "os", "design": "unadjusted", "measure": measure}
    return {**named, "term": term, "method": "Cox", **counts, **ends, **changed}


EFFECTS = Effects.of(
    [
        row("treated", 0.35, 0.2, 0.6),
        row("treated_adjusted", 0.4, 0.2, 0.8),
        row("subgroup: ecog=0", 0.3, 0.15, 0.6, events_control=None),
        row("subgroup: ecog=1", method="not estimated: fewer than 5 events in an arm"),
        row("interaction: ecog", 1.0, measure="wald", p_value=0.3173),
        row("interaction: depth", measure="wald", method="not estimated: fewer"),
        row("subgroup: depth=-50 and above", 0.5, 0.3, 0.9),
        row("univariable: ecog=1", 2.0, 1.1, 3.6),
        row("ecog=1", 1.9, 1.0, 3.6),
        row("treated", 9.0, 8.0, 10.0, design="other"),
    ]
)


def texts(figure):
    words = [text.get_text().replace("\n", " ") for text in figure.axes[0].texts]
    return [each for each in words if each]


def marks(figure):
    lines = figure.axes[0].lines
    return [line.get_xdata()[0] for line in lines if line.get_marker() == "s"]


def test_subgroups_have_their_counts_ratios_and_tests():
    figure = draw_subgroups(EFFECTS, designs=PLAIN, covariates=LABELS, arms=ARMS)

    assert texts(figure) == [
        "All, Unadjusted", "17/74", "34/54", "0.35 (0.20–0.60)",
        "ECOG", "0.317",
        "0", "17/74", "–/54", "0.30 (0.15–0.60)",
        "1", "17/74", "34/54", "too few events",
        "Depth", "not tested",
        "−50 and above", "17/74", "34/54", "0.50 (0.30–0.90)",
        "Surgery: events / patients", "No surgery: events / patients",
        "Hazard ratio (limits)", "Interaction p",
        "← favours Surgery", "favours No surgery →",
    ]  # fmt: skip
    assert marks(figure) == [0.35, 0.3, 0.5]


def test_cells_stand_below_their_heads_and_the_narrower_limits_have_larger_marks(
    check_legible,
):
    figure = draw_subgroups(EFFECTS, designs=PLAIN, covariates=LABELS, arms=ARMS)

    (axes,) = figure.axes
    at = {}
    for text in axes.texts:
        at.setdefault(text.get_text().replace("\n", " "), []).append(
            text.get_position()
        )
    heads = ("Surgery: events / patients", "Hazard ratio (limits)", "Interaction p")
    for head, cell in zip(heads, ("17/74", "0.35 (0.20–0.60)", "0.317"), strict=True):
        assert at[head][0][0] == pytest.approx(at[cell][0][0])
    rows = [at[cell][0][1] for cell in ("All, Unadjusted", "ECOG", "0", "Depth")]
    assert rows == [0, 1, 2, 4]
    sizes = [line.get_markersize() for line in axes.lines if line.get_marker() == "s"]
    assert sorted(sizes, reverse=True) == [sizes[k] for k in (2, 0, 1)]
    check_legible(figure)


def test_words_on_either_side_of_1_are_on_that_side(drawn):
    figure = draw_subgroups(EFFECTS, designs=PLAIN, covariates=LABELS, arms=ARMS)

    one = figure.axes[0].transData.transform((1, 0))[0]
    boxes = {text.get_text(): box for text, box in drawn(figure)}
    assert boxes["← favours Surgery"].x1 < one < boxes["favours No surgery →"].x0


def test_regression_has_each_term_alone_and_beside_the_others():
    figure = draw_regression(EFFECTS, design="unadjusted", covariates=LABELS)

    assert texts(figure) == [
        "Treatment", "Alone", "0.35 (0.20–0.60)", "Beside the others",
        "0.40 (0.20–0.80)", "ECOG: 1", "Alone", "2.00 (1.10–3.60)",
        "Beside the others", "1.90 (1.00–3.60)", "Hazard ratio (limits)",
    ]  # fmt: skip
    assert marks(figure) == [0.35, 0.4, 2.0, 1.9]


def test_contrasts_of_a_biased_design_are_hollow_and_called_so():
    method = "Cox; biased: immortal time; not balanced"
    biased = EFFECTS.with_columns(method=pl.lit(method))
    regression = draw_regression(biased, design="unadjusted", covariates=LABELS)
    subgroups = draw_subgroups(biased, designs=PLAIN, covariates=LABELS, arms=ARMS)

    def hollow(figure):
        lines = [each for each in figure.axes[0].lines if each.get_marker() == "s"]
        return [each.get_markerfacecolor() == "white" for each in lines]

    assert texts(regression)[0] == "Treatment; biased: immortal time"
    assert texts(subgroups)[0] == "All, Unadjusted; biased: immortal time"
    # The ratios of covariates are of no design.
    assert hollow(regression) == [True, True, False, False]
    assert all(hollow(subgroups))
    assert not any(hollow(draw_regression(EFFECTS, design="unadjusted", covariates={})))


def test_a_design_without_any_row_is_drawn():
    for figure in (
        draw_subgroups(EFFECTS, designs={"none": "None"}, covariates=LABELS, arms=ARMS),
        draw_regression(EFFECTS, design="none", covariates=LABELS),
    ):
        assert marks(figure) == []


def test_type_is_six_points_at_least_and_ink_is_dark():
    figure = draw_subgroups(EFFECTS, designs=PLAIN, covariates=LABELS, arms=ARMS)

    assert min(text.get_fontsize() for text in figure.axes[0].texts) >= 6
    (first, *_) = [x for x in figure.axes[0].lines if x.get_marker() == "s"]
    assert colours.to_hex(first.get_color()) == "#1b1b1b"


@pytest.mark.parametrize("kind", ["subgroups", "regression"])
def test_script_writes_each_format(script, tmp_path, kind):
    write_csv(EFFECTS, tmp_path / "effects.csv")
    paths = [tmp_path / f"{kind}_os.{end}" for end in ("svg", "png")]

    script("figures/plot_forest").main(
        tmp_path / "effects.csv",
        paths,
        subgroups=PLAIN,
        regression="unadjusted",
        covariates=LABELS,
        arms=ARMS,
    )

    assert all(path.stat().st_size > 1000 for path in paths)
    assert "ECOG" in paths[0].read_text(encoding="utf-8")
