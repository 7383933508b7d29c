import polars as pl
import pytest
from matplotlib.patches import StepPatch

from twoarm.figures.imputations import IMPUTED, NOTHING, draw_traces, draw_values
from twoarm.tables.cohort import ImputedValues, Trace

LABELS = {"age": "Age (years)", "sex": "Male sex", "grade": "Grade"}
SHARES = {1: [0.25, 0.75, 0.0], 2: [0.5, 0.25, 0.25]}


def traces_of(n=2, covariates=tuple(LABELS)):
    levels = {"age": [None], "sex": ["f", "m"], "grade": ["1", "2", "3"]}
    rows = [
        {
            "imputation": k,
            "iteration": step,
            "covariate": name,
            "level": level,
            "mean": 0.1 * step + k / 100,
            "sd": 2.0 + step if level is None else None,
        }
        for k in range(1, n + 1)
        for step in (1, 2, 3)
        for name in covariates
        for level in levels[name]
    ]
    return Trace.of(rows)


def values_of(covariates=("age", "grade")):
    rows = []
    for name in covariates:
        for k, drawn in SHARES.items():
            for place, share in enumerate(drawn):
                ends = {"low": (40.0, 50.0, 60.0)[place]}
                ends["high"] = (50.0, 60.0, 80.0)[place]
                rows.append(
                    {
                        "covariate": name,
                        "bin": place + 1,
                        "imputation": k,
                        **(ends if name == "age" else {"level": str(place + 1)}),
                        "share_observed": (0.5, 0.3, 0.2)[place],
                        "share_imputed": share,
                    }
                )
    return ImputedValues.of(rows)


def titles(figure):
    return [axes.get_title(loc="left") for axes in figure.axes]


def steps(axes):
    found = [each for each in axes.patches if isinstance(each, StepPatch)]
    return [list(each.get_data().values) for each in found]


def test_traces_have_a_panel_a_number_and_a_line_a_data_set():
    figure = draw_traces(traces_of(), values_of(), labels=LABELS)

    assert titles(figure) == [
        "Age (years): mean",
        "Age (years): standard deviation",
        "Male sex: share of m",  # of two levels the second
        "Grade: share of 1",
        "Grade: share of 2",
        "Grade: share of 3",
    ]
    mean, deviation = figure.axes[:2]
    assert [list(line.get_ydata()) for line in mean.lines] == [
        pytest.approx([0.11, 0.21, 0.31]),
        pytest.approx([0.12, 0.22, 0.32]),
    ]
    assert list(deviation.lines[0].get_xdata()) == [1, 2, 3]
    assert list(deviation.lines[0].get_ydata()) == [3, 4, 5]


def test_levels_stand_in_the_order_of_their_values():
    values = values_of(["grade"]).with_columns(bin=4 - pl.col("bin"))

    figure = draw_traces(traces_of(), values, labels={"grade": "Grade"})

    assert titles(figure) == [f"Grade: share of {level}" for level in "321"]


def test_mean_and_deviation_stand_side_by_side():
    labels = {"sex": "Male sex", "age": "Age"}

    figure = draw_traces(traces_of(), values_of(), labels=labels)

    boxes = {axes.get_title(loc="left"): axes.get_position() for axes in figure.axes}
    mean, deviation = boxes["Age: mean"], boxes["Age: standard deviation"]
    assert mean.y0 == deviation.y0 < boxes["Male sex: share of m"].y0
    assert mean.x1 < deviation.x0


def test_values_are_densities_of_bins_and_shares_of_levels():
    figure = draw_values(values_of(), labels=LABELS)

    age, grade = figure.axes
    # The last of three: the observed, drawn on top. A bin of 20 years halves it.
    assert steps(age) == [
        pytest.approx([0.025, 0.075, 0.0]),
        pytest.approx([0.05, 0.025, 0.0125]),
        pytest.approx([0.05, 0.03, 0.01]),
    ]
    assert steps(grade) == [*SHARES.values(), [0.5, 0.3, 0.2]]
    assert [label.get_text() for label in grade.get_xticklabels()] == ["1", "2", "3"]
    assert figure.axes[0].get_legend() is not None
    colours = {each.get_edgecolor()[:3] for each in age.patches}
    assert len(colours) == 2
    assert IMPUTED not in {"#D7263D", "#5B2A86"}  # no arm's colour


@pytest.mark.parametrize("n", [1, 20])
def test_figures_are_legible(n, check_legible):
    long = {name: f"{label} with a rather long label" for name, label in LABELS.items()}
    for labels in (LABELS, long):
        check_legible(draw_traces(traces_of(n), values_of(), labels=labels))
        check_legible(draw_values(values_of(), labels=labels))


def test_nothing_to_draw_is_said(drawn, check_legible):
    for figure in (
        draw_traces(Trace.of([]), ImputedValues.of([]), labels=LABELS),
        draw_values(ImputedValues.of([]), labels=LABELS),
    ):
        check_legible(figure)
        words = " ".join(text.get_text() for text, _ in drawn(figure))
        assert NOTHING.split(":")[0] in words.replace("\n", " ")


def test_row_order_of_the_tables_does_not_matter(check_same_bytes):
    def trace(rows, *, labels):
        return draw_traces(rows, values_of(), labels=labels)

    for table, draw in ((traces_of(), trace), (values_of(), draw_values)):
        orders = iter([False, True] * 3)

        def either(table=table, draw=draw, orders=orders):
            rows = table.reverse() if next(orders) else table
            assert isinstance(rows, pl.DataFrame)
            return draw(rows, labels=LABELS)

        check_same_bytes(either)


def test_script_saves_both(script, tmp_path):
    values_of().drop("n_observed", "n_imputed").write_csv(tmp_path / "values.csv")
    traces_of().write_csv(tmp_path / "traces.csv")
    names = ["imputed_values.svg", "imputation_traces.svg"]

    script("figures/plot_imputations").main(
        tmp_path / "values.csv",
        tmp_path / "traces.csv",
        [str(tmp_path / name) for name in names],
        labels=LABELS,
    )

    assert "Density" in (tmp_path / names[0]).read_text()
    assert "Iteration" in (tmp_path / names[1]).read_text()
