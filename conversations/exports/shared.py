"""What a shared link shows: one line of a conversation, page by page, as HTML of the server's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from conversations.branches import path
from conversations.errors import NotFound
from conversations.exports.html import article
from conversations.exports.transcript import Part, told
from conversations.models import File, Item, Response, Share

PAGE = 50
SALT = "salon.share"


@dataclass(frozen=True)
class Page:
    entries: SafeString
    before: str
    """Leads to the page before, "" where this is the first."""


def page(share: Share, secret: str, before: str) -> Page:
    """Return up to `PAGE` turns, the last ones or those before a mark of an earlier page; raise `NotFound`."""
    start: int | None = share.head_id
    if before:
        at = Response.objects.filter(pk=_unmarked(share, before, 1)[0]).first()
        if at is None:
            raise NotFound  # purged since the page was made
        start = at.previous_response_id
    ids = path(start, PAGE + 1) if start else []
    entries = list(told(share.conversation, ids[:PAGE][::-1], notes=False))
    if not share.with_names:
        for entry in entries:
            entry.name = _("Person") if entry.kind == "person" else entry.name
    shown = "".join(article(entry, _addresses(share, secret)) for entry in entries)
    older = _marked(share, ids[PAGE - 1]) if len(ids) > PAGE else ""
    return Page(mark_safe(shown), older)  # noqa: S308  # made by our templates


def _addresses(share: Share, secret: str) -> Callable[[Part], str]:
    def address(part: Part) -> str:
        if part.file is None:
            return ""
        return reverse("shared_file", args=[secret, signing.dumps([share.pk, part.item, part.file.pk], salt=SALT)])

    return address


def file(share: Share, mark: str) -> File:
    """Return a picture that a page of this link shows, as long as it stands there; raise `NotFound`."""
    item_id, file_id = _unmarked(share, mark, 2)
    items = Item.objects.present().filter(conversation=share.conversation, response__deleted_at=None)
    if not items.filter(pk=item_id, payload__contains=file_id).exists():
        raise NotFound
    files = File.objects.filter(conversation=share.conversation, purged_at=None, hidden_at=None)
    found = files.filter(pk=file_id).first()
    if found is None:
        raise NotFound
    return found


def _marked(share: Share, at: int) -> str:
    return signing.dumps([share.pk, at], salt=SALT)


def _unmarked(share: Share, mark: str, count: int) -> list[Any]:
    """Return what a mark names; only this server can have made it, for this link."""
    try:
        of, *values = signing.loads(mark, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise NotFound from error
    if of != share.pk or len(values) != count:
        raise NotFound
    return list(values)
