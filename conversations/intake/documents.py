"""PDFs, looked at and not opened: whole, not encrypted, and how many pages. Runs in the child alone."""

from __future__ import annotations

import re
import zlib
from itertools import islice
from typing import IO, Any

from conversations.intake.kinds import BadFile

TAIL = 16_384
ENCRYPTED = re.compile(rb"/Encrypt\s{0,8}(?:\d{1,10}\s{1,8}\d{1,6}\s{1,8}R|<<)")
COUNT = re.compile(rb"/Count\s{1,8}(\d{1,7})\b")
TREE = re.compile(rb"/Type\s{0,8}/Pages\b")
PAGE = re.compile(rb"/Type\s{0,8}/Page\b(?!s)")
PACKED = re.compile(rb"/Type\s{0,8}/ObjStm\b[^>]{0,400}>>\s{0,8}stream\r?\n")
AROUND = 4096
"""Bytes before and after the type of an object in which its other entries are looked for."""
MOST_PACKED = 200
MOST_TREES = 5000
"""Parts of the tree of pages that are looked at: one file of two million would keep us busy."""
MOST_UNPACKED = 2_000_000
"""Bytes of one stream: a packed list of objects that is longer is not worth the knowledge of the number of pages."""


def look_at(source: IO[bytes]) -> dict[str, Any]:
    """Return media type and `pages`, None where that is not easily told; raise `BadFile` for what no model can read."""
    source.seek(0)
    content = source.read()
    tail = content[-TAIL:]
    if b"%%EOF" not in tail and b"startxref" not in tail:
        raise BadFile("This PDF is damaged or not complete. Save it again, and attach that.", code="damaged")
    if ENCRYPTED.search(content):
        raise BadFile(
            "This PDF is encrypted, so no model can read it. Save a copy without protection, and attach that.",
            code="encrypted",
        )
    return {"media_type": "application/pdf", "pages": _pages(content)}


def _pages(content: bytes) -> int | None:
    """The root of the tree of pages counts them all; it may lie in a packed list of objects."""
    counts, single = _counted(content)
    for number, packed in enumerate(PACKED.finditer(content)):
        if number >= MOST_PACKED:
            break
        try:
            unpacked = zlib.decompressobj().decompress(content[packed.end() :], MOST_UNPACKED)
        except zlib.error:
            continue
        more, one = _counted(unpacked)
        counts, single = counts + more, single + one
    return max(counts, default=0) or single or None


def _counted(objects: bytes) -> tuple[list[int], int]:
    counts = []
    for tree in islice(TREE.finditer(objects), MOST_TREES):
        begin = max(0, objects.rfind(b"<<", max(0, tree.start() - AROUND), tree.start()))
        end = objects.find(b">>", tree.end(), tree.end() + AROUND)
        found = COUNT.search(objects, begin, end if end > 0 else tree.end() + AROUND)
        if found:
            counts.append(int(found[1]))
    return counts, sum(1 for _ in PAGE.finditer(objects))
