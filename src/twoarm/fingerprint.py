"""Fingerprint the code that a script stands on.

Snakemake reruns a job when a param changes, but does not see the modules that a script
imports. So every rule has the param `code`: a hash over the syntax trees of its script
and of all modules of this package that the script reaches. Comments, docstrings and
layout are not in a syntax tree, so editing them reruns nothing.
"""

import ast
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

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
    """List the script and the modules of `package` that it reaches, sorted."""
    found = {script}
    queue = [script]
    while queue:
        for name in _tree(queue.pop())[1]:
            fresh = set(_files_of(name, package)) - found
            found |= fresh
            queue += fresh
    return sorted(found)


def checksums_of(files: Iterable[Path | str]) -> list[str]:
    """Hash the files that are there.

    Returns
    -------
    list of str
        SHA-256 as hexadecimal digits, in the order of the files.
    """
    return [_checksum(path) for path in map(Path, files) if path.is_file()]


@cache
def _checksum(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


@cache
def _tree(file: Path) -> tuple[str, frozenset[str]]:
    """Hash a file's syntax tree, and name all that its import statements mention."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    names = frozenset(_imported(tree))
    for node in ast.walk(tree):
        for field in ("body", "orelse", "finalbody"):
            statements = getattr(node, field, None)
            if isinstance(statements, list):
                setattr(node, field, [each for each in statements if not _mute(each)])
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest(), names


def _mute(statement: ast.AST) -> bool:
    """Tell whether a statement is text alone, as a docstring is."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _files_of(name: str, package: Path) -> Iterator[Path]:
    """Yield the files that importing a dotted name runs: its module and each parent."""
    parts = name.split(".")
    if parts[0] != package.name:
        return
    place = package.parent
    for part in parts:
        for file in (place / part / "__init__.py", place / f"{part}.py"):
            if file.exists():
                yield file
        place = place / part
