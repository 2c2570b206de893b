"""What people say to each other in a conversation."""

from __future__ import annotations

from django.http import HttpResponse

from conversations import access, snapshots
from conversations.actions import notes
from conversations.views.json import SignedInRequest, answer, body, door, text, whole_number
from conversations.views.marks import place_of


@door("POST")
def write(request: SignedInRequest, conversation_id: str) -> HttpResponse:
    found = access.conversation_for(request.user, conversation_id)
    data = body(request)
    note = notes.write(
        found,
        text=text(data, "text"),
        client_id=text(data, "client_id"),
        previous_id=whole_number(data, "previous"),
        about=place_of(found, data) if {"item", "response"} & data.keys() else None,
    )
    return answer({"note": snapshots.note(note)}, status=201)


@door("POST")
def delete(request: SignedInRequest, conversation_id: str, note_id: int) -> HttpResponse:
    found = access.conversation_for(request.user, conversation_id)
    notes.delete(found, access.note_in(found.conversation, note_id))
    return answer({})
