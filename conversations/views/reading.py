"""Who has read what: a member's own place, and who has seen a message."""

from __future__ import annotations

from django.http import HttpResponse

from conversations import access, snapshots, unread
from conversations.actions import reading
from conversations.views.json import SignedInRequest, answer, door


@door("POST")
def mark_unread(request: SignedInRequest, conversation_id: str) -> HttpResponse:
    return answer({"unread": reading.mark_unread(access.conversation_for(request.user, conversation_id))})


@door("GET")
def seen(request: SignedInRequest, conversation_id: str, item_id: int) -> HttpResponse:
    """Answer with who has seen a message or a note."""
    found = access.conversation_for(request.user, conversation_id)
    people, count = unread.seen_by(access.item_in(found.conversation, item_id), but=request.user)
    return answer({"people": [snapshots.person(user) for user in people], "count": count})
