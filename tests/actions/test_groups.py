"""Groups of people in conversations: who joins a group is in, who leaves it is out, at once."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.auth.models import Group
from django.test import Client

from conversations import access, watch
from conversations.actions import groups, members
from conversations.errors import NotFound, Refused
from conversations.models import Conversation, Fact, Membership, Notice, User
from conversations.protocol import Close
from tests.conftest import signed_in


@pytest.fixture
def lamps(db: None) -> Group:
    return Group.objects.create(name="Lamps")


def let_in(owner: User, conversation: Conversation, group: Group, role: str = "editor") -> None:
    groups.add(access.conversation_for(owner, conversation.pk), group_id=str(group.pk), role=role)


def role_of(person: User, conversation: Conversation) -> str | None:
    membership = Membership.objects.filter(user=person, conversation=conversation).first()
    return membership.role if membership else None


def sees(person: User, conversation: Conversation) -> bool:
    return signed_in(person).get(f"/conversations/{conversation.pk}/").status_code == 200


def test_the_people_of_a_group_are_in_with_its_role(
    conversation: Conversation, alice: User, charlie: User, lamps: Group
) -> None:
    charlie.groups.add(lamps)
    assert not sees(charlie, conversation)

    let_in(alice, conversation, lamps, "commenter")

    assert sees(charlie, conversation)
    assert role_of(charlie, conversation) == "commenter"
    assert Notice.objects.filter(user=charlie, kind="invitation").exists()


@pytest.mark.parametrize("door", ["person", "group", "set"])
def test_joining_and_leaving_the_group_counts_at_once(
    conversation: Conversation, alice: User, charlie: User, lamps: Group, door: str
) -> None:
    let_in(alice, conversation, lamps)
    join: dict[str, Any] = {
        "person": lambda: charlie.groups.add(lamps),
        "group": lambda: lamps.user_set.add(charlie),
        "set": lambda: lamps.user_set.set([charlie]),
    }
    leave: dict[str, Any] = {
        "person": lambda: charlie.groups.clear(),
        "group": lambda: lamps.user_set.clear(),
        "set": lambda: lamps.user_set.set([]),
    }

    join[door]()
    assert sees(charlie, conversation)
    session = signed_in(charlie).session
    held = watch.Pass(charlie.pk, session.session_key, session[HASH_SESSION_KEY], conversation.pk)
    assert held not in watch.look({held})[0]
    leave[door]()

    assert not sees(charlie, conversation)
    assert watch.look({held})[0][held] == Close.REMOVED, "an open socket ends at the next look"
    assert Fact.objects.filter(conversation=conversation, kind="members.updated", person=charlie).count() == 2


def test_a_group_that_is_taken_out_or_deleted_takes_its_people_along(
    conversation: Conversation, alice: User, charlie: User, lamps: Group
) -> None:
    charlie.groups.add(lamps)
    let_in(alice, conversation, lamps)
    groups.remove(access.conversation_for(alice, conversation.pk), lamps.pk)
    assert not sees(charlie, conversation)

    let_in(alice, conversation, lamps)
    assert sees(charlie, conversation)
    lamps.delete()
    assert not sees(charlie, conversation)


def test_what_was_given_by_name_no_group_changes(
    conversation: Conversation, alice: User, bob: User, charlie: User, lamps: Group
) -> None:
    lamps.user_set.add(alice, bob, charlie)
    let_in(alice, conversation, lamps, "viewer")
    assert (role_of(alice, conversation), role_of(bob, conversation)) == ("owner", "editor")

    members.change_role(access.conversation_for(alice, conversation.pk), charlie.pk, "commenter")
    lamps.user_set.clear()

    assert (role_of(bob, conversation), role_of(charlie, conversation)) == ("editor", "commenter")


def test_of_several_groups_the_highest_role_counts(
    conversation: Conversation, alice: User, charlie: User, lamps: Group
) -> None:
    oil = Group.objects.create(name="Oil")
    charlie.groups.add(lamps, oil)
    let_in(alice, conversation, lamps, "viewer")
    let_in(alice, conversation, oil, "editor")
    assert role_of(charlie, conversation) == "editor"
    oil.user_set.remove(charlie)
    assert role_of(charlie, conversation) == "viewer"


def test_only_the_owner_lets_groups_in(conversation: Conversation, alice: User, bob: User, lamps: Group) -> None:
    as_bob = access.conversation_for(bob, conversation.pk)
    with pytest.raises(Refused):
        groups.add(as_bob, group_id=str(lamps.pk), role="viewer")
    with pytest.raises(Refused):
        groups.remove(as_bob, lamps.pk)
    with pytest.raises(NotFound):
        groups.remove(access.conversation_for(alice, conversation.pk), lamps.pk)


@pytest.mark.parametrize("form", [{}, {"group": "x", "role": "viewer"}, {"group": "9" * 40, "role": "viewer"}])
def test_a_bad_form_gets_a_sentence(conversation: Conversation, as_alice: Client, form: dict[str, str]) -> None:
    page = as_alice.post(f"/conversations/{conversation.pk}/people/groups/", form)
    assert page.status_code == 400
    assert 'role="alert"' in page.content.decode()


def test_nobody_owns_by_a_group(conversation: Conversation, alice: User, lamps: Group) -> None:
    with pytest.raises(Refused):
        let_in(alice, conversation, lamps, "owner")


def test_who_is_in_by_a_group_is_not_taken_out_alone(
    conversation: Conversation, alice: User, charlie: User, lamps: Group
) -> None:
    charlie.groups.add(lamps)
    let_in(alice, conversation, lamps)
    with pytest.raises(Refused):
        members.remove(access.conversation_for(alice, conversation.pk), charlie.pk)


def test_opening_costs_no_more_for_who_is_in_by_a_group(
    conversation: Conversation, alice: User, bob: User, charlie: User, lamps: Group, django_assert_num_queries: Any
) -> None:
    charlie.groups.add(lamps)
    let_in(alice, conversation, lamps)
    with django_assert_num_queries(1):
        access.conversation_for(charlie, conversation.pk)


def test_a_large_group_is_one_piece_of_news(conversation: Conversation, alice: User, lamps: Group) -> None:
    people = [User(email=f"person-{number}@example.com") for number in range(60)]
    lamps.user_set.add(*User.objects.bulk_create(people))
    let_in(alice, conversation, lamps, "viewer")
    assert Membership.objects.filter(conversation=conversation).count() == 62
    assert Fact.objects.filter(conversation=conversation, kind="members.updated").count() == 1
