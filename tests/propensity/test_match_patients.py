"""Matching by our own scores against MatchIt by R's."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from twoarm.propensity.nearest import caliper_of, match_nearest
from twoarm.propensity.sets import check_sets, sets_of, weight_sets

ORACLE = Path(__file__).parents[1] / "oracle"
EXACT = {"lalonde": "race", "rotterdam": "meno"}
# What a tie decides in the last digits of R's scores is not for ours to repeat.
TIED = {("lalonde", "nn1_cal0.2_farthest")}


def test_score_is_matchits(matchit):
    expected = matchit.expected["propensity"]
    coefficients = [x["coef"] for x in expected["coefficients"].values()]

    np.testing.assert_allclose(matchit.estimate, coefficients, rtol=1e-9)
    logit = matchit.patients["logit"].to_numpy()
    caliper = caliper_of(logit, matchit.patients["treated"].to_numpy(), 0.2)
    # MatchIt's logits stop where glm does by default.
    assert caliper == pytest.approx(expected["caliper_0.2_matchit"], rel=1e-8)
    assert logit.std(ddof=1) == pytest.approx(expected["logit_sd_all_units"], rel=1e-8)


def as_called(setting, patients, strata):
    """MatchIt's call as ours: the distance, who is treated, the rules."""
    scale = {"logit": "logit", "probability": "propensity_score"}[setting["scale"]]
    distance, treated = patients[scale].to_numpy(), patients["treated"].to_numpy()
    caliper = setting["caliper"]
    if setting["caliper_in_sd"]:
        caliper = caliper_of(distance, treated, caliper)
    return (
        distance,
        treated,
        {
            "ratio": setting["ratio"],
            "caliper": np.inf if caliper is None else caliper,
            "replace": setting["replace"],
            "order": setting["order"] or "largest",
            "strata": strata if setting["exact"] else None,
        },
    )


def test_pairs_and_counts_are_matchits(matchit):
    name, patients = matchit.expected["name"], matchit.patients
    strata = patients[EXACT[name]].to_physical().to_numpy()
    table = pl.read_csv(ORACLE / f"matchit_{name}.csv")
    for configuration, setting in matchit.expected["configurations"].items():
        distance, treated, rules = as_called(setting, patients, strata)

        found = match_nearest(distance, treated, **rules)

        rows = table.filter(configuration=configuration)
        pairs = set(zip(found.treated, found.control, strict=True))
        by_matchit = zip(rows["treated_row"] - 1, rows["control_row"] - 1, strict=True)
        tied = (name, configuration) in TIED
        assert tied or pairs == set(by_matchit), configuration
        assert len(found.treated) == setting["pairs"]
        sets = sets_of(found)
        weight = weight_sets(sets, treated, estimand="ATT")
        promises = {k: v for k, v in rules.items() if k != "order"}
        check_sets(sets, treated, logit=distance, weight=weight, **promises)
        check_counts(weight, treated, setting)
        longest = pytest.approx(setting["max_abs_diff"], rel=1e-7)
        assert tied or found.distance.max() == longest


def check_counts(weight, treated, setting):
    of_control = weight[~treated]
    assert (weight[treated] > 0).sum() == setting["n_treated_matched"]
    assert (of_control > 0).sum() == setting["n_control_matched"]
    assert (weight[treated] == 0).sum() == setting["n_unmatched_treated"]
    size = of_control.sum() ** 2 / (of_control**2).sum()
    assert size == pytest.approx(setting["ess_control"], rel=1e-10)
