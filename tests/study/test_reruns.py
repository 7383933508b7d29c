"""What reruns after an edit, and what does not: each set of rules is exact."""

import importlib.util
import os
import re
import shutil
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
spec = importlib.util.spec_from_file_location(
    "kills", Path(__file__).with_name("kills.py")
)
kills = importlib.util.module_from_spec(spec)
spec.loader.exec_module(kills)

FIGURES = "results/small/figures"
TARGETS = [
    kills.PART,
    f"{FIGURES}/plot_scores/scores.svg",
    f"{FIGURES}/plot_weights/weights_overlap.svg",
]
SURVIVAL = {"estimate_curves", "estimate_effects"}
# Both stand on the module that makes members of any design, and so on all matches.
OF_MEMBERS = {"match_patients", "weight_patients"}
COLLECTED = {"collect_designs", "plot_weights", *SURVIVAL}
EVERYTHING = {
    *("read_centre", "harmonise_centre", "derive_table", "select_cohort"),
    *("derive_arms", "estimate_score", "match_patients", "weight_patients"),
    *("weight_clones", "weight_trials", "plot_scores"),
    *COLLECTED,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with code of its own, where all targets are made."""
    folder = kills.lay_out(tmp_path_factory.mktemp("reruns") / "run")
    (folder / "workflow").unlink()
    shutil.copytree(ROOT / "workflow", folder / "workflow")
    kept = shutil.ignore_patterns("*.egg-info", "__pycache__")
    shutil.copytree(ROOT / "src", folder / "src", ignore=kept)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(folder / "src"))
        code = kills.start(folder, *TARGETS).wait(timeout=1500)
        assert code == 0, (folder / "shown.txt").read_text()
        yield folder


def planned(folder):
    """Rules that a run would do."""
    (folder / "shown.txt").unlink()
    code = kills.start(folder, "--dry-run", *TARGETS).wait(timeout=600)
    shown = (folder / "shown.txt").read_text()
    assert code == 0, shown
    return set(re.findall(r"(?m)^(\w+) +\d+$", shown)) - {"total"}


LIBRARY, DRAWN = "src/twoarm/propensity/nearest.py", "src/twoarm/figures/mirrored.py"


@pytest.fixture
def edit(folder):
    """Put other words into a file, until the end of the test."""
    whole = {}

    def change(name, before, after):
        file = folder / name
        text = whole.setdefault(file, file.read_text())
        assert before in text
        file.write_text(text.replace(before, after, 1))

    yield change
    for file, text in whole.items():
        file.write_text(text)


def test_touched_files_and_words_rerun_nothing(folder, edit):
    edit(LIBRARY, '"""', '"""Edited. ')
    edit("study.yaml", "title: Surgery", "title: Effects of surgery")
    ahead = time.time() + 60
    for path in folder.rglob("*"):
        if path.is_file() and ".snakemake" not in path.parts:
            os.utime(path, (ahead, ahead))
    assert planned(folder) == set()


@pytest.mark.parametrize(
    ("name", "before", "after", "rules"),
    [
        (LIBRARY, "DIGITS = 10", "DIGITS = 9", {*OF_MEMBERS, *COLLECTED}),
        (DRAWN, "\n\n\n", "\n\nEDITED = 1\n\n\n", {"plot_scores", "plot_weights"}),
        (
            "study.yaml",
            "caliper_sd: 0.2",
            "caliper_sd: 0.1",
            {"match_patients", *COLLECTED},
        ),
        (
            "study.yaml",
            "validation:",
            "analysis: {confidence: 0.9}\nvalidation:",
            SURVIVAL,
        ),
        (
            "study.yaml",
            "validation:",
            "release: {minimum_count: 4}\nvalidation:",
            {"plot_scores", "plot_weights"},
        ),
        ("patients.csv", "p7,", "p7000,", EVERYTHING),
    ],
    ids=["library", "figure", "caliper", "confidence", "minimum", "row"],
)
def test_edit_reruns_what_depends_on_it(folder, edit, name, before, after, rules):
    edit(name, before, after)
    assert planned(folder) == rules
