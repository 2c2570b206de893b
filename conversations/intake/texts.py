"""Texts of any encoding, kept as UTF-8. Runs in the child alone."""

from __future__ import annotations

from typing import IO, Any

from conversations.intake.kinds import TAKEN, BadFile

MOST_TEXT = 10 * 1024 * 1024
"""Bytes: more words than any model reads at once."""
SAMPLE = 200_000
CONTROLS = {chr(code) for code in range(32)} - set("\t\n\r\f\v\x1b")
MOST_CONTROLS = 0.005
MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
NO_TEXT = f"This kind of file is not taken. {TAKEN}"


def recode(source: IO[bytes], target: IO[bytes]) -> dict[str, Any]:
    """Write the text as UTF-8 to `target`; return media type, `encoding` and the number of `lines`. Raise `BadFile`."""
    source.seek(0)
    content = source.read(MOST_TEXT + 1)
    if len(content) > MOST_TEXT:
        raise BadFile(
            f"This text is larger than {MOST_TEXT // 1024 // 1024} MB, which is more than a model reads. Shorten it.",
            code="too_large",
        )
    text, encoding = _decoded(content)
    if "\x00" in text or sum(text.count(control) for control in CONTROLS) > len(text) * MOST_CONTROLS:
        raise BadFile(NO_TEXT)
    if not text.strip():
        raise BadFile("This file is empty. Choose another one.", code="empty")
    target.write(text.encode())
    return {"media_type": "text/plain", "encoding": encoding, "lines": text.count("\n") + (not text.endswith("\n"))}


def _decoded(content: bytes) -> tuple[str, str]:
    named = next((encoding for mark, encoding in MARKS if content.startswith(mark)), "utf-8")
    try:
        return content.decode(named), named
    except UnicodeDecodeError:
        pass
    from charset_normalizer import from_bytes  # slow to load, and seldom needed

    best = from_bytes(content[:SAMPLE]).best()
    if best is None or b"\x00" in content:
        raise BadFile("This file cannot be read as text. Save it as UTF-8, and attach that.", code="encoding")
    return content.decode(best.encoding, errors="replace"), best.encoding
