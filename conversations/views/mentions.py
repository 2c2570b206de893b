"""Whom one can mention in a conversation."""

from __future__ import annotations

from django.http import HttpResponse

from conversations import access, lists, snapshots
from conversations.views.json import SignedInRequest, answer, door


@door("GET")
def named(request: SignedInRequest, conversation_id: str) -> HttpResponse:
    """Answer with the members whose names begin with `q`, the first few of them."""
    found = access.conversation_for(request.user, conversation_id)
    people = lists.members_named(found.conversation, request.GET.get("q", ""), but=request.user)
    return answer({"people": [snapshots.person(user) for user in people]})
