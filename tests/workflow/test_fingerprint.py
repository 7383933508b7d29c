import hashlib
import importlib.util
import re
from pathlib import Path

import pytest

from twoarm.checksums import checksums_of
from twoarm.fingerprint import closure, fingerprint

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "workflow" / "scripts").rglob("*.py"))

FILES = {
    "script.py": '''
"""Do it."""
import json

import polars as pl

from toy.direct import start
import toy.plain as plain


def main(path):
    """Do it."""
    return start(path) + plain.VALUE


if __name__ == "__main__":
    main("x")
''',
    "toy/__init__.py": '"""A toy."""\n',
    "toy/direct.py": '''
"""Reached by the script."""
from toy.far.deep import middle


def start(path):
    # why
    from toy.lazy import late

    return middle(path) + late(path)
''',
    "toy/plain.py": "VALUE = 1\n",
    "toy/lazy.py": """
def late(path):
    if path:
        return 1
    return 2
""",
    "toy/far/__init__.py": "from toy.far.behind import SETTING\n",
    "toy/far/behind.py": "SETTING = 1\n",
    "toy/far/deep.py": '''
class Model:
    """What it is."""

    size: int = 1
    """What size is."""


def middle(path):
    """Say."""
    return Model.size
''',
    "toy/aside.py": "UNREACHED = 1\n",
    "toy/far/aside.py": "from toy.aside import UNREACHED\n",
}
REACHED = sorted(set(FILES) - {"toy/aside.py", "toy/far/aside.py"})


@pytest.fixture
def lay(tmp_path):
    """Lay the files out in a new folder; return the fingerprint of the script."""
    laid = iter(range(100))

    def run(script="script.py", **changed):
        folder = tmp_path / str(next(laid))
        for name, content in {**FILES, **changed}.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        (folder / script).parent.mkdir(exist_ok=True)
        (folder / "script.py").rename(folder / script)
        return fingerprint(folder / script, folder / "toy")

    return run


def test_same_code_has_the_same_fingerprint_wherever_it_lies(lay):
    assert lay() == lay()
    assert lay(script="a/script.py") == lay(script="z/script.py") == lay()
    assert re.fullmatch(r"[0-9a-f]{16}", lay())


@pytest.mark.parametrize("name", REACHED)
def test_edited_code_of_a_reached_file_changes_it(lay, name):
    assert lay(**{name: FILES[name] + "\nADDED = 1\n"}) != lay()


@pytest.mark.parametrize("name", sorted(set(FILES) - set(REACHED)))
def test_file_that_is_not_reached_does_not_matter(lay, name):
    assert lay(**{name: FILES[name] + "\nADDED = 1\n"}) == lay()


@pytest.mark.parametrize("name", REACHED)
def test_added_comments_docstrings_and_blank_lines_change_nothing(lay, name):
    edited = f"# why\n\n\n{FILES[name]}\n\n# the end\n"

    assert lay(**{name: edited}) == lay()


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("script.py", '"""Do it."""', '"""Do it otherwise, at length."""'),
        ("script.py", '"""Do it."""\n', ""),
        ("toy/direct.py", "# why", "# because"),
        (
            "toy/direct.py",
            "middle(path) + late(path)",
            "(middle(path)  +\n late(path))",
        ),
        ("toy/far/deep.py", '"""What size is."""', '"""Another size."""'),
        ("toy/far/deep.py", '"""What it is."""\n', ""),
        ("toy/far/deep.py", '    """Say."""\n', ""),
        ("toy/plain.py", "VALUE = 1", "VALUE = (1)  # one"),
    ],
)
def test_edited_text_and_layout_change_nothing(lay, name, old, new):
    assert old in FILES[name]

    assert lay(**{name: FILES[name].replace(old, new)}) == lay()


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("script.py", 'main("x")', 'main("y")'),
        ("toy/lazy.py", "return 2", "return 3"),
        ("toy/far/deep.py", "size: int = 1", "size: int = 2"),
        ("toy/far/behind.py", "SETTING = 1", "SETTING = 1.0"),
        ("toy/plain.py", "VALUE = 1", 'VALUE = "1"'),
        ("toy/direct.py", "middle(path) + late(path)", "late(path) + middle(path)"),
    ],
)
def test_any_edit_of_code_changes_it(lay, name, old, new):
    assert old in FILES[name]

    assert lay(**{name: FILES[name].replace(old, new)}) != lay()


def test_import_of_a_new_module_reaches_it(lay):
    imported = FILES["toy/lazy.py"] + "\nimport toy.aside\n"
    edited = FILES["toy/aside.py"].replace("1", "2")

    one = lay(**{"toy/lazy.py": imported})
    two = lay(**{"toy/lazy.py": imported, "toy/aside.py": edited})

    assert len({lay(), one, two}) == 3


def test_renamed_module_changes_it(lay):
    renamed = {
        "toy/other.py": FILES["toy/lazy.py"],
        "toy/direct.py": FILES["toy/direct.py"].replace("toy.lazy", "toy.other"),
    }

    assert lay(**renamed) != lay()


def test_modules_that_import_each_other_are_followed_once(tmp_path):
    for name in ("one", "two"):
        other = {"one": "two", "two": "one"}[name]
        path = tmp_path / "toy" / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"import toy.{other}\n")
    script = tmp_path / "script.py"
    script.write_text("import toy.one\n")

    names = [path.name for path in closure(script, tmp_path / "toy")]
    assert sorted(names) == ["one.py", "script.py", "two.py"]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_fingerprint_reaches_all_that_a_script_imports(path):
    names = {
        ".".join(file.relative_to(ROOT / "src").with_suffix("").parts)
        for file in closure(path)
        if file.is_relative_to(ROOT / "src")
    }

    assert "twoarm.runner" in names
    assert "twoarm.errors" in names
    assert "twoarm.fingerprint" not in names
    for name in names:
        assert importlib.util.find_spec(name.removesuffix(".__init__"))


def test_script_stands_on_its_own_stage_and_its_tables():
    names = {
        file.relative_to(ROOT / "src/twoarm").as_posix()
        for file in closure(ROOT / "workflow/scripts/cohort/select_cohort.py")
        if file.is_relative_to(ROOT / "src/twoarm")
    }

    assert {"cohort/faults.py", "cohort/selection.py", "months.py"} <= names
    assert not {name for name in names if name.startswith(("figures", "reporting"))}


def test_checksums_are_of_the_content_of_what_is_there(tmp_path):
    given = tmp_path / "a.csv"
    given.write_text("abc")

    found = checksums_of([given, "<results>/made_by_the_run.csv"])

    assert found == [hashlib.sha256(b"abc").hexdigest()]
