"""The turns from the first to this one, with what the provider had of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from conversations.branches import path
from conversations.inspector.answer import Kept, kept
from conversations.models import Item, Response

PAGE = 20
FIRST_WORDS = 80


@dataclass(frozen=True)
class Link:
    """One turn of the chain."""

    response: Response
    words: str
    author: str
    kept: Kept
    named: str
    """The `previous_response_id` that its request named, "" where it named none."""

    @property
    def was_rebuilt(self) -> bool:
        """Whether history was sent from the mirror although the turn is in stored state."""
        return self.response.store and not self.named and self.response.previous_response_id is not None


@dataclass(frozen=True)
class Chain:
    links: list[Link]
    before: int | None
    """The newest turn before these, None at the beginning."""


def chain(response: Response, *, start: int | None = None) -> Chain:
    """Return up to `PAGE` turns that end with `response`, or with the turn `start` before it, oldest first."""
    ids = path(start or response.pk, PAGE + 1)
    rows = Response.objects.defer("final", "options", "metadata").in_bulk(ids[:PAGE])
    owners = {row.input_owner_id for row in rows.values()}
    messages: dict[int | None, Item] = {}
    inputs = (
        Item.objects.present().filter(Q(response__in=owners), direction=Item.Direction.INPUT).select_related("author")
    )
    for item in inputs.defer("payload").order_by("-index"):
        messages[item.response_id] = item
    links = [_link(rows[pk], messages.get(rows[pk].input_owner_id)) for pk in reversed(ids[:PAGE]) if pk in rows]
    return Chain(links, ids[PAGE] if len(ids) > PAGE else None)


def _link(row: Response, item: Item | None) -> Link:
    text = " ".join(item.text.split()) if item is not None else ""
    if item is not None and item.type != "message":
        text = item.type
    words = text if len(text) <= FIRST_WORDS else text[:FIRST_WORDS].rsplit(" ", 1)[0] + "…"
    parameters: dict[str, Any] = row.parameters or {}
    author = item.author.display_name if item is not None and item.author is not None else ""
    return Link(row, words, author, kept(row), str(parameters.get("previous_response_id") or ""))
