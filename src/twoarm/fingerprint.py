"""Fingerprint the code that a script stands on.

Snakemake reruns a job when a param changes, but does not see the modules that a script
imports. So every rule has the param `code`: a hash over the syntax trees of its script
and of all modules of this package that the script reaches. Comments, docstrings and
layout are not in a syntax tree, so editing them reruns nothing.
"""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parent


def fingerprint(script: Path | str, package: Path = PACKAGE) -> str:
    """Hash a script and the modules of `package` that it imports, however far.

    Returns
    -------
    str
        16 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for file in closure(Path(script), package):
        name = file.relative_to(package) if file.is_relative_to(package) else file.name
        digest.update(f"{name} {_tree(file)[0]}\n".encode())
    return digest.hexdigest()[:16]


def closure(script: Path, package: Path = PACKAGE) -> list[Path]:
    """List the script, then the modules of `package` that it reaches, sorted."""
    found = {script}
    queue = [script]
    while queue:
        fresh = _reached(queue.pop(), package) - found
        found |= fresh
        queue += fresh
    # In this order wherever the script lies, as before or behind the package.
    return [script, *sorted(found - {script})]


@cache
def _reached(file: Path, package: Path) -> frozenset[Path]:
    """Find the files of `package` that a file's own import statements run."""
    names = _tree(file)[1]
    return frozenset(each for name in names for each in _files_of(name, package))


@cache
def _tree(file: Path) -> tuple[str, frozenset[str]]:
    """Hash a file's syntax tree, and name all that its import statements mention."""
    words: list[str] = []
    names: set[str] = set()
    _spell(ast.parse(file.read_text(encoding="utf-8")), words, names)
    return hashlib.sha256(" ".join(words).encode()).hexdigest(), frozenset(names)


def _spell(node: ast.AST, words: list[str], names: set[str]) -> None:
    """Write a tree as words, in one pass: every run of Snakemake waits for this."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        names.update(_imported(node))
    words.append(type(node).__name__)
    for field in node._fields:
        value = getattr(node, field, None)
        if isinstance(value, list):
            kept = [each for each in value if not _mute(each)]
            words.append(str(len(kept)))
        else:
            kept = [value]
        for each in kept:
            if isinstance(each, ast.AST):
                _spell(each, words, names)
            else:
                words.append(repr(each))


def _mute(part: Any) -> bool:
    """Tell whether a statement is text alone, as a docstring is."""
    return (
        isinstance(part, ast.Expr)
        and isinstance(part.value, ast.Constant)
        and isinstance(part.value.value, str)
    )


def _imported(statement: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """Name what a statement imports."""
    of = f"{statement.module}." if isinstance(statement, ast.ImportFrom) else ""
    yield from (f"{of}{alias.name}" for alias in statement.names)


@cache
def _files_of(name: str, package: Path) -> tuple[Path, ...]:
    """List the files that importing a dotted name runs: its module and each parent."""
    parts = name.split(".")
    if parts[0] != package.name:
        return ()
    stems = [package.parent.joinpath(*parts[: k + 1]) for k in range(len(parts))]
    files = [(stem / "__init__.py", stem.with_suffix(".py")) for stem in stems]
    return tuple(each for both in files for each in both if each.exists())
