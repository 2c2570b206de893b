"""What made a picture, inside the picture's own file: a text chunk of PNG, XMP of JPEG and WebP.

Nothing is decoded: the parts of a file are gone through by the lengths that they announce, so reading is quick whatever
the file is. What is read is what somebody claims, and no more.
"""

from __future__ import annotations

import json
import re
import struct
import zlib
from typing import IO, Any

KEYWORD = b"Salon"
NAMESPACE = "https://salon.invalid/recipe/1/"
XMP = b"http://ns.adobe.com/xap/1.0/\x00"
PACKET = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:salon="{namespace}"><salon:recipe>{recipe}</salon:recipe></rdf:Description>'
    '</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)
RECIPE = re.compile(rb"<salon:recipe>([^<]{2,65000})</salon:recipe>")
MOST_BYTES = 64_000
"""Of the recipe as it is written: what one segment of a JPEG holds."""
MOST_PARTS = 1_000
"""Of a file, that are gone through."""
LONGEST = {"prompt": 32_000, "revised_prompt": 32_000, "model": 200, "image_model": 200, "version": 40}
LONGEST_PARAMETER = 100
VERSION = "1"
"""Of the form of a recipe."""


def written(content: bytes, media_type: str, recipe: dict[str, Any]) -> bytes:
    """Return a picture with its recipe inside; as it came where its form has no place for one."""
    try:
        if media_type == "image/png":
            return _into_png(content, _packed(recipe, lambda text: text))
        if media_type == "image/jpeg":
            return _into_jpeg(content, _packet(recipe))
        if media_type == "image/webp":
            return _into_webp(content, _packet(recipe))
    except (struct.error, IndexError, ValueError):
        pass  # not what it says it is: it is handed out all the same
    return content


def _packet(recipe: dict[str, Any]) -> bytes:
    def escaped(text: str) -> str:
        inside = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return PACKET.format(namespace=NAMESPACE, recipe=inside)

    return _packed(recipe, escaped)


def _packed(recipe: dict[str, Any], form: Any) -> bytes:
    """Return the recipe as text of a form, the longest of its words cut until it is short enough."""
    left = {**recipe, "version": VERSION}
    while True:
        packed: bytes = form(json.dumps(left, ensure_ascii=False)).encode(errors="replace")
        if len(packed) <= MOST_BYTES:
            return packed
        longest = max(("prompt", "revised_prompt"), key=lambda name: len(left.get(name, "")))
        left[longest] = left[longest][: len(left[longest]) * 3 // 4]


def _into_png(content: bytes, text: bytes) -> bytes:
    if content[:8] != b"\x89PNG\r\n\x1a\n" or content[12:16] != b"IHDR":
        raise ValueError("not a PNG")
    data = KEYWORD + b"\x00\x00\x00\x00\x00" + text
    chunk = struct.pack(">I", len(data)) + b"iTXt" + data + struct.pack(">I", zlib.crc32(b"iTXt" + data))
    end: int = 8 + 12 + struct.unpack(">I", content[8:12])[0]
    return content[:end] + chunk + content[end:]


def _into_jpeg(content: bytes, packet: bytes) -> bytes:
    if content[:2] != b"\xff\xd8":
        raise ValueError("not a JPEG")
    end = 2
    if content[2:4] == b"\xff\xe0":  # JFIF wants to be the first
        end = 4 + struct.unpack(">H", content[4:6])[0]
    segment = b"\xff\xe1" + struct.pack(">H", len(XMP) + len(packet) + 2) + XMP + packet
    return content[:end] + segment + content[end:]


def _into_webp(content: bytes, packet: bytes) -> bytes:
    if content[:4] != b"RIFF" or content[8:12] != b"WEBP":
        raise ValueError("not a WebP")
    kind, body = content[12:16], content[12:]
    with_room = kind == b"VP8X"
    body = body[:8] + bytes([body[8] | 4]) + body[9:] if with_room else _extended(kind, content[20:30]) + body
    chunk = b"XMP " + struct.pack("<I", len(packet)) + packet + b"\x00" * (len(packet) % 2)
    body += b"\x00" * (len(body) % 2) + chunk
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def _extended(kind: bytes, head: bytes) -> bytes:
    """Return the chunk that a file needs before it may hold metadata: it repeats the size."""
    if kind == b"VP8 " and head[3:6] == b"\x9d\x01\x2a":
        width, height = (value & 0x3FFF for value in struct.unpack("<HH", head[6:10]))
        flags = 4
    elif kind == b"VP8L" and head[0] == 0x2F:
        bits = struct.unpack("<I", head[1:5])[0]
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        flags = 4 | (0x10 if bits >> 28 & 1 else 0)
    else:
        raise ValueError("an unknown kind of WebP")
    sides: bytes = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"VP8X" + struct.pack("<I", 10) + bytes([flags, 0, 0, 0]) + sides


def read(source: IO[bytes], kind: str) -> dict[str, Any] | None:
    """Return the recipe that a picture claims to be made by, None where it has none; never raise."""
    finders = {"PNG": _in_png, "JPEG": _in_jpeg, "WEBP": _in_webp}
    try:
        found = finders[kind](source) if kind in finders else None
        return clean(json.loads(found)) if found else None
    except (struct.error, ValueError, RecursionError, OSError):
        return None


def _in_png(source: IO[bytes]) -> bytes | None:
    source.seek(8)
    for _ in range(MOST_PARTS):
        length, kind = struct.unpack(">I4s", source.read(8))
        if kind == b"iTXt" and length <= MOST_BYTES + 100:
            data = source.read(length)
            if data.startswith(KEYWORD + b"\x00\x00\x00\x00\x00"):
                return data[len(KEYWORD) + 5 :]
            length = 0
        if kind == b"IEND":
            return None
        source.seek(length + 4, 1)
    return None


def _in_jpeg(source: IO[bytes]) -> bytes | None:
    source.seek(2)
    for _ in range(MOST_PARTS):
        mark, kind, length = struct.unpack(">BBH", source.read(4))
        if mark != 0xFF or kind == 0xDA:  # the pixels begin
            return None
        data = source.read(max(0, length - 2))
        if kind == 0xE1 and data.startswith(XMP):
            return _in_packet(data)
    return None


def _in_webp(source: IO[bytes]) -> bytes | None:
    source.seek(12)
    for _ in range(MOST_PARTS):
        kind, length = struct.unpack("<4sI", source.read(8))
        if kind == b"XMP ":
            return _in_packet(source.read(min(length, MOST_BYTES + 1000)))
        source.seek(length + length % 2, 1)
    return None


def _in_packet(packet: bytes) -> bytes | None:
    found = RECIPE.search(packet)  # no parser of XML, so none of what it could be made to do
    return found[1].replace(b"&lt;", b"<").replace(b"&gt;", b">").replace(b"&amp;", b"&") if found else None


def clean(claimed: Any) -> dict[str, Any] | None:
    """Return what somebody claims as a recipe, its words cut to what one is; None where it is none."""
    if not isinstance(claimed, dict):
        return None
    known: dict[str, Any] = {
        name: claimed[name].replace("\x00", "")[:length]
        for name, length in LONGEST.items()
        if isinstance(claimed.get(name), str) and claimed[name]
    }
    parameters = claimed.get("parameters")
    if isinstance(parameters, dict):
        known["parameters"] = {
            str(name)[:40].replace("\x00", ""): value.replace("\x00", "")[:LONGEST_PARAMETER]
            if isinstance(value, str)
            else value
            for name, value in list(parameters.items())[:20]
            if isinstance(value, str) or (isinstance(value, int) and abs(value) < 10**9)
        }
    return known if known.get("prompt") or known.get("revised_prompt") else None
