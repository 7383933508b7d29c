"""Draft a codebook from new exports: `python -m twoarm.ingestion.codebook NAME FOLDER`.

What it writes runs no study: every field has a guess, which a person takes out.
"""

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import yaml

from twoarm.dictionary import EXPORTS, MAY_LACK
from twoarm.ingestion.drafts import Part, draft_parts
from twoarm.ingestion.shapes import draft_long, draft_wide
from twoarm.ingestion.sheets import Sheet, read_sheets

NAME = re.compile(r"[a-z][a-z0-9_]*")
HEAD = """\
# Drafted by `make codebook` from the files of {centre}. Each field has a guess: look at
# its evidence and at the file, correct what is wrong, and take the guess out. A study
# does not run while one is left. docs/config.md says what the keys mean.
"""


def draft_codebook(centre: str, sheets: Iterable[Sheet], faults: Sequence[str]) -> str:
    """Draft the codebook of a centre.

    Parameters
    ----------
    centre
        As the study names it.
    sheets
        What the centre's files hold.
    faults
        Files that could not be read, and why.

    Returns
    -------
    str
        YAML with comments on what was not found, not used, and not read. It holds no
        value of a patient: of codes that the dictionary does not know only those of
        five rows or more, which are levels and no free text.
    """
    parts: dict[str, list[Part]] = {table: [] for table in EXPORTS}
    unused = []
    for sheet in sheets:
        found = draft_sheet(sheet)
        for part in found:
            parts[part.table].append(part)
        if not found:
            unused.append(_name_of(sheet))
    lines = [HEAD.format(centre=centre).rstrip()]
    lines += [_comment(f"cannot be read: {fault}") for fault in faults]
    lines += [_comment(f"nothing known in it: {name}") for name in unused]
    lines += [_yaml({"centre": centre, "label": f"Centre {centre.upper()}"}), "tables:"]
    for table, drafted in parts.items():
        lines += _table_lines(table, drafted)
    return "\n".join(lines) + "\n"


def _name_of(sheet: Sheet) -> str:
    way = sheet.how.get("records")
    named = {"sheet": sheet.sheet, "records": way}.items()
    return ", ".join([sheet.path, *(f"{key} {name}" for key, name in named if name)])


def draft_sheet(sheet: Sheet) -> list[Part]:
    """Draft all parts of a sheet, whichever way it is laid out."""
    if way := sheet.how.get("records"):
        return _draft_records(sheet, way)
    return _draft_columns(sheet)


def _draft_columns(sheet: Sheet) -> list[Part]:
    if part := draft_long(sheet):
        return [part]
    wide, columns = draft_wide(sheet)
    return [*wide, *draft_parts(sheet._replace(columns=columns))]


def _draft_records(sheet: Sheet, way: str) -> list[Part]:
    """Draft records that lie in others: fields are known by their names without ways.

    The outer records' fields stand beside them. A part that these alone tell is drafted
    where they are read themselves.
    """
    steps = [*accumulate(way.split("."), "{}.{}".format)]
    full = {column.name: column.name for column in sheet.columns}
    for step in steps:  # a name of an inner record goes before one of an outer
        full |= {
            column.name.removeprefix(f"{step}."): column.name
            for column in sheet.columns
            if column.name.startswith(f"{step}.")
        }
    short = {name: own for own, name in full.items()}
    inner = {own for own, name in full.items() if name.startswith(f"{way}.")} - {*short}
    columns = [
        each._replace(name=short[each.name])
        for each in sheet.columns
        if each.name in short
    ]
    parts, outer = [], {*full} - inner
    for part in _draft_columns(sheet._replace(columns=columns)):
        named = _by_way(part, {own: full[own] for own in inner})
        if (named.keys, named.fields) != (part.keys, part.fields):
            notes = [note for note in part.notes if not _tells_of(note, outer)]
            parts.append(_by_way(part, full)._replace(notes=notes))
    return parts


def _by_way(part: Part, inner: Mapping[str, str]) -> Part:
    """Name the columns of a part by their way again, as the file is read."""
    repeat = part.keys.get("repeats", [""])[0]

    def full(name: str) -> str:
        one = name.replace("{repeat}", repeat)
        return inner[one].removesuffix(one) + name if one in inner else name

    keys, fields = dict(part.keys), dict(part.fields)
    if "only_with" in keys:
        keys["only_with"] = full(keys["only_with"])
    if "items" in keys:
        keys["items"] = {key: full(name) for key, name in keys["items"].items()}
    for name, field in part.fields.items():
        if "column" in field:
            fields[name] = {**field, "column": full(field["column"])}
    return part._replace(keys=keys, fields=fields)


def _tells_of(note: str, names: Iterable[str]) -> bool:
    return any(note.startswith(f"not used: {name} (") for name in names)


def _table_lines(table: str, parts: Sequence[Part]) -> list[str]:
    mapped = {field for part in parts for field in part.fields}
    lacking = [
        f"{table}.{field.name}"
        for field in EXPORTS[table]
        if not field.optional and field.name not in mapped
    ]
    if not parts:
        told = "not needed" if table in MAY_LACK else "needed"
        return ["", _comment(f"not found: table {table} ({told})", 2)]
    lines = ["", f"  {table}:"]
    for part in parts:
        body = _yaml(part.keys).split("\n")
        lines += [
            f"  - {body[0]}",
            *[f"    {line}" for line in body[1:]],
            "    fields:",
        ]
        for name, keys in part.fields.items():
            lines += [f"      {name}:"]
            lines += [f"        {line}" for line in _yaml(keys).split("\n")]
        lines += [_comment(note, 6) for note in part.notes]
    return [*lines, *[_comment(f"not found: {each}", 2) for each in lacking]]


def _yaml(keys: dict[str, Any]) -> str:
    """Write keys as YAML, what a key holds on one line where it is short."""
    parts = [
        yaml.safe_dump(
            {key: value},
            allow_unicode=True,
            default_flow_style=None if isinstance(value, dict | list) else False,
            sort_keys=False,
            width=80,
        )
        for key, value in keys.items()
    ]
    return "".join(parts).rstrip("\n")


def _comment(text: str, indent: int = 0) -> str:
    """Write a comment of one line, whatever a header or a file's name holds."""
    plain = "".join(c if c.isprintable() else " " for c in text)
    return f"{' ' * indent}# {plain}"


def main(arguments: Sequence[str]) -> str:
    """Draft the codebook of a centre, and say where it is; a message if it cannot."""
    if len(arguments) != 2 or not all(arguments):
        return "Say make codebook CENTRE=name FROM=folder"
    centre, folder = arguments[0], Path(arguments[1])
    target = Path("config/codebooks") / f"{centre}.yaml"
    if not NAME.fullmatch(centre):
        return "CENTRE is a name of small letters, digits and _, such as west_2"
    if not folder.is_dir():
        return f"There is no folder {folder}"
    if target.exists():
        return f"{target} is there already; move it away, or name another centre"
    sheets, faults = read_sheets(folder)
    if not sheets:
        return "\n".join(["No file of the folder could be read:", *faults])
    target.write_text(draft_codebook(centre, sheets, faults), encoding="utf-8")
    print(f"Look next: {target}; confirm its guesses, then name it in source.centres")
    return ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) or None)
