"""Files as other programs export them, made here, and what becomes of them."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from conversations.actions import imports
from conversations.imports import job
from conversations.models import Conversation, Import, Response, User


def packed(**members: bytes | str) -> bytes:
    """Return a zip; `conversations.json` is written as `conversations_json`."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, body in members.items():
            pack.writestr(name.replace("__", "/").replace("_json", ".json"), body)
    return content.getvalue()


def bring(user: User, content: bytes | str | Any, name: str = "export.zip") -> Import:
    """Import a file, whole; return what came of it."""
    if not isinstance(content, (bytes, str)):
        content = json.dumps(content)
    raw = content.encode() if isinstance(content, str) else content
    brought = imports.bring(user, io.BytesIO(raw), name=name)
    job.run(brought.pk)
    brought.refresh_from_db()
    return brought


def only(brought: Import) -> Conversation:
    assert brought.state == Import.State.DONE, brought.problem
    (pk,) = brought.report["conversations"]
    return Conversation.objects.get(pk=pk)


def line(conversation: Conversation, head: Response | None = None) -> list[str]:
    """Return what was said on the main branch, or up to `head`, oldest first."""
    assert conversation.branch is not None
    at: Response | None = head or conversation.branch.head
    said: list[list[str]] = []
    while at is not None:
        asked = at.input_from or at
        items = [*asked.items.filter(direction="input").order_by("index")]
        items += at.items.filter(direction="output").order_by("index")
        said.append([item.text for item in items])
        at = at.previous_response
    return [text for turn in reversed(said) for text in turn]


def left(brought: Import) -> dict[str, str]:
    return {entry["what"]: entry["why"] for entry in brought.report["left"]}
