"""Tells what a file is by its first bytes. Its name and the type that a browser claims say nothing."""

from __future__ import annotations

HEAD = 4096
"""Bytes that are enough to tell."""
PICTURE, PDF, TEXT = "picture", "pdf", "text"
TAKEN = "Attach a picture (PNG, JPEG, WebP, GIF), a PDF or a text file."


class BadFile(Exception):
    """A file that is not taken. `sentence` tells people why and what to do, `code` tells programs."""

    def __init__(self, sentence: str, *, code: str = "kind") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code


SHEET = "Office documents are not taken. Save it as PDF (a table as CSV), and attach that."
ARCHIVE = "Archives are not taken. Unpack it, and attach the files that matter."
PROGRAM = f"Programs are not taken. {TAKEN}"
MOVING = f"Sound and video are not taken. {TAKEN}"
OTHER_PICTURE = "This is a {} picture, which models do not take. Save it as JPEG or PNG, and attach that."
SVG = "This is an SVG drawing, which models do not take. Export it as PNG, and attach that."

REFUSED: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", SHEET),
    (0, b"{\\rtf", SHEET),
    (0, b"\x1f\x8b", ARCHIVE),
    (0, b"BZh", ARCHIVE),
    (0, b"\xfd7zXZ\x00", ARCHIVE),
    (0, b"7z\xbc\xaf\x27\x1c", ARCHIVE),
    (0, b"Rar!\x1a\x07", ARCHIVE),
    (0, b"\x28\xb5\x2f\xfd", ARCHIVE),
    (0, b"MSCF\x00", ARCHIVE),
    (257, b"ustar", ARCHIVE),
    (0, b"\x7fELF", PROGRAM),
    (0, b"\xca\xfe\xba\xbe", PROGRAM),
    (0, b"\xcf\xfa\xed\xfe", PROGRAM),
    (0, b"\x00asm", PROGRAM),
    (0, b"ID3", MOVING),
    (0, b"OggS", MOVING),
    (0, b"fLaC", MOVING),
    (0, b"\x1a\x45\xdf\xa3", MOVING),
    (0, b"II*\x00", OTHER_PICTURE.format("TIFF")),
    (0, b"MM\x00*", OTHER_PICTURE.format("TIFF")),
    (0, b"8BPS\x00", OTHER_PICTURE.format("Photoshop")),
    (0, b"\x00\x00\x01\x00", OTHER_PICTURE.format("ICO")),
    (0, b"\x00\x00\x00\x0cJXL ", OTHER_PICTURE.format("JPEG XL")),
    (0, b"\xff\x0a", OTHER_PICTURE.format("JPEG XL")),
    (0, b"\x00\x00\x00\x0cjP  ", OTHER_PICTURE.format("JPEG 2000")),
    (0, b"%!PS", OTHER_PICTURE.format("PostScript")),
    (0, b"\xc5\xd0\xd3\xc6", OTHER_PICTURE.format("PostScript")),
)
PACKED_DOCUMENTS = (b"[Content_Types].xml", b"word/", b"xl/", b"ppt/", b"mimetypeapplication/", b"META-INF/")
BRANDS = {b"heic": "HEIC", b"heix": "HEIC", b"heim": "HEIC", b"hevc": "HEIC", b"mif1": "HEIC", b"msf1": "HEIC"}
BRANDS |= {b"avif": "AVIF", b"avis": "AVIF"}
MARKS = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")
"""Byte order marks of texts; UTF-16 holds zero bytes."""


def kind_of(head: bytes) -> tuple[str, str]:
    """Return PICTURE, PDF or TEXT, and for a picture the name of its format; raise `BadFile` for all else.

    `head` is the beginning of the file, `HEAD` bytes of it where it has so many. That a text is one shows only when all
    of it is read.
    """
    if not head:
        raise BadFile("This file is empty. Choose another one.", code="empty")
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PICTURE, "PNG"
    if head.startswith(b"\xff\xd8\xff"):
        return PICTURE, "JPEG"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return PICTURE, "WEBP"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return PICTURE, "GIF"
    if head.startswith(b"%PDF-"):
        return PDF, ""
    _refuse(head)
    return TEXT, ""


def _refuse(head: bytes) -> None:
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        raise BadFile(SHEET if any(name in head for name in PACKED_DOCUMENTS) else ARCHIVE)
    if head[4:8] == b"ftyp":
        name = BRANDS.get(head[8:12])
        raise BadFile(OTHER_PICTURE.format(name) if name else MOVING)
    if head.startswith(b"RIFF") and head[8:12] in {b"WAVE", b"AVI "}:
        raise BadFile(MOVING)
    if head.startswith(b"BM") and head[6:10] == bytes(4):
        raise BadFile(OTHER_PICTURE.format("BMP"))
    for offset, magic, sentence in REFUSED:
        if head[offset : offset + len(magic)] == magic:
            raise BadFile(sentence)
    if b"\x00" in head and not head.startswith(MARKS):
        raise BadFile(PROGRAM if head.startswith(b"MZ") else f"This kind of file is not taken. {TAKEN}")
    if _is_svg(head):
        raise BadFile(SVG)


def _is_svg(head: bytes) -> bool:
    """Whether the first element is `svg`, behind what XML allows before it."""
    rest = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    while rest.startswith((b"<?", b"<!")):
        if rest.startswith(b"<!--"):
            end = b"-->"
        elif rest.startswith(b"<?"):
            end = b"?>"
        else:
            end = b"]>" if b"[" in rest.partition(b">")[0] else b">"
        _, found, rest = rest.partition(end)
        if not found:
            return False
        rest = rest.lstrip()
    name = rest[1:64].split(b">")[0].replace(b"/", b" ").split()
    return rest.startswith(b"<") and bool(name) and name[0].rpartition(b":")[2].lower() == b"svg"
