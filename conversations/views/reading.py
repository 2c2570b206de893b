"""Who has read what: a member's own place, and who has seen a message."""

from __future__ import annotations

from django.http import HttpResponse

from conversations import access, snapshots, unread
from conversations.access import Access
from conversations.actions import reading
from conversations.errors import NotFound
from conversations.views.json import SignedInRequest, answer, door


@door("POST")
def mark_unread(request: SignedInRequest, conversation_id: str) -> HttpResponse:
    return answer({"unread": reading.mark_unread(access.conversation_for(request.user, conversation_id))})


@door("GET")
def seen(request: SignedInRequest, conversation_id: str, response_id: int) -> HttpResponse:
    """Answer with who has seen the message that a turn began with."""
    found = access.conversation_for(request.user, conversation_id)
    if response_id >= access.MOST_ID:
        raise NotFound
    response = access.response_in(found.conversation, response_id)
    return _seen(found, response=response)


@door("GET")
def note_seen(request: SignedInRequest, conversation_id: str, note_id: int) -> HttpResponse:
    found = access.conversation_for(request.user, conversation_id)
    return _seen(found, note=access.note_in(found.conversation, note_id))


def _seen(found: Access, **message: object) -> HttpResponse:
    people, count = unread.seen_by(found.conversation, but=found.user, **message)
    return answer({"people": [snapshots.person(user) for user in people], "count": count})
