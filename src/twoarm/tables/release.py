"""The list of what was released."""

import hashlib
from collections.abc import Mapping

import polars as pl

from twoarm.tables.contract import Table, dy


class Manifest(Table):
    """One row a released file."""

    file = dy.String(primary_key=True, description="Path within the release.")
    sha256 = dy.String(description="Checksum of its content.")
    n_bytes = dy.Int64(min=0, description="Size in bytes.")


def manifest_of(contents: Mapping[str, bytes]) -> pl.DataFrame:
    """List files by name with their checksums."""
    rows = [
        {
            "file": name,
            "sha256": hashlib.sha256(content).hexdigest(),
            "n_bytes": len(content),
        }
        for name, content in sorted(contents.items())
    ]
    return Manifest.check(Manifest.of(rows))
