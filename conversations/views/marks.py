"""Reactions to messages and answers, and a person's bookmarks."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from conversations import access, marks
from conversations.access import Access, Place
from conversations.actions import marks as actions
from conversations.errors import Refused
from conversations.views.json import SignedInRequest, answer, body, door, text, whole_number


@door("POST")
def react(request: SignedInRequest, conversation_id: str) -> HttpResponse:
    found, place, data = _asked(request, conversation_id)
    row = actions.react(found, place, text(data, "emoji"), on=_on(data))
    return answer({"reaction": marks.reaction(row) if row is not None else None})


@door("POST")
def bookmark(request: SignedInRequest, conversation_id: str) -> HttpResponse:
    found, place, data = _asked(request, conversation_id)
    actions.bookmark(found, place, on=_on(data))
    return answer({})


@require_safe
@login_required
@never_cache
def bookmarks(request: SignedInRequest) -> HttpResponse:
    """Show what the person has marked, the newest first, from the id `below` on."""
    below = request.GET.get("below", "")
    if below and not (below.isascii() and below.isdigit() and len(below) < 19):
        raise BadRequest("This page of the list does not exist.")
    rows, more = marks.bookmark_list(request.user, below=int(below) if below else None)
    return render(request, "bookmarks.html", {"rows": rows, "more": more})


def place_of(found: Access, data: dict[str, Any]) -> Place:
    """Return the message (`item`) or answer (`response`) that a body names; with `output` one thing in the answer."""
    return access.place_in(
        found.conversation,
        response_id=whole_number(data, "response"),
        item_id=whole_number(data, "item"),
        output=text(data, "output"),
    )


def _asked(request: SignedInRequest, conversation_id: str) -> tuple[Access, Place, dict[str, Any]]:
    found = access.conversation_for(request.user, conversation_id)
    data = body(request)
    return found, place_of(found, data), data


def _on(data: dict[str, Any]) -> bool:
    if not isinstance(data.get("on"), bool):
        raise Refused("on must be true or false.", code="on")
    return bool(data["on"])
