"""What people take out of a conversation: made while it is sent, and kept nowhere."""

from __future__ import annotations

from collections.abc import Iterator

from conversations.access import Access
from conversations.errors import Refused
from conversations.exports.archive import archive
from conversations.exports.html import html
from conversations.exports.markdown import markdown
from conversations.exports.pdf import pdf
from conversations.models import Branch
from conversations.models.audit import record

FORMS = {
    "json": ("zip", "application/zip"),
    "markdown": ("md", "text/markdown; charset=utf-8"),
    "html": ("html", "text/html; charset=utf-8"),
    "pdf": ("pdf", "application/pdf"),
}
"""The suffix of a file in each form, and its media type."""


def export(access: Access, form: str, branch: Branch | None) -> Iterator[bytes]:
    """Return the pieces of a conversation in one of the `FORMS`, and note in the audit log who took it.

    JSON is all of it; the others are the line that ends with `branch`. Raise `Refused`.
    """
    if form not in FORMS:
        raise Refused("Choose JSON, Markdown, HTML or PDF.", code="form")
    conversation, head = access.conversation, branch.head_id if branch is not None else None
    if form == "pdf":
        pieces = pdf(conversation, head)
    else:
        pieces = archive(conversation) if form == "json" else (html if form == "html" else markdown)(conversation, head)
    record("conversation.export", actor=access.user, object=conversation, details={"format": form})
    return pieces
