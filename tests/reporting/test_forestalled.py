from twoarm.reporting.forestalled import cures_of, subdistributions_of
from twoarm.reporting.page import contrasts_of, horizons_of
from twoarm.tables.survival import Effects

COUNTS = {"n_treated": 9, "n_control": 9, "events_treated": 6, "events_control": 6}
DESIGNS = {"unadjusted": "Unadjusted", "iptw": "IPTW"}
ARMS = ["Surgery", "None"]


def effects_of(*rows):
    return Effects.of(
        [
            {"endpoint": "ttp", "design": "iptw", "method": "so", **COUNTS, **row}
            for row in rows
        ]
    )


RATIO = {"estimate": 0.5, "conf_low": 0.25, "conf_high": 1.0, "p_value": 0.04}
WHY = "not estimated: its variance takes no weights; biased: immortal time"


def test_ratio_is_told_where_gray_has_no_test():
    effects = effects_of(
        {"measure": "subdistribution_hazard_ratio", "term": "treated", **RATIO},
        {"measure": "gray", "term": "treated", "method": WHY},
    )

    assert subdistributions_of(effects, endpoint="ttp", designs=DESIGNS) == [
        {
            "design": "IPTW",
            "ratio": "0.50 (0.25–1.00)",
            "p": "0.040",
            "gray": "–",
            "why": "",
        }
    ]


def test_where_nothing_competes_nothing_is_told():
    effects = effects_of({"measure": "hazard_ratio", "term": "treated", **RATIO})

    assert subdistributions_of(effects, endpoint="ttp", designs=DESIGNS) == []
    assert cures_of(effects, endpoint="ttp", designs=DESIGNS) == []


def test_cure_is_told_in_percent_or_why_not():
    share = {"estimate": 0.4, "conf_low": 0.3, "conf_high": 0.5}
    effects = effects_of(
        {"measure": "cure_fraction", "term": "Surgery", **share},
        {"measure": "cure_fraction", "term": "None", "method": WHY},
    )

    rows = cures_of(effects, endpoint="ttp", designs=DESIGNS)

    assert [row["share"] for row in rows] == ["40.0 (30.0–50.0)", "–"]
    assert [row["why"] for row in rows] == ["", WHY.split(";")[0]]


def test_endpoint_without_survival_has_incidences_and_no_medians():
    share = {"estimate": 0.4, "conf_low": 0.3, "conf_high": 0.5, "months": 12}
    effects = effects_of(
        {"measure": "hazard_ratio", "term": "treated", **RATIO},
        *({"measure": "cumulative_incidence", "term": arm, **share} for arm in ARMS),
        {"measure": "cumulative_incidence_difference", "term": "treated", "months": 12},
    )
    iptw = {"iptw": "IPTW"}

    numbered = effects.with_row_index("row", offset=1)
    (row,) = contrasts_of(
        numbered, endpoint="ttp", designs=iptw, arms=ARMS, minimum_count=5
    )
    assert row["ref"] == 1 + effects["measure"].to_list().index("hazard_ratio")
    assert row["medians"] == "–"
    (at,) = horizons_of(numbered, endpoint="ttp", designs=iptw)
    assert at["arms"] == dict.fromkeys(ARMS, "40.0 (30.0–50.0)")
    assert at["difference"] == "–"
