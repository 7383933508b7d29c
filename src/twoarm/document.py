"""Write the generated pages of docs/: `python -m twoarm.document`.

Each page says where it comes from; a test holds it to that.
"""

import importlib
import json
import pkgutil
import re
import unicodedata
from collections.abc import Iterator, Mapping
from inspect import isfunction
from pathlib import Path
from typing import Any

import yaml

from twoarm import tables
from twoarm.config.codebook import Codebook
from twoarm.config.cohort import RULES
from twoarm.config.study import Study
from twoarm.scores import visits
from twoarm.scores.catalogue import list_families
from twoarm.scores.score import Score
from twoarm.tables.contract import OpenTable, Table

Schema = Mapping[str, Any]
ROOT = Path(__file__).parents[2]
MADE = "Made by `make docs` from {}; edit that.\n"
MARKED = re.compile(r"#\s*(ASSUME|SOURCE|ORACLE): (.+)")


def pages() -> dict[str, str]:
    """Render every generated page, by its path in the repository."""
    schema = study_schema()
    return {
        "docs/config.schema.json": json.dumps(schema, indent=2) + "\n",
        "docs/config.md": config_page(schema),
        "docs/tables.md": tables_page(),
        "docs/rules.md": rules_page(),
        "docs/assumptions.md": assumptions_page(),
        "docs/scores.md": scores_page(),
        "docs/parsers.md": parsers_page(),
    }


def study_schema() -> dict[str, Any]:
    """Describe a study file for editors, as JSON schema."""
    schema = Study.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "A study of twoarm"
    return schema


def config_page(schema: Schema) -> str:
    """List every key of a study file and of a codebook: what it holds, and why."""
    lines = ["# The study file", "", MADE.format("`src/twoarm/config/`")]
    models = schema["$defs"]
    lines += [schema["description"], "", *_table_of(schema, models)]
    for name, section in sorted(models.items()):
        lines += [f"## {name}", "", section.get("description", ""), ""]
        lines += _table_of(section, models)
    lines += ["# Rules that a row may break", ""]
    lines += ["A broken rule ends the run, unless `cohort.quarantine` names it.", ""]
    lines += ["| rule | reason |", "|---|---|"]
    lines += [f"| `{rule}` | {reason} |" for rule, reason in RULES.items()]
    book = Codebook.model_json_schema()
    lines += ["", "# The codebook of a centre", "", *_table_of(book, book["$defs"])]
    for name in ("TableMap", "FieldMap"):
        section = book["$defs"][name]
        lines += [f"## {name}", "", section["description"], ""]
        lines += _table_of(section, book["$defs"])
    return "\n".join(lines).rstrip() + "\n"


def _table_of(section: Schema, models: Schema) -> list[str]:
    rows = ["| key | holds | left out | meaning |", "|---|---|---|---|"]
    required = section.get("required", [])
    for key, field in section.get("properties", {}).items():
        model = models.get(field.get("$ref", "").rsplit("/", 1)[-1], {})
        default = "its defaults" if model else f"`{json.dumps(field.get('default'))}`"
        shown = "required" if key in required else default
        meaning = field.get("description") or model.get("description", "")
        meaning = " ".join(meaning.split())
        rows.append(f"| `{key}` | {_holds(field)} | {shown} | {meaning} |")
    return [*rows, ""]


def _holds(field: Schema) -> str:
    """Say in words what values a key may hold."""
    if "$ref" in field:
        name = field["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{name.lower()})"
    for several in ("anyOf", "oneOf", "allOf"):
        if several in field:
            return " or ".join(dict.fromkeys(map(_holds, field[several])))
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field:
        return "one of " + ", ".join(f"`{value}`" for value in field["enum"])
    words = {"null": "nothing", "object": "keys"}.get(field.get("type", ""), "")
    words = words or str(field.get("type", "anything"))
    if "items" in field:
        words = f"list of {_holds(field['items'])}"
    named = [*field.get("patternProperties", {}).values()]
    named += (
        [field["additionalProperties"]] if field.get("additionalProperties") else []
    )
    if named:
        words = f"names, each with {_holds(named[0])}"
    return ", ".join([words, *_limits(field)])


def _limits(field: Schema) -> Iterator[str]:
    limits = {
        "minimum": "at least {}",
        "exclusiveMinimum": "above {}",
        "maximum": "at most {}",
        "exclusiveMaximum": "below {}",
        "minItems": "at least {} of them",
        "pattern": "of the form `{}`",
    }
    yield from (text.format(field[key]) for key, text in limits.items() if key in field)


def tables_page() -> str:
    """List the contract of every table that crosses a stage."""
    lines = ["# Tables", "", MADE.format("`src/twoarm/tables/`")]
    for stage, contract in contracts():
        others = " The study adds columns." if issubclass(contract, OpenTable) else ""
        meaning = " ".join((contract.__doc__ or "").split())
        lines += [f"## {contract.__name__} ({stage})", "", meaning + others, ""]
        if key := contract.key():
            lines += [f"Key: {', '.join(f'`{name}`' for name in key)}.", ""]
        lines += ["| column | type | null | meaning |", "|---|---|---|---|"]
        for name, column in contract.columns().items():
            null = "yes" if column.nullable else "no"
            kind = type(column).__name__
            lines.append(f"| `{name}` | {kind} | {null} | {column.description} |")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def contracts() -> Iterator[tuple[str, type[Table]]]:
    """Yield each stage and a contract of it."""
    for module in sorted(each.name for each in pkgutil.iter_modules(tables.__path__)):
        if module == "contract":
            continue
        found = vars(importlib.import_module(f"twoarm.tables.{module}")).values()
        for each in found:
            local = isinstance(each, type) and each.__module__.endswith(module)
            if local and issubclass(each, Table):
                yield module, each


def rules_page() -> str:
    """List the rules of the workflow: what each does, and where it writes."""
    lines = ["# Rules", "", MADE.format("`workflow/rules/`")]
    for file in sorted((ROOT / "workflow" / "rules").glob("*.smk")):
        text = file.read_text(encoding="utf-8")
        rules = re.split(r"(?m)^rule (\w+):$", text)
        if len(rules) == 1:
            continue
        lines += [f"## {file.stem}", "", text.split('"""')[1], ""]
        lines += ["| rule | does |", "|---|---|"]
        for name, body in zip(rules[1::2], rules[2::2], strict=True):
            script = ROOT / "workflow" / "scripts" / file.stem / f"{name}.py"
            does = script.read_text(encoding="utf-8").split('"""')[1]
            assert f"{file.stem}/{name}.py" in body
            lines.append(f"| `{name}` | {does} |")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def assumptions_page() -> str:
    """Collect the marked comments: judgements, sources, and where R differs."""
    heads = {
        "ASSUME": "Judgements about data or disease",
        "SOURCE": "Where constants come from",
        "ORACLE": "Where R differs on purpose",
    }
    found: dict[str, list[str]] = {kind: [] for kind in heads}
    for file in sorted((ROOT / "src" / "twoarm").rglob("*.py")):
        lines = file.read_text(encoding="utf-8").splitlines()
        for place, line in enumerate(lines):
            if marked := MARKED.search(line):
                kind, text = marked.groups()
                where = file.relative_to(ROOT / "src").as_posix()
                found[kind].append(
                    f"- {' '.join(_rest(text, lines[place + 1 :]))} (`{where}`)"
                )
    page = ["# Assumptions", "", MADE.format("marked comments in `src/`")]
    for kind, head in heads.items():
        if found[kind]:
            page += [f"## {head}", "", *found[kind], ""]
    return "\n".join(page).rstrip() + "\n"


def _rest(text: str, following: list[str]) -> Iterator[str]:
    """Yield a marked comment and the comment lines that go on with it."""
    yield text
    for line in following:
        stripped = line.strip()
        if not stripped.startswith("# ") or MARKED.search(stripped):
            return
        yield stripped.removeprefix("# ")


def scores_page() -> str:
    """List every score: what it asks, how it is read, its source, an example."""
    lines = ["# Scores", "", MADE.format("`src/twoarm/scores/`")]
    lines += [
        "Each is null where an input is not known or lies outside of what is possible,",
        "and `why_missing` of it says which, without a value. An input with a star may",
        "be null: the text says what that means. Measured values are compared in whole",
        "millionths, computed ones in billionths.",
        "",
    ]
    for family, found in list_families():
        lines += [f"## {family}", ""]
        lines += ["| score | is | inputs | example | source |", "|---|---|---|---|---|"]
        lines += map(_score_row, found)
        lines.append("")
    lines += [f"## {str(visits.__doc__).splitlines()[0].rstrip('.')}", ""]
    lines += ["| expression | is |", "|---|---|"]
    for name, each in vars(visits).items():
        if isfunction(each):
            lines.append(f"| `{name}` | {str(each.__doc__).splitlines()[0]} |")
    return "\n".join(lines).rstrip() + "\n"


def _score_row(score: Score) -> str:
    *meaning, source = score.told
    asked = ", ".join(
        f"`{name}`{f' ({each.unit})' if each.unit else ''}"
        + ("*" if name in score.optional else "")
        for name, each in score.inputs.items()
    )
    *given, gives = score.examples[0]
    values = ", ".join(map(_shown, given))
    cells = (f"`{score.name}`", " ".join(meaning), asked)
    return f"| {' | '.join(cells)} | {values}: {_shown(gives)} | {source} |"


def parsers_page() -> str:
    """List the forms of text that each parser reads, and what it makes of them."""
    source = ROOT / "tests" / "parsers" / "forms.yaml"
    lines = ["# Parsers", "", MADE.format("`tests/parsers/forms.yaml`")]
    lines += [
        "Texts of clinical exports, and what `src/twoarm/parsers/` makes of them. What",
        "is not read is a problem with a name, never a guess. Every row is held by",
        "`tests/parsers/test_forms.py`.",
        "",
    ]
    for group in yaml.safe_load(source.read_text(encoding="utf-8")):
        options = group.get("options", {}).items()
        told = ", ".join(f"{key}: {_plain(value)}" for key, value in options)
        lines += [f"## `{group['parser']}`" + (f" ({told})" if told else ""), ""]
        lines += ["| text | becomes |", "|---|---|"]
        for text, answer in group["forms"].items():
            given = [(k, v) for k, v in answer.items() if k != "parsed"]
            becomes = ", ".join(f"{name} {_plain(value)}" for name, value in given)
            lines.append(f"| {_written(text)} | {becomes} |")
        lines.append("")
    fuzzer = source.with_name("fuzz.py").read_text(encoding="utf-8")
    lines += ["## The fuzzer", "", fuzzer.split('"""')[1]]
    return "\n".join(lines).rstrip() + "\n"


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " + ".join(value) if isinstance(value, list) else str(value)


def _written(text: str) -> str:
    """Write a text as code, and the characters that nobody sees by their names."""
    shown = "".join(
        c if c == " " or c.isprintable() else f"({unicodedata.name(c).lower()})"
        for c in text
    )
    return f"`{shown}`".replace("|", "\\|") if text else "nothing"


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_shown, value))}]"
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "-"}[value]
    return value if isinstance(value, str) else f"{value:.8g}"


if __name__ == "__main__":
    for name, content in pages().items():
        (ROOT / name).write_text(content, encoding="utf-8")
