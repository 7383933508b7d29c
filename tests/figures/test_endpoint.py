import numpy as np
import pytest

from twoarm.figures.endpoint import draw_endpoint
from twoarm.tables.survival import Curves, Effects

ARMS = {"Surgery": "#D7263D", "No surgery": "#5B2A86"}
COUNTS = {"n_treated": 9, "n_control": 9, "events_treated": 6, "events_control": 6}


def test_incidence_rises_by_what_the_curve_falls():
    rows = [
        {
            "endpoint": "ttp",
            "design": "iptw",
            "arm": arm,
            "months": months,
            "n_risk": 20,
            "n_event": 2,
            "n_censor": 0,
            "estimate": estimate,
            "conf_low": None if months == 0 else estimate - 0.1,
            "conf_high": None if months == 0 else estimate + 0.05,
        }
        for arm in ARMS
        for months, estimate in ((0.0, 1.0), (3.0, 0.9), (14.0, 0.7))
    ]
    ratio = {"estimate": 0.5, "conf_low": 0.25, "conf_high": 1.0, "p_value": 0.04}
    told = {"endpoint": "ttp", "design": "iptw", "term": "treated", "method": "so"}
    effects = Effects.of(
        [
            {**told, **COUNTS, **ratio, "measure": "subdistribution_hazard_ratio"},
            {**told, **COUNTS, "measure": "gray", "estimate": 4.0, "p_value": 0.045},
        ]
    )

    figure = draw_endpoint(
        Curves.check(Curves.of(rows)),
        effects,
        label="Time to progression",
        arms=ARMS,
        style={"tick_months": 6, "minimum_at_risk": 1},
        forestalled=True,
    )

    axes = figure.axes[0]
    (line,) = [each for each in axes.lines if each.get_label() == "Surgery"]
    assert np.asarray(line.get_ydata()) == pytest.approx(np.array([0, 10, 30]))
    ribbon = axes.collections[0].get_paths()[0].vertices
    assert ribbon[:, 1].max() == pytest.approx(40)
    words = " ".join(text.get_text() for text in axes.texts)
    assert "Subdistribution HR 0.50 (0.25–1.00), Gray's p = 0.045" in words
    label = axes.get_ylabel().replace("\n", " ")
    assert label == "Time to progression: cumulative incidence (%)"
