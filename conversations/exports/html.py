"""A conversation as one HTML file that needs nothing else: no script, no address from which anything is loaded."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from conversations import contents
from conversations.errors import Refused
from conversations.exports.transcript import Entry, Part, transcript
from conversations.markup import html_of
from conversations.models import Conversation

SHOWN = {"image/png", "image/jpeg", "image/webp", "image/gif"}
STYLE = """
:root { color-scheme: light dark; --ink: #26221d; --quiet: #6b6358; --line: #ded8cd; --paper: #fbf9f5; --note: #f2eee6 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #ece7de; --quiet: #a49b8d; --line: #3b362f; --paper: #1b1815; --note: #25211d }
}
body { margin: 0 auto; max-width: 46rem; padding: 2rem 1rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.6 "Source Sans 3", system-ui, sans-serif; overflow-wrap: anywhere }
header { border-bottom: 1px solid var(--line); margin-bottom: 1.5rem }
article { margin: 0 0 1.75rem }
article > h2 { font-size: 1rem; margin: 0 0 .25rem }
article > h2 small, .remark, .thought { color: var(--quiet); font-weight: normal }
.note { background: var(--note); border-radius: .5rem; padding: .5rem .75rem }
pre { background: var(--note); border-radius: .5rem; overflow-x: auto; padding: .75rem; white-space: pre-wrap }
code, pre { font: .875rem/1.5 "Source Code Pro", ui-monospace, monospace }
img { border-radius: .5rem; height: auto; max-width: 100% }
table { border-collapse: collapse } td, th { border: 1px solid var(--line); padding: .25rem .5rem; text-align: left }
blockquote { border-inline-start: 3px solid var(--line); margin-inline: 0; padding-inline-start: 1rem }
a { color: inherit } figure { margin: .5rem 0 } figcaption { color: var(--quiet); font-size: .875rem }
"""
POLICY = "default-src 'none'; img-src data:; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'"


def html(conversation: Conversation, head_id: int | None) -> Iterator[bytes]:
    """Yield the line that ends with the response `head_id`, piece by piece, pictures inside."""
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    context = {
        "title": conversation.title,
        "style": mark_safe(STYLE),  # noqa: S308  # ours, and hashed to the letter
        "policy": POLICY.format(digest),
        "exported_at": timezone.now(),
    }
    yield render_to_string("exports/head.html", context).encode()
    for entry in transcript(conversation, head_id):
        yield article(entry, embedded).encode("utf-8", "replace")
    yield b"</main></body></html>\n"


def article(entry: Entry, address: Callable[[Part], str | SafeString]) -> str:
    """Return an entry as HTML; `address` says where a picture is, "" where it is not shown."""
    typed = entry.kind != "answer"
    parts = [_shown(part, address, typed=typed) for part in entry.parts]
    return render_to_string("exports/entry.html", {"entry": entry, "parts": parts})


def _shown(part: Part, address: Callable[[Part], str | SafeString], *, typed: bool) -> dict[str, object]:
    shown: dict[str, object] = {"kind": part.kind, "text": part.text}
    if part.kind in {"text", "thought"}:
        shown["html"] = html_of(part.text, breaks=typed)
    if part.kind == "picture" and part.file is not None:
        shown["source"] = address(part) if part.file.media_type in SHOWN else ""
        shown["file"] = part.file
    return shown


def embedded(part: Part) -> SafeString | str:
    """Return the bytes of a picture as an address, "" where they are gone."""
    if (file := part.file) is None:
        return ""
    try:
        encoded = base64.b64encode(contents.read(file)).decode()
    except (FileNotFoundError, Refused):
        return ""
    return mark_safe(f"data:{file.media_type};base64,{encoded}")  # noqa: S308  # a type of `SHOWN`, and base64
