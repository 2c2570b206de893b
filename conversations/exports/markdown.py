"""A conversation as Markdown: one text file, pictures by their names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.utils import timezone

from conversations.exports.transcript import Entry, Part, transcript
from conversations.models import Conversation

FENCE = re.compile(r"^[ \t]*(`{3,})", re.MULTILINE)
SIGNS = re.compile(r"([\\`*_\[\]<>#|])")


def markdown(conversation: Conversation, head_id: int | None) -> Iterator[bytes]:
    """Yield the line that ends with the response `head_id`, piece by piece."""
    yield f"# {plain(conversation.title or 'Conversation')}\n".encode()
    for entry in transcript(conversation, head_id):
        yield told(entry).encode("utf-8", "replace")


def told(entry: Entry) -> str:
    """Return an entry with its heading. What was said stays as it was written."""
    when = f" · {timezone.localtime(entry.at):%Y-%m-%d %H:%M %Z}" if entry.at else ""
    note = " (to the people)" if entry.kind == "note" else ""
    return "\n\n".join([f"\n## {plain(entry.name or 'Tool')}{note}{when}", *map(_part, entry.parts)]) + "\n"


def _part(part: Part) -> str:
    if part.kind == "data":
        fence = "`" * max([3, *(len(found) + 1 for found in FENCE.findall(part.text))])
        return f"{fence}{part.language}\n{part.text}\n{fence}"
    if part.kind == "thought":
        return "\n".join(f"> {line}".rstrip() for line in part.text.splitlines())
    if part.kind == "picture":
        return f"*Picture: {plain(part.text)}*"
    if part.kind == "file":
        return f"*File: {plain(part.text)}*"
    return f"*{plain(part.text)}*" if part.kind == "remark" else part.text


def plain(text: str) -> str:
    """Return words as they are, not as signs of Markdown, in one line."""
    return SIGNS.sub(r"\\\1", " ".join(text.split()))
