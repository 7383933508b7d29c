"""The rules of the house that a machine can check."""

import ast
import json
import re
import statistics
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from twoarm.config.study import Study
from twoarm.document import pages
from twoarm.runner import UNBOUND

ROOT = Path(__file__).parents[2]
LIBRARY = sorted((ROOT / "src").rglob("*.py"))
SCRIPTS = sorted((ROOT / "workflow" / "scripts").rglob("*.py"))
STAGES = [
    "simulation",
    "ingestion",
    "harmonisation",
    "cohort",
    "propensity",
    "survival",
    "validation",
    "disclosure",
    "figures",
    "reporting",
    "release",
]
SHARED = {"config", "parsers", "scores", "tables"}
REPLAYED = {"validation": {"simulation", "cohort", "propensity", "survival"}}
"""A stage that does the work of others anew, on cohorts of which the truth is known."""
ALLOWED_LINTS = {"Specify a conda environment or container for each rule."}
VERB = re.compile(
    "read|parse|detect|fetch|harmonise|derive|restrict|keep|add|start|estimate|match|"
    "weight|assess|judge|describe|summarise|fit|refit|compare|pool|impute|bootstrap|"
    "clone|replicate|list|draw|check|find|suppress|neutralise|label|simulate|"
    "render|write|select|transform|set|caliper|design|expand|invert|save|"
    "replace|link|translate"
)
SECTIONS = {
    "simulation": set(),
    "ingestion": {"source"},
    "harmonisation": set(),
    "cohort": {
        *("cohort", "covariates", "endpoints", "treatment", "imputation"),
        *("analysis", "headline"),  # the audit refuses what they ask for
    },
    "propensity": {"propensity", "covariates", "designs"},
    "survival": {"analysis"},
    "validation": {"validation"},
    "disclosure": {"release"},
    "figures": {"figures", "release", "endpoints", "analysis"},
    "reporting": set(),
    "release": {"release"},
}


def rules():
    """(stage, name, body) of every rule; snakefmt vouches for the indentation."""
    found = []
    for file in sorted((ROOT / "workflow" / "rules").glob("*.smk")):
        parts = re.split(r"(?m)^(?:rule|checkpoint) (\w+):$", file.read_text())
        for name, body in zip(parts[1::2], parts[2::2], strict=True):
            found.append(pytest.param(file.stem, name, body, id=f"{file.stem}/{name}"))
    return found


def test_stages_are_the_same_at_every_level():
    named = {file.stem for file in (ROOT / "workflow" / "rules").glob("*.smk")}
    assert named == {*STAGES, "common"}
    assert {folder.name for folder in (ROOT / "workflow/scripts").iterdir()} == {
        *STAGES
    }
    packages = {p.parent.name for p in (ROOT / "src/twoarm").glob("*/__init__.py")}
    assert packages == {*STAGES, *SHARED} - {"release"}


@pytest.mark.parametrize(("stage", "name", "body"), rules())
class TestOneName:
    def test_script(self, stage, name, body):
        assert f'"../scripts/{stage}/{name}.py"' in body
        assert f'code=code("{stage}/{name}.py")' in body
        assert (ROOT / f"workflow/scripts/{stage}/{name}.py").exists()

    def test_results_and_log(self, stage, name, body):
        outputs = body.split("output:")[1].split("log:")[0]
        folder = (
            "<results>/release/" if stage == "release" else f"<results>/{stage}/{name}/"
        )
        paths = re.findall(r'"(<results>/[^"]+)"', outputs)
        assert paths
        assert all(path.startswith(folder) for path in paths)
        assert re.search(rf'"<logs>/{stage}/{name}(\.\{{\w+\}})*\.log"', body)

    def test_benchmark_lies_beside_the_log(self, stage, name, body):
        (log,) = re.findall(r'log:\s+"(<logs>/[^"]+)\.log"', body)
        assert re.findall(r'benchmark:\s+"([^"]+)"', body) == [f"{log}.tsv"]

    def test_wildcards_are_in_the_log(self, stage, name, body):
        outputs = body.split("output:")[1].split("log:")[0].replace("{{", "{")
        outputs = re.sub(r"\{(table|suffix|name)\}|_\{design\}", "", outputs)
        log = body.split("log:")[1].split("params:")[0]
        assert set(re.findall(r"\{(\w+)\}", outputs)) <= set(
            re.findall(r"\{(\w+)\}", log)
        )

    def test_tests(self, stage, name, body):
        assert (ROOT / f"tests/{stage}/test_{name}.py").exists()

    def test_caption(self, stage, name, body):
        if stage == "figures":
            assert "figures=shown(" in body
            assert 'category="' in body
            assert f'caption="../report/{stage}/{name}.rst"' in body
            caption = (ROOT / f"workflow/report/{stage}/{name}.rst").read_text()
            about = name.removeprefix("plot_").removesuffix("s").removesuffix("nes")
            assert about in caption.lower()

    def test_config(self, stage, name, body):
        used = set(re.findall(r'config\["(\w+)"\]', body))
        used |= set(re.findall(r'lookup\("(\w+)/', body))
        assert used <= SECTIONS[stage]

    def test_names_in_rule_are_parameters_of_main(self, stage, name, body):
        tree = ast.parse((ROOT / f"workflow/scripts/{stage}/{name}.py").read_text())
        (main,) = [
            f for f in tree.body if isinstance(f, ast.FunctionDef) and f.name == "main"
        ]
        named = set(re.findall(r"(?m)^        (\w+)=", body)) - UNBOUND
        assert named == {a.arg for a in main.args.args + main.args.kwonlyargs}

    def test_inputs_come_from_the_left(self, stage, name, body):
        inputs = body.split("output:")[0]
        for source in re.findall(r"<results>/(\w+)/", inputs):
            assert STAGES.index(source) <= STAGES.index(stage)


def test_rules_files_have_no_functions_but_the_common_one():
    for file in (ROOT / "workflow" / "rules").glob("*.smk"):
        if file.stem != "common":
            assert not re.search(r"\bdef |\blambda\b", file.read_text()), file.name
    assert len((ROOT / "Snakefile").read_text().splitlines()) < 60


def objects(schema):
    yield "Study", schema
    yield from schema["$defs"].items()


def test_config_is_closed_and_described():
    for name, node in objects(Study.model_json_schema()):
        assert node["additionalProperties"] is False, name
        assert node["description"].endswith("."), name
        for key, child in node["properties"].items():
            described = child.get("description") or "$ref" in child
            assert described, f"{name}.{key}"
            text = child.get("description", ".").strip()
            assert text.endswith("."), f"{name}.{key}"


@pytest.mark.parametrize("page", sorted(pages()))
def test_generated_page_is_current(page):
    assert (ROOT / page).read_text() == pages()[page], "run `make docs`"


def test_study_files_name_the_schema():
    for file in [
        ROOT / "config/config.yaml",
        *(ROOT / "config/studies").glob("*.yaml"),
    ]:
        first = file.read_text().splitlines()[0]
        schema = (file.parent / first.split("$schema=")[1]).resolve()
        assert json.loads(schema.read_text())["title"] == "A study of twoarm"
        stem = yaml.safe_load(file.read_text())["study"]
        assert stem == file.stem or file.name == "config.yaml"


def tool(*command):
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True
    )


def test_linter_of_snakemake_has_nothing_to_say():
    lint = tool("snakemake", "--lint", "--workflow-profile", "none")
    found = set(re.findall(r"(?m)^    \* (.+):$", lint.stderr))
    assert "Traceback" not in lint.stderr
    assert found <= ALLOWED_LINTS


@pytest.mark.parametrize(
    "command",
    [
        ("snakefmt", "--check", "Snakefile", "workflow"),
        ("ruff", "check", "--no-cache", "."),
        ("ruff", "format", "--no-cache", "--check", "."),
        ("mypy", "--cache-dir", "/dev/null"),
    ],
    ids=lambda command: "-".join(command[:2]),
)
def test_tool_is_content(command):
    run = tool(*command)
    assert run.returncode == 0, run.stdout + run.stderr


def imports_of(file):
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module


@pytest.mark.parametrize("file", LIBRARY, ids=lambda f: f"{f.parent.name}/{f.name}")
def test_layers_are_kept(file):
    parts = [name.split(".") for name in imports_of(file)]
    tops = {part[0] for part in parts}
    if "snakemake_logger_plugin_twoarm" not in file.parts:
        assert "snakemake" not in tops
    assert "pandas" not in tops
    assert ("survival" not in tops) or file.name == "engine.py"
    reached = {part[1] for part in parts if part[0] == "twoarm" and part[1:]}
    own = {file.parent.name} if file.parent.name in STAGES else set()
    replayed = REPLAYED.get(file.parent.name, set())
    assert reached & {*STAGES} <= own | replayed
    if own:
        assert "config" not in reached


def functions(files):
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef):
                yield file, node


def code_lines(file, function):
    """Lines of a function that are neither blank, comment nor docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    if not body:
        return 0
    lines = file.read_text().splitlines()[body[0].lineno - 1 : body[-1].end_lineno]
    return sum(bool(x.strip()) and not x.strip().startswith("#") for x in lines)


def test_budgets():
    lengths = {}
    for file, function in functions([*LIBRARY, *SCRIPTS]):
        lengths[f"{file.name}:{function.name}"] = code_lines(file, function)
    over = {name: length for name, length in lengths.items() if length > 40}
    assert not over
    assert statistics.median(lengths.values()) < 12
    assert all(len(file.read_text().splitlines()) <= 300 for file in LIBRARY)
    long = [f.name for f in SCRIPTS if len(f.read_text().splitlines()) > 40]
    assert not long


def called_from_scripts():
    """Functions of a stage's library that a script calls, by their import."""
    for file in SCRIPTS:
        for node in ast.parse(file.read_text()).body:
            if not isinstance(node, ast.ImportFrom):
                continue
            if (node.module + ".").split(".")[1] in STAGES:
                yield from (alias.name for alias in node.names)


def test_functions_that_scripts_call_are_verbs():
    named = {name for name in called_from_scripts() if name.islower()}
    odd = {
        name
        for name in named
        if not VERB.fullmatch(name.split("_")[0]) and "_of" not in name
    }
    modules = {"counts", "curves", "designs", "selection", "faults", "results"}
    assert odd <= modules


def test_no_vague_names():
    vague = re.compile(r"\b(df|tmp|res|helper|utils|misc)\b")
    named = [
        f"{file.name}:{node.id}"
        for file in [*LIBRARY, *SCRIPTS]
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Name) and vague.fullmatch(node.id)
    ]
    assert not named


def test_nothing_of_this_machine_is_committed():
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    for name in tracked:
        file = ROOT / name
        if not file.is_file() or file.suffix in {".png", ".pdf", ".ttf"}:
            continue
        text = file.read_text(encoding="utf-8")
        assert str(ROOT) not in text, name
        assert str(Path.home()) + "/" not in text, name
        assert "://" not in text or file.suffix != ".lock", name
        assert file.stat().st_size < 1_000_000, name


@pytest.mark.xdist_group("house")
def test_groups_of_tests_reach_the_workers(request):
    if hasattr(request.config, "workerinput"):
        assert request.node.nodeid.endswith("@house")
