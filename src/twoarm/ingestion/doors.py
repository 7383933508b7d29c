"""What is looked at before a file is handed to the library that reads it."""

import gzip
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from twoarm.errors import UnreadableError

LARGEST = 2 << 30
"""Bytes at most that a packed file may hold once it is unpacked."""
DENSEST = 200
"""Bytes at most that a packed byte may stand for: sheets reach 50, bombs 1,000."""
SMALL = 1 << 20
"""Bytes of a member of an archive that harm nobody however densely it is packed."""
BLOCK = 1 << 20
"""Bytes of a file that are read at once."""
DAMAGED = "it is damaged or cut short: copy it, or have it exported, anew"


def check_place(path: Path, within: str | None = None) -> None:
    """Refuse what is no file, is empty, or leads out of its folder.

    Parameters
    ----------
    path
        The file.
    within
        The folder that holds the exports; a link may lead into it or into the folder
        where the program runs, nowhere else.

    Raises
    ------
    UnreadableError
        Says what stands in the file's place.
    """
    roots = [Path(within).resolve(), Path.cwd()] if within else []
    if roots and not any(path.resolve().is_relative_to(root) for root in roots):
        raise UnreadableError(
            "leads out of the folder of the exports; put the file itself there"
        )
    try:
        found = path.stat()
    except FileNotFoundError:
        raise UnreadableError("is not there") from None
    except OSError as error:
        raise UnreadableError(f"cannot be opened: {error.strerror}") from None
    if stat.S_ISDIR(found.st_mode):
        raise UnreadableError("is a folder; name the file in it")
    if not stat.S_ISREG(found.st_mode):
        raise UnreadableError("is a device or pipe, no file; put a file there")
    if not found.st_size:
        raise UnreadableError("is empty: it has no bytes; have it exported anew")


def read_blocks(path: Path) -> Iterator[bytes]:
    """Read the bytes of a file block by block; of a `.gz`, those that it holds."""
    if path.suffix.lower() != ".gz":
        with path.open("rb") as file:
            yield from iter(lambda: file.read(BLOCK), b"")
        return
    left = max(SMALL, min(LARGEST, DENSEST * path.stat().st_size))
    try:
        with gzip.open(path) as packed:
            while block := packed.read(BLOCK):
                left -= len(block)
                if left < 0:
                    raise UnreadableError(_describe_bomb(path.stat().st_size))
                yield block
    except (OSError, EOFError, zlib.error):
        raise UnreadableError(f"cannot be unpacked; {DAMAGED}") from None


def check_archive(path: Path) -> None:
    """Refuse a workbook that unpacks to more than any workbook holds, or is damaged.

    What its directory says is added up first; then each member is unpacked piece by
    piece, which fails if it holds more or other bytes than the directory says.

    Raises
    ------
    UnreadableError
        If it is no whole archive, or too dense or too large.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            dense = any(
                each.file_size > max(SMALL, DENSEST * each.compress_size)
                for each in members
            )
            if dense or sum(each.file_size for each in members) > LARGEST:
                raise UnreadableError(_describe_bomb(path.stat().st_size))
            for each in members:
                with archive.open(each) as member:
                    while member.read(BLOCK):
                        pass
    except (zipfile.BadZipFile, OSError, EOFError, zlib.error, RuntimeError):
        raise UnreadableError(f"is no whole workbook; {DAMAGED}") from None


def _describe_bomb(size: int) -> str:
    return (
        f"has {size:,} bytes that unpack to far more than a table holds; it may be "
        "made to do harm: ask the hospital, and have it exported anew as CSV"
    )
