"""Checksums of files: two that hold the same have the same."""

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path


def checksums_of(files: Iterable[Path | str]) -> list[str]:
    """Hash the files that are there.

    Returns
    -------
    list of str
        SHA-256 as hexadecimal digits, in the order of the files.
    """
    there = [path for path in map(Path, files) if path.is_file()]
    return [_checksum(path, path.stat().st_mtime_ns) for path in there]


@cache
def _checksum(file: Path, changed: int) -> str:
    """Hash a file, again where it was `changed`: the time when it was written."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
