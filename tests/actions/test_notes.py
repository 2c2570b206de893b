"""Notes: what people say to each other in a conversation. Alice owns, Bob writes, Charlie is outside."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from django.utils import timezone

from conversations import snapshots
from conversations.access import Access, conversation_for, note_in
from conversations.actions import notes, turns
from conversations.errors import NotFound, Refused
from conversations.models import Conversation, Fact, Item, Membership, Response, User
from conversations.turns import context


@pytest.fixture
def as_owner(alice: User, conversation: Conversation) -> Access:
    return conversation_for(alice, conversation.pk)


@pytest.fixture
def as_editor(bob: User, conversation: Conversation) -> Access:
    return conversation_for(bob, conversation.pk)


def ended(response: Response) -> Response:
    Response.objects.filter(pk=response.pk).update(status="completed", done_at=timezone.now())
    return response


def shown(conversation: Conversation) -> list[tuple[int | None, str]]:
    conversation.refresh_from_db()
    page = snapshots.page(conversation, conversation.branch)
    return [(note["after"], note["payload"]["content"][0]["text"]) for note in page["notes"]]


def test_a_note_stands_behind_the_newest_turn_of_the_line_that_its_writer_saw(
    as_owner: Access, as_editor: Access
) -> None:
    notes.write(as_owner, text="Before anything")
    first, _ = turns.send_message(as_owner, text="One")
    ended(first)
    notes.write(as_editor, text="After the first", previous_id=first.pk)
    second, _ = turns.send_message(as_owner, text="Two")
    notes.write(as_editor, text="After the second, though the first was seen", previous_id=first.pk)
    assert shown(as_owner.conversation) == [
        (None, "Before anything"),
        (first.pk, "After the first"),
        (second.pk, "After the second, though the first was seen"),
    ]


def test_no_model_is_told_of_a_note(as_owner: Access, as_editor: Access) -> None:
    first, _ = turns.send_message(as_owner, text="One")
    notes.write(as_editor, text="The secret of the people", previous_id=first.pk)
    ended(first)
    second, _ = turns.send_message(as_owner, text="Two")
    request = context.build(Response.objects.get(pk=second.pk), rebuild=True)
    assert "secret" not in json.dumps(request.body)


def test_a_commenter_may_note_and_a_viewer_may_not(as_owner: Access, bob: User) -> None:
    for role, may in (("commenter", True), ("viewer", False)):
        Membership.objects.filter(user=bob).update(role=role)
        access = conversation_for(bob, as_owner.conversation.pk)
        if may:
            notes.write(access, text="A word")
            with pytest.raises(Refused):
                turns.send_message(access, text="To the model")
        else:
            with pytest.raises(Refused, match="not write in it"):
                notes.write(access, text="A word")


@pytest.mark.parametrize(
    ("text", "words"), [("", "Write something"), (" \x00", "Write something"), ("x" * 20_001, "at most")]
)
def test_what_is_empty_or_too_long_is_refused(as_owner: Access, text: str, words: str) -> None:
    with pytest.raises(Refused, match=words):
        notes.write(as_owner, text=text)
    assert not Item.objects.exists()


def test_the_same_client_id_twice_is_one_note(as_owner: Access) -> None:
    first = notes.write(as_owner, text="Once", client_id="a")
    assert notes.write(as_owner, text="Once", client_id="a") == first
    with pytest.raises(Refused, match="given to a note"):
        turns.send_message(as_owner, text="Once", client_id="a")
    turns.send_message(as_owner, text="A message", client_id="b")
    with pytest.raises(Refused, match="given to a message"):
        notes.write(as_owner, text="A note", client_id="b")


def test_its_author_and_the_owner_take_a_note_away_and_nobody_else(as_owner: Access, as_editor: Access) -> None:
    of_alice, of_bob = notes.write(as_owner, text="Alice's"), notes.write(as_editor, text="Bob's")
    with pytest.raises(Refused, match="Only the owner"):
        notes.delete(as_editor, of_alice)
    notes.delete(as_editor, of_bob)
    notes.delete(as_owner, of_alice)
    assert shown(as_owner.conversation) == []
    with pytest.raises(NotFound):
        note_in(as_owner.conversation, of_bob.pk)


def test_the_fact_of_a_note_brings_it_and_that_of_a_deletion_no_content(as_owner: Access) -> None:
    note = notes.write(as_owner, text="A word")
    notes.delete(as_owner, note)
    frames = snapshots.fact_frames(list(Fact.objects.select_related("conversation", "note").order_by("position")))
    assert [frame.kind for frame in frames] == ["note.created", "note.deleted"]
    assert all(frame.note == {"id": note.pk, "after": None} for frame in frames)


def test_a_note_of_another_conversation_is_not_found(as_owner: Access, as_charlie: Client, charlie: User) -> None:
    note = notes.write(as_owner, text="A word")
    own = Conversation.objects.create(created_by=charlie)
    Membership.objects.create(conversation=own, user=charlie, role="owner")
    for conversation_id in (own.pk, as_owner.conversation.pk):
        answer = as_charlie.post(f"/conversations/{conversation_id}/notes/{note.pk}/delete/")
        assert answer.status_code == 404
    assert note_in(as_owner.conversation, note.pk)


def test_only_the_newest_of_very_many_notes_are_on_the_page(as_owner: Access) -> None:
    payload = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "word"}]}
    Item.objects.bulk_create(
        Item.from_payload(
            payload, response=None, conversation=as_owner.conversation, direction=Item.Direction.NOTE, index=index
        )
        for index in range(250)
    )
    assert len(shown(as_owner.conversation)) == snapshots.MOST_NOTES
