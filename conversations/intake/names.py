"""Names of files, as people see them. A name is never a path: bytes lie under their hash."""

from __future__ import annotations

import mimetypes
import re
import unicodedata

LONGEST = 180
"""Bytes of UTF-8: what every file system takes, should somebody save the file under it."""
LONGEST_SUFFIX = 16
RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)", re.IGNORECASE)
"""Windows opens devices by these, whatever follows the dot."""
SUFFIXES = {
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "image/webp": (".webp",),
    "image/gif": (".gif",),
    "application/pdf": (".pdf",),
}


def clean_name(name: str, media_type: str) -> str:
    """Return what to call a file with this content: a visible name, with a suffix that does not lie."""
    return _with_suffix(visible_name(name), media_type)


def visible_name(name: str) -> str:
    """Return a name as one line without a path, or `file`.

    Characters that nobody sees go, those that turn the direction of reading among them, which make `cod.exe` look like
    `exe.doc`.
    """
    last = re.split(r"[/\\]", name)[-1]
    visible = "".join(character for character in last if unicodedata.category(character)[0] != "C")
    words = " ".join(unicodedata.normalize("NFC", visible).split()).strip(". ")
    words = re.sub(r'[<>:"|?*]', "_", words)
    if RESERVED.match(words):
        words = f"_{words}"
    return words.encode()[:LONGEST].decode(errors="ignore") or "file"


def _with_suffix(name: str, media_type: str) -> str:
    stem, dot, suffix = name.rpartition(".")
    suffix = f".{suffix}" if dot and stem and len(suffix) < LONGEST_SUFFIX and " " not in suffix else ""
    stem = stem if suffix else name
    fitting = SUFFIXES.get(media_type)
    if fitting is None:
        if not suffix or _is_binary(suffix):
            stem, suffix = name, ".txt"
    elif suffix.lower() not in fitting:
        # photo.jpeg that is a PNG becomes photo.png; notes.v2 keeps its last part
        stem, suffix = (stem if _is_binary(suffix) else name), fitting[0]
    room = LONGEST - len(suffix.encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip(". ") + suffix


def _is_binary(suffix: str) -> bool:
    kind = mimetypes.guess_type(f"file{suffix}", strict=False)[0] or ""
    return kind.startswith(("image/", "audio/", "video/", "font/")) or kind in {
        "application/pdf",
        "application/zip",
        "application/x-msdos-program",
        "application/x-msdownload",
    }
