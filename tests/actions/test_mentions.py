"""`@name`: who is called in a message or a note. Alice owns, Bob writes, Charlie is outside."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from conversations import lists, snapshots
from conversations.access import Access, conversation_for
from conversations.actions import mentions, notes, turns
from conversations.actions.mentions import named_in
from conversations.models import Conversation, Item, Membership, Mention, Response, User


@pytest.fixture
def as_owner(alice: User, conversation: Conversation) -> Access:
    return conversation_for(alice, conversation.pk)


def mentioned(item: Item) -> list[tuple[str, str]]:
    return [(mention.user.display_name, mention.name) for mention in item.mentions.order_by("pk")]


def test_a_note_and_a_message_keep_whom_they_mention(as_owner: Access, bob: User) -> None:
    note = notes.write(as_owner, text="Have a look, @bob!")
    response, _ = turns.send_message(as_owner, text="@Bob asks: how far from the page?")
    message = Item.objects.get(response=response, direction="input")
    assert mentioned(note) == [("Bob", "bob")]
    assert mentioned(message) == [("Bob", "Bob")]
    assert mentions.people_of(note) == mentions.people_of(message) == [bob]


@pytest.mark.parametrize(
    "text", ["bob@example.com", "a.@bob", "@ bob", "@bobby", "@", "@salon paint it", "@charlie", "@alice", "@Bob_"]
)
def test_addresses_strangers_the_model_and_oneself_are_no_mention(as_owner: Access, charlie: User, text: str) -> None:
    assert mentioned(notes.write(as_owner, text=text)) == ([] if text != "@Bob_" else [("Bob", "Bob")])


def test_the_longest_name_counts_and_a_first_word_only_where_it_is_the_only_one(db: None) -> None:
    names = ["Ann", "Ann Lee", "Zoë de Vries", "Max Stein", "Max Berg", "O'Neil"]
    people = [User(pk=number, email=f"{number}@example.com", name=name) for number, name in enumerate(names, 1)]

    def found(text: str) -> list[str]:
        return [user.name for user in named_in(text, people)]

    assert found("@Ann Lee and @ann") == ["Ann Lee", "Ann"]
    assert found("@Ann Leeds") == ["Ann"]
    assert found("@zoë, @ZOË DE VRIES.") == ["Zoë de Vries"]
    assert found("@Max and @max berg") == ["Max Berg"]
    assert found("(@O'Neil)") == ["O'Neil"]


def test_who_is_named_alike_is_mentioned_together(db: None) -> None:
    people = [User(pk=number, email=f"{number}@example.com", name="Kim") for number in (1, 2)]
    assert [user.pk for user in named_in("@kim", people)] == [1, 2]


def test_one_message_mentions_twenty_people_at_most_and_endless_signs_take_no_time(db: None) -> None:
    people = [User(pk=number, email=f"{number}@example.com", name=f"p{number}") for number in range(1, 60)]
    assert len(named_in(" ".join(f"@p{number}" for number in range(1, 60)), people)) == mentions.MOST
    assert named_in(" @" + "x" * 80 + " @ab" * 100_000 + " @p1", people) == {}


def test_who_has_left_or_is_suspended_is_not_told(as_owner: Access, bob: User) -> None:
    note = notes.write(as_owner, text="@bob")
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert mentions.people_of(note) == []
    assert mentioned(notes.write(as_owner, text="@bob")) == []
    User.objects.filter(pk=bob.pk).update(is_active=True)
    Membership.objects.filter(user=bob).delete()
    assert mentions.people_of(note) == []


def test_everybody_is_shown_the_mention_alike_and_without_one_no_query_is_made(
    as_owner: Access, bob: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    notes.write(as_owner, text="Nothing")
    with django_assert_num_queries(1):
        snapshots.notes(as_owner.conversation, [], opening=True)
    notes.write(as_owner, text="@bob once")
    notes.write(as_owner, text="@bob twice")
    with django_assert_num_queries(2):
        shown = snapshots.notes(as_owner.conversation, [], opening=True)
    assert [note["mentions"] for note in shown] == [[], *[[{"id": bob.pk, "name": "bob"}]] * 2]
    response, _ = turns.send_message(as_owner, text="@Bob and the model")
    assert response.shown is not None
    assert response.shown["input"][0]["mentions"] == [{"id": bob.pk, "name": "Bob"}]
    assert snapshots.turn(Response.objects.get(pk=response.pk))["input"] == response.shown["input"]


def test_the_same_message_sent_twice_mentions_once(as_owner: Access) -> None:
    for _ in range(2):
        turns.send_message(as_owner, text="@bob", client_id="a")
        notes.write(as_owner, text="@bob", client_id="b")
    assert Mention.objects.count() == 2


def test_members_are_offered_by_the_beginning_of_a_word_of_their_name(as_owner: Access, charlie: User) -> None:
    conversation, alice = as_owner.conversation, as_owner.user
    for name in ("Bea Ünal", "Rob Bean"):
        user = User.objects.create_user(f"{name.split()[0]}@example.com", name=name)
        Membership.objects.create(conversation=conversation, user=user, role="viewer")

    def offered(query: str) -> list[str]:
        return [user.display_name for user in lists.members_named(conversation, query, but=alice)]

    assert offered("b") == ["Bea Ünal", "Bob", "Rob Bean"]
    assert offered("ÜN") == ["Bea Ünal"]
    assert offered("ob") == offered("charlie") == offered("alice") == []
    assert len(offered("")) == 3


def test_a_stranger_is_offered_nobody(as_owner: Access, as_charlie: Client, as_bob: Client) -> None:
    path = f"/conversations/{as_owner.conversation.pk}/people/named/?q=a"
    assert as_charlie.get(path).status_code == 404
    assert [person["name"] for person in as_bob.get(path).json()["people"]] == ["Alice"]
