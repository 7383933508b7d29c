"""The profile for SLURM: it knows every rule, and asks for more at each attempt."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PROFILES = ROOT / "workflow" / "profiles"
PROFILE = yaml.safe_load((PROFILES / "slurm" / "config.yaml").read_text())
ALONE = {
    "replicate_designs",
    "refit_designs",
    "assess_truncations",
    "replicate_twins",
    "replicate_scenarios",
}
HERE = {"fetch_source"}
ASKED = {"default": PROFILE["default-resources"], **PROFILE["set-resources"]}


def rules():
    files = (ROOT / "workflow" / "rules").glob("*.smk")
    return {
        name
        for file in files
        for name in re.findall(r"(?m)^rule (\w+):$", file.read_text())
    }


def test_every_rule_has_a_place():
    assert {*PROFILE["groups"], *ALONE, *HERE} == rules()
    assert not {*PROFILE["groups"]} & {*ALONE, *HERE}
    text = (ROOT / "workflow/rules/ingestion.smk").read_text()
    assert re.findall(r"rule (\w+):(?:(?!rule ).)*localrule: True", text, re.S) == [
        *HERE
    ]


def test_what_it_names_is_there():
    assert set(PROFILE["set-resources"]) <= rules()
    assert set(PROFILE["group-components"]) <= {*PROFILE["groups"].values()}


def test_it_is_the_default_profile_but_for_where_jobs_run():
    default = yaml.safe_load((PROFILES / "default" / "config.yaml").read_text())
    assert default.items() <= PROFILE.items()


@pytest.mark.parametrize("rule", ASKED)
def test_attempts_and_larger_inputs_ask_for_more(rule):
    def ask(attempt, size):
        names = {"attempt": attempt, "input": SimpleNamespace(size_mb=size)}
        asked = {k: eval(words, dict(names)) for k, words in ASKED[rule].items()}
        return [asked[name] for name in sorted(asked)]

    for first, again in zip(ask(1, 10), ask(2, 10), strict=True):
        assert again >= 2 * first > 0
    for small, large in zip(ask(1, 10), ask(1, 1000), strict=True):
        assert large >= small


# On 1,000,000 patients (benchmarks/million.py): a step of which the input is there when
# its job is queued, MB of that input, and the most MiB that a step of the job held.
MILLION = [
    ("read_centre", 575, 5412),
    ("estimate_score", 51, 1717),
    ("weight_clones", 16, 2177),
    ("assess_truncations", 16, 1584),
    ("collect_designs", 158, 4551),
    ("refit_designs", 83, 1892),
    ("estimate_effects", 129, 5070),
    ("check_results", 132, 4331),
]


@pytest.mark.parametrize(("rule", "size", "held"), MILLION)
def test_a_million_patients_have_room_at_once_and_not_much_too_much(rule, size, held):
    names = {"attempt": 1, "input": SimpleNamespace(size_mb=size)}
    asked = eval(ASKED[rule]["mem_mb"], names)

    assert 1.2 * held < asked < 3 * held
