"""Reactions, comments in the margin, bookmarks. Alice owns, Bob writes, Charlie is outside."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conversations import marks as shown
from conversations import snapshots
from conversations.access import Access, Place, conversation_for
from conversations.actions import marks, notes, turns
from conversations.errors import Refused
from conversations.models import Bookmark, Conversation, Fact, Item, Membership, Reaction, Response, User
from conversations.moderation.responses import purge_responses
from conversations.replay import frames_from
from conversations.turns import context
from tests.actions.test_notes import ended
from tests.conftest import signed_in


@pytest.fixture
def as_owner(alice: User, conversation: Conversation) -> Access:
    return conversation_for(alice, conversation.pk)


@pytest.fixture
def as_editor(bob: User, conversation: Conversation) -> Access:
    return conversation_for(bob, conversation.pk)


@pytest.fixture
def answer(as_owner: Access) -> Response:
    """An answer that has ended, to a message of Alice's."""
    response, _ = turns.send_message(as_owner, text="Which lamp?")
    Item.from_payload(
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "The green one"}]},
        response=response,
        direction=Item.Direction.OUTPUT,
        index=0,
    ).save()
    return ended(response)


def message_of(response: Response) -> Item:
    return Item.objects.get(response=response, direction="input")


def page(access: Access) -> dict[str, Any]:
    access.conversation.refresh_from_db()
    page = snapshots.page(access.conversation, access.conversation.branch)
    return page | {"marks": shown.on_page(access.user, page)}


def post(client: Client, url: str, body: dict[str, Any]) -> int:
    return client.post(url, body, content_type="application/json").status_code


def test_reactions_are_counted_and_tell_whose_they_are(as_owner: Access, as_editor: Access, answer: Response) -> None:
    for access in (as_owner, as_editor, as_editor):
        marks.react(access, Place(answer), "👍", on=True)
    marks.react(as_editor, Place(answer, message_of(answer)), "❤️", on=True)
    seen = page(as_owner)["marks"]["reactions"]
    assert [(one["emoji"], one["count"], one["names"], one["mine"]) for one in seen] == [
        ("👍", 2, ["Alice", "Bob"], True),
        ("❤️", 1, ["Bob"], False),
    ]
    assert [one["item"] for one in seen] == [None, message_of(answer).pk]
    assert Reaction.objects.count() == 3


def test_a_reaction_is_taken_back_and_everybody_who_missed_it_hears_how_it_is_now(
    as_owner: Access, as_editor: Access, answer: Response
) -> None:
    as_owner.conversation.refresh_from_db()
    before = as_owner.conversation.position
    marks.react(as_owner, Place(answer), "👍", on=True)
    marks.react(as_editor, Place(answer), "👍", on=True)
    marks.react(as_editor, Place(answer), "👍", on=False)
    missed = [json.loads(frame) for frame in frames_from(as_owner.conversation.pk, before + 1)]
    assert [frame["kind"] for frame in missed] == ["reaction.updated"] * 3
    last = missed[-1]["reaction"]
    assert (last["count"], last["names"], last["on"], last["person"]) == (1, ["Alice"], False, as_editor.user.pk)


@pytest.mark.parametrize("emoji", ["👍", "👍🏽", "❤️", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪", "1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "✅"])
def test_any_emoji_is_a_reaction(as_owner: Access, answer: Response, emoji: str) -> None:
    marks.react(as_owner, Place(answer), emoji, on=True)
    assert Reaction.objects.get().emoji == emoji


@pytest.mark.parametrize("emoji", ["", "a", "ok", "👍👍", "<b>", "\x00", "👍" + "\u200d👍" * 20, "‍", "1"])
def test_what_is_no_emoji_is_refused(as_alice: Client, answer: Response, emoji: str) -> None:
    url = f"/conversations/{answer.conversation_id}/reactions/"
    assert post(as_alice, url, {"response": answer.pk, "emoji": emoji, "on": True}) == 400
    assert not Reaction.objects.exists()


def test_different_emojis_on_one_message_are_limited(as_owner: Access, as_editor: Access, answer: Response) -> None:
    for number in range(marks.MOST_EMOJI):
        marks.react(as_owner, Place(answer), chr(0x1F600 + number), on=True)
    with pytest.raises(Refused, match="no more fit"):
        marks.react(as_editor, Place(answer), "👍", on=True)
    marks.react(as_editor, Place(answer), chr(0x1F600), on=True)


def test_a_viewer_sees_and_a_commenter_reacts_and_comments(as_owner: Access, bob: User, answer: Response) -> None:
    for role, may in (("viewer", False), ("commenter", True)):
        Membership.objects.filter(user=bob).update(role=role)
        client = signed_in(bob)
        here = f"/conversations/{answer.conversation_id}/"
        body = {"response": answer.pk}
        assert post(client, f"{here}reactions/", body | {"emoji": "👍", "on": True}) == (200 if may else 403)
        assert post(client, f"{here}notes/", body | {"text": "Good"}) == (201 if may else 403)
        assert post(client, f"{here}bookmarks/", body | {"on": True}) == 200
        assert client.get(f"{here}turns/").status_code == 200


def test_nothing_of_another_conversation_can_be_marked(charlie: User, answer: Response) -> None:
    own = Conversation.objects.create(created_by=charlie)
    Membership.objects.create(conversation=own, user=charlie, role="owner")
    client, message = signed_in(charlie), message_of(answer)
    for there in (
        {"response": answer.pk},
        {"item": message.pk},
        {"item": 2**62},
        {"response": answer.pk, "output": "x"},
    ):
        for door in ("reactions", "bookmarks", "notes"):
            body = there | {"emoji": "👍", "on": True, "text": "Mine"}
            assert post(client, f"/conversations/{own.pk}/{door}/", body) == 404
    assert not Reaction.objects.exists()
    assert not Bookmark.objects.exists()


def test_a_comment_stands_in_the_margin_of_what_it_is_about(
    as_owner: Access, as_editor: Access, answer: Response
) -> None:
    picture = {"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": {"$file": "file_1"}}
    made = Item.from_payload(picture, response=answer, direction=Item.Direction.OUTPUT, index=1)
    made.save()
    notes.write(as_owner, text="On the answer", about=Place(answer))
    notes.write(as_editor, text="On the picture", about=Place(answer, made))
    notes.write(as_editor, text="On the message", about=Place(answer, message_of(answer)))
    assert [note["about"] for note in page(as_owner)["notes"]] == [
        {"response": answer.pk},
        {"response": answer.pk, "output": "ig_1"},
        {"item": message_of(answer).pk},
    ]


def test_another_answer_to_a_message_shows_the_comments_on_the_message_only(as_owner: Access, answer: Response) -> None:
    notes.write(as_owner, text="On the answer", about=Place(answer))
    notes.write(as_owner, text="Behind it", previous_id=answer.pk)
    notes.write(as_owner, text="On the message", about=Place(answer, message_of(answer)))
    turns.regenerate(as_owner, answer)
    assert [note["payload"]["content"][0]["text"] for note in page(as_owner)["notes"]] == ["On the message"]


def test_no_model_is_told_of_a_comment(as_owner: Access, answer: Response) -> None:
    notes.write(as_owner, text="The secret of the margin", about=Place(answer))
    marks.react(as_owner, Place(answer), "👀", on=True)
    following, _ = turns.send_message(as_owner, text="And now?")
    request = context.build(Response.objects.get(pk=following.pk), rebuild=True)
    assert "secret" not in json.dumps(request.body)
    assert "👀" not in json.dumps(request.body, ensure_ascii=False)


def test_a_comment_is_taken_away_by_its_author_or_the_owner(
    as_owner: Access, as_editor: Access, answer: Response
) -> None:
    comment = notes.write(as_owner, text="Mine", about=Place(answer))
    with pytest.raises(Refused):
        notes.delete(as_editor, comment)
    notes.delete(as_owner, comment)
    assert page(as_owner)["notes"] == []


def test_a_note_after_one_that_is_purged_has_a_place_of_its_own(as_owner: Access, answer: Response) -> None:
    first = notes.write(as_owner, text="One")
    notes.write(as_owner, text="Two")
    first.delete()
    notes.write(as_owner, text="Three")
    assert Item.objects.filter(direction="note").count() == 2


def test_bookmarks_are_the_persons_own(as_owner: Access, as_bob: Client, as_alice: Client, answer: Response) -> None:
    for place in (Place(answer), Place(answer), Place(answer, message_of(answer))):
        marks.bookmark(as_owner, place, on=True)
    listed = as_alice.get("/bookmarks/").content.decode()
    assert "The green one" in listed
    assert "Which lamp?" in listed
    assert f"?branch={answer.branch_id}#turn-{answer.pk}" in listed
    assert "The green one" not in as_bob.get("/bookmarks/").content.decode()
    assert len(page(as_owner)["marks"]["bookmarks"]) == 2
    marks.bookmark(as_owner, Place(answer), on=False)
    assert "The green one" not in as_alice.get("/bookmarks/").content.decode()
    assert not Fact.objects.filter(kind="reaction.updated").exists()


def test_who_is_taken_out_sees_their_bookmarks_no_more(as_editor: Access, as_bob: Client, answer: Response) -> None:
    marks.bookmark(as_editor, Place(answer), on=True)
    Membership.objects.filter(user=as_editor.user).delete()
    assert "The green one" not in as_bob.get("/bookmarks/").content.decode()


def test_the_page_costs_as_much_with_many_marks_as_with_few(
    as_owner: Access, as_editor: Access, as_alice: Client, answer: Response
) -> None:
    url = f"/conversations/{answer.conversation_id}/"

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert as_alice.get(url).status_code == 200
        return len(captured)

    notes.write(as_owner, text="On the answer", about=Place(answer))
    few = cost()
    last = answer
    for number in range(8):
        last, _ = turns.send_message(as_owner, text=str(number), previous_id=last.pk)
        ended(last)
        notes.write(as_editor, text="Good", about=Place(last, message_of(last)))
        for access in (as_owner, as_editor):
            marks.react(access, Place(last), "👍", on=True)
            marks.bookmark(access, Place(last), on=True)
    assert cost() == few


def test_marks_go_with_an_answer_that_is_deleted(as_owner: Access, answer: Response) -> None:
    kept, _ = turns.send_message(as_owner, text="Another", previous_id=answer.pk)
    ended(kept)
    for response in (answer, kept):
        marks.react(as_owner, Place(response), "👍", on=True)
        marks.bookmark(as_owner, Place(response), on=True)
        notes.write(as_owner, text="In the margin", about=Place(response))
    turns.delete(as_owner, answer)
    assert len(page(as_owner)["notes"]) == 1
    purge_responses(timezone.now(), ignore_grace=True)
    assert Reaction.objects.count() == Bookmark.objects.count() == Item.objects.filter(direction="note").count() == 1
