"""What is unread, and who has seen what. Alice owns, Bob writes with her, Charlie is outside."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from conversations import lists, readmarks, unread
from conversations.access import Access, conversation_for
from conversations.actions import members, notes, reading, turns
from conversations.models import Conversation, Fact, Item, Membership, Response, User
from conversations.output import Output
from conversations.turns import mirror
from conversations.turns.mirror import Ending
from conversations.turns.recorder import Recording


@pytest.fixture
def as_owner(alice: User, conversation: Conversation) -> Access:
    return conversation_for(alice, conversation.pk)


@pytest.fixture
def as_editor(bob: User, conversation: Conversation) -> Access:
    return conversation_for(bob, conversation.pk)


def read_all(access: Access) -> None:
    access.conversation.refresh_from_db()
    readmarks.write({(access.user.pk, access.conversation.pk): access.conversation.position})
    access.membership.refresh_from_db()


def answer(response: Response, *calls: dict[str, Any]) -> None:
    """End a turn as the runner does."""
    claimed = mirror.claim(response.pk, "a runner")
    assert claimed is not None
    said = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Bright"}]}
    final = {"id": f"resp_{response.pk}", "output": [said, *calls]}
    mirror.finish(Recording(claimed, Output()), None, Ending(Response.Status.COMPLETED, final=final))


def counted(user: User) -> int:
    [group] = lists.sidebar_list(user).groups
    return group.rows[0].unread


def test_what_others_say_is_unread_until_it_is_read_and_ones_own_words_are_not(
    as_owner: Access, as_editor: Access, alice: User, bob: User
) -> None:
    notes.write(as_editor, text="A word")
    response, _ = turns.send_message(as_editor, text="To the model")
    assert (counted(alice), counted(bob)) == (2, 0)
    answer(response)
    assert (counted(alice), counted(bob)) == (3, 1)
    read_all(as_owner)
    assert (counted(alice), counted(bob)) == (0, 1)


def test_what_says_nothing_is_not_counted(as_owner: Access, as_editor: Access, alice: User, charlie: User) -> None:
    members.add(as_owner, email=charlie.email, role="viewer")
    note = notes.write(as_editor, text="Never mind")
    notes.delete(as_editor, note)
    response, _ = turns.send_message(as_editor, text="One")
    Response.objects.filter(pk=response.pk).update(status="completed", done_at=timezone.now())
    turns.regenerate(as_editor, Response.objects.get(pk=response.pk))
    assert counted(alice) == 1


def test_who_is_new_has_nothing_unread(as_owner: Access, as_editor: Access, charlie: User) -> None:
    notes.write(as_editor, text="Before Charlie")
    members.add(as_owner, email=charlie.email, role="viewer")
    assert counted(charlie) == 0
    notes.write(as_editor, text="For Charlie")
    assert counted(charlie) == 1


def test_a_muted_conversation_shows_no_number(as_owner: Access, as_editor: Access, alice: User) -> None:
    notes.write(as_editor, text="A word")
    Membership.objects.filter(user=alice).update(muted_at=timezone.now())
    assert counted(alice) == 0


def test_reading_never_goes_back_and_many_readers_cost_one_statement(
    as_owner: Access, as_editor: Access, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(3):
        notes.write(as_owner, text="A word")
    here = as_owner.conversation.pk
    pair = [as_owner.user.pk, as_editor.user.pk]
    with django_assert_num_queries(3 if connection.in_atomic_block else 1):
        readmarks.write({(user, here): 3 for user in pair})
    readmarks.write({(user, here): 1 for user in pair})
    assert set(Membership.objects.values_list("read_position", flat=True)) == {3}


def test_the_page_names_what_is_new_since_its_reader_left(as_owner: Access, as_editor: Access) -> None:
    response, _ = turns.send_message(as_owner, text="One")
    assert unread.first_new(as_editor.membership) is None, "a first visit has no mark"
    read_all(as_owner)
    assert unread.first_new(as_owner.membership) is None
    answer(response)
    note = notes.write(as_editor, text="A word")
    assert unread.first_new(as_owner.membership) == {"turn": response.pk, "note": None, "answer": True}
    Fact.objects.filter(kind=Fact.Kind.RESPONSE_UPDATED).update(said=False)
    assert unread.first_new(as_owner.membership) == {"turn": None, "note": note.pk, "answer": False}


def test_marking_as_unread_brings_the_last_words_of_others_back(
    as_owner: Access, as_editor: Access, alice: User
) -> None:
    assert not reading.mark_unread(as_owner)
    for _ in range(2):
        notes.write(as_editor, text="A word")
    notes.write(as_owner, text="My own")
    read_all(as_owner)
    assert reading.mark_unread(as_owner)
    assert counted(alice) == 1


def test_who_has_seen_a_message_is_told_to_members_only(
    as_owner: Access, as_editor: Access, as_alice: Client, as_charlie: Client, bob: User
) -> None:
    response, _ = turns.send_message(as_owner, text="One")
    note = notes.write(as_owner, text="Two")
    path = f"/conversations/{as_owner.conversation.pk}"
    message = Item.objects.get(response=response, direction="input", role="user")
    of_message, of_note = f"{path}/items/{message.pk}/seen/", f"{path}/items/{note.pk}/seen/"
    assert as_alice.get(of_message).json() == {"people": [], "count": 0}
    readmarks.write({(bob.pk, as_owner.conversation.pk): 1})
    seen = as_alice.get(of_message).json()
    assert ([person["name"] for person in seen["people"]], seen["count"]) == (["Bob"], 1)
    assert as_alice.get(of_note).json()["count"] == 0
    for wrong in ("9" * 30, "0"):
        assert as_alice.get(f"{path}/items/{wrong}/seen/").status_code == 404
    assert as_charlie.get(of_message).status_code == as_charlie.get(of_note).status_code == 404


def test_news_of_other_conversations_are_those_of_ones_own_and_not_of_muted_ones(
    as_owner: Access, as_editor: Access, alice: User, bob: User, charlie: User
) -> None:
    before = unread.newest_fact()
    everybody = [alice.pk, bob.pk, charlie.pk]
    assert unread.news(everybody, since=before, known=before) == (before, [])
    notes.write(as_editor, text="A word")
    newest, found = unread.news(everybody, since=before, known=before)
    assert newest > before
    assert {(one.user_id, one.count) for one in found} == {(alice.pk, 1), (bob.pk, 0)}
    Membership.objects.filter(user=alice).update(muted_at=timezone.now())
    _, found = unread.news(everybody, since=before, known=newest)
    assert {one.user_id for one in found} == {bob.pk}


def test_the_number_ends_at_a_hundred(as_editor: Access, alice: User) -> None:
    facts = [
        Fact(conversation=as_editor.conversation, position=number, kind=Fact.Kind.NOTE_CREATED, said=True)
        for number in range(1, 150)
    ]
    Fact.objects.bulk_create(facts)
    assert counted(alice) == 100


def test_the_list_asks_once_for_all_numbers_and_by_an_index(as_editor: Access, alice: User) -> None:
    with CaptureQueriesContext(connection) as asked:
        lists.sidebar_list(alice)
    assert sum("FROM conversations_fact" in query["sql"] for query in asked) == 2  # those pinned, and the others
    plan = Membership.objects.filter(user=alice).with_unread().explain()
    assert "said" in plan or connection.vendor == "postgresql", plan
