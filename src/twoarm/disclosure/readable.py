"""What can be read in a released file, whatever its form."""

import re
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import PurePath
from struct import unpack_from
from zipfile import ZipFile

from lxml import etree
from pypdfium2 import PdfDocument

from twoarm.errors import InputError

CHUNKS = {
    b"IHDR",
    b"PLTE",
    b"tRNS",
    b"pHYs",
    b"gAMA",
    b"sRGB",
    b"IDAT",
    b"tEXt",
    b"IEND",
}
"""What a picture may be made of: of these only one holds text, and it is not packed."""

STAMP = re.compile(r"^D:(\d{4})(\d\d)(\d\d)")
"""A day as a PDF writes it."""
STREAM = re.compile(rb"stream\r?\n(?!<\?xpacket).*?endstream", re.DOTALL)
STRING = re.compile(rb"\(((?:\\.|[^\\()])*)\)|<((?:[0-9A-Fa-f]{2})+)>", re.DOTALL)
METADATA = re.compile(rb"<\?xpacket.*?<\?xpacket end", re.DOTALL)
"""Of a PDF, what it packs, a string in the rest, and its metadata."""


def read_words(name: str, content: bytes) -> str:
    """Read all that a person, or a program, could read in a file.

    Parameters
    ----------
    name
        Of the file; its suffix tells its form: a text, a picture, a PDF, or a Word file
        of which each member is read.
    content
        Its bytes.

    Returns
    -------
    str
        Texts and metadata. What only the eye can read, drawn in a PNG, is not among
        them; the SVG and the PDF of the same figure have it as text.

    Raises
    ------
    InputError
        The form is not known, or the file is not what its suffix says.
    """
    read = READERS.get(PurePath(name).suffix)
    if read is None:
        raise InputError(f"{name}: no way to look through a file of this form.")
    try:
        return "\n".join(read(content))
    except Exception:  # what a library says of a file may hold what is in it
        told = "cannot be looked through; make it anew."
        raise InputError(f"{name}: {told}") from None


def _text(content: bytes) -> Iterator[str]:
    yield content.decode("utf-8")


def _png(content: bytes) -> Iterator[str]:
    """Yield the texts of a picture; one that may hold others, packed, is refused."""
    start, place = content[:8], 8
    if start != b"\x89PNG\r\n\x1a\n":
        raise ValueError
    while place < len(content):
        length, kind = unpack_from(">I4s", content, place)
        if kind not in CHUNKS:
            raise ValueError
        if kind == b"tEXt":
            yield content[place + 8 : place + 8 + length].decode("latin-1")
        place += length + 12


def _pdf(content: bytes) -> Iterator[str]:
    """Yield the texts of the pages, the metadata, and what describes a picture."""
    with PdfDocument(content) as document:
        for told in document.get_metadata_dict().values():
            yield STAMP.sub(r"\1-\2-\3 ", told)
        for page in document:
            yield page.get_textpage().get_text_range()
    if b"/ObjStm" in content:
        raise ValueError
    bare = STREAM.sub(b"", content)
    yield from (each.decode("utf-8") for each in METADATA.findall(bare))
    for plain, hexed in STRING.findall(bare):
        string = bytes.fromhex(hexed.decode()) if hexed else plain
        wide = string.startswith(b"\xfe\xff")
        yield string.decode("utf-16" if wide else "latin-1", errors="replace")


def _xml(content: bytes) -> Iterator[str]:
    """Yield a member of a Word file as it is written, and as it is read."""
    yield content.decode("utf-8")
    root = etree.fromstring(content)
    for paragraph in root.iter("{*}p"):
        yield "".join(paragraph.itertext())


def _word(content: bytes) -> Iterator[str]:
    with ZipFile(BytesIO(content)) as archive:
        yield archive.comment.decode()
        for member in archive.infolist():
            yield f"{member.filename} {member.comment.decode()}"
            _, form = member.filename.rsplit(".", 1)
            yield from MEMBERS[form](archive.read(member))


Reader = Callable[[bytes], Iterator[str]]
MEMBERS: dict[str, Reader] = {"xml": _xml, "rels": _xml, "png": _png}
READERS: dict[str, Reader] = {
    ".csv": _text,
    ".html": _text,
    ".svg": _text,
    ".png": _png,
    ".pdf": _pdf,
    ".docx": _word,
}
