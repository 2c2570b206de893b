"""Files that the tests make: good ones, and ones that a good person does not have."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import Any

from PIL import Image


def picture(kind: str = "PNG", size: tuple[int, int] = (120, 80), colour: str = "#206040", **options: Any) -> bytes:
    return encoded(Image.new("RGB", size, colour), kind, **options)


def noise(kind: str = "PNG", size: tuple[int, int] = (1600, 1200)) -> bytes:
    """A picture that cannot be packed."""
    return encoded(Image.effect_noise(size, 80).convert("RGB"), kind)


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    written = io.BytesIO()
    image.save(written, kind, **options)
    return written.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def pdf(pages: int = 2, text: str = "Hello") -> bytes:
    """A small PDF that a reader opens, with its table of objects in order."""
    kids = " ".join(f"{3 + index} 0 R" for index in range(pages))
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>"]
    objects += ["<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] >>"] * pages
    written, places = b"%PDF-1.4\n% " + text.encode() + b"\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(written))
        written += f"{number} 0 obj\n{content}\nendobj\n".encode()
    start = len(written)
    written += f"xref\n0 {len(places) + 1}\n0000000000 65535 f \n".encode()
    written += b"".join(b"%010d 00000 n \n" % place for place in places)
    return written + f"trailer\n<< /Size {len(places) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()


def packed_pdf(pages: int) -> bytes:
    """As newer programs write them: the tree of pages lies in a compressed list of objects."""
    inside = zlib.compress(b"2 0 << /Type /Pages /Kids [] /Count %d >>" % pages)
    stream = b"1 0 obj\n<< /Type /ObjStm /N 1 /First 4 /Length %d >>\nstream\n" % len(inside)
    return b"%PDF-1.7\n" + stream + inside + b"\nendstream\nendobj\nstartxref\n0\n%%EOF\n"


def encrypted_pdf() -> bytes:
    return pdf().replace(b"/Root 1 0 R", b"/Root 1 0 R /Encrypt 9 0 R")


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *more: bytes, data: bytes = b"") -> bytes:
    """A PNG as its parts say, whether they fit together or not."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(more) + chunk(b"IDAT", zlib.compress(data, 9)) + chunk(b"IEND", b"")


def gif_of_many_frames(count: int) -> bytes:
    """A GIF in which the same small frame comes again and again."""
    frame = b"\x21\xf9\x04\x00\x01\x00\x00\x00\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00"
    return b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00" + frame * count + b"\x3b"


def archive(*names: str, content: bytes = b"x") -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in names:
            packed.writestr(name, content)
    return written.getvalue()


ZEROS = bytes(40_000_000)
LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<svg xmlns="http://www.w3.org/2000/svg"><text>&b;&b;&b;</text></svg>"""

HOSTILE: dict[str, bytes] = {
    "a picture of 900 megapixels": png(30_000, 30_000, data=ZEROS),
    "a picture of one long line": png(4_000_000, 1, data=ZEROS),
    "a picture whose text unpacks to gigabytes": png(8, 8, *[chunk(b"zTXt", b"k\0\0" + zlib.compress(ZEROS, 9))] * 30),
    "a picture with less in it than it says": png(6_000, 6_000, data=b"\0" * 100),
    "half a PNG": noise(size=(300, 300))[:9_000],
    "half a JPEG": noise("JPEG", size=(300, 300))[:5_000],
    "half a WebP": noise("WEBP", size=(300, 300))[:5_000],
    "a GIF that is a script": b"GIF89a/*" + b"A" * 400 + b"*/=alert(1)//",
    "an SVG": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "an SVG behind a comment": b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- - -->\n<svg:svg/>",
    "an SVG that laughs": LAUGHS,
    "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n(/etc/passwd) (r) file",
    "a TIFF": encoded(Image.new("RGB", (9, 9)), "TIFF"),
    "a BMP": encoded(Image.new("RGB", (9, 9)), "BMP"),
    "a HEIC": b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(200),
    "a film": b"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00isommp42" + bytes(200),
    "a zip bomb": archive("a.txt", content=ZEROS),
    "a document with a bomb in it": archive("[Content_Types].xml", "word/document.xml", content=ZEROS),
    "an archive that climbs": archive("../../etc/cron.d/job"),
    "gzip": b"\x1f\x8b\x08\x00" + bytes(60),
    "a program": b"MZ\x90\x00\x03" + bytes(400),
    "another program": b"\x7fELF\x02\x01\x01" + bytes(400),
    "an encrypted PDF": encrypted_pdf(),
    "half a PDF": pdf(40)[:300],
    "a PDF with two million trees of pages": b"%PDF-1.7\n" + b"/Type /Pages " * 2_000_000,
    "zeros": bytes(5_000),
    "bytes of no kind": bytes(range(1, 32)) * 300,
    "a pickle": b"\x80\x04\x95\x1a\x00\x00\x00\x00\x00\x00\x00\x8c\x02os\x94\x8c\x06system\x94\x93\x94.",
    "nothing": b"",
    "blanks": b" \n" * 400,
    "eleven megabytes of text": b"word " * 2_300_000,
}
