"""Who is in a conversation, and who decides it: Alice owns, Bob writes, Charlie is outside."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from conversations.access import Access, conversation_for, joinable_by
from conversations.actions import members
from conversations.errors import NotFound, Refused
from conversations.models import AuditEntry, Conversation, Fact, Invitation, Membership, User


@pytest.fixture
def as_owner(alice: User, conversation: Conversation) -> Access:
    return conversation_for(alice, conversation.pk)


@pytest.fixture
def as_editor(bob: User, conversation: Conversation) -> Access:
    return conversation_for(bob, conversation.pk)


def role_of(user: User, conversation: Conversation) -> str | None:
    return Membership.objects.filter(user=user, conversation=conversation).values_list("role", flat=True).first()


def test_a_person_who_is_added_finds_the_conversation_at_once(as_owner: Access, charlie: User) -> None:
    members.add(as_owner, email=" CHARLIE@example.com", role="commenter")
    assert Conversation.objects.visible_to(charlie).get() == as_owner.conversation
    assert role_of(charlie, as_owner.conversation) == "commenter"


def test_adding_who_is_in_already_does_not_change_their_role(as_owner: Access, bob: User) -> None:
    members.add(as_owner, email="bob@example.com", role="viewer")
    assert role_of(bob, as_owner.conversation) == "editor"


@pytest.mark.parametrize("email", ["nobody@example.com", "", "\x00", "%"])
def test_an_address_of_nobody_is_refused(as_owner: Access, email: str) -> None:
    with pytest.raises(Refused, match="Nobody in the team"):
        members.add(as_owner, email=email, role="viewer")


def test_a_suspended_person_cannot_be_added(as_owner: Access, charlie: User) -> None:
    User.objects.filter(pk=charlie.pk).update(is_active=False)
    with pytest.raises(Refused):
        members.add(as_owner, email=charlie.email, role="viewer")


@pytest.mark.parametrize("role", ["owner", "admin", "", "VIEWER"])
def test_no_other_role_is_given(as_owner: Access, charlie: User, role: str) -> None:
    for give in (
        lambda: members.add(as_owner, email=charlie.email, role=role),
        lambda: members.invite(as_owner, role=role),
        lambda: members.open_up(as_owner, audience="team", role=role),
    ):
        with pytest.raises(Refused, match="role is"):
            give()
    assert role_of(charlie, as_owner.conversation) is None


def test_only_the_owner_decides_who_is_in(as_editor: Access, alice: User, charlie: User) -> None:
    for deed in (
        lambda: members.add(as_editor, email=charlie.email, role="viewer"),
        lambda: members.invite(as_editor, role="viewer"),
        lambda: members.open_up(as_editor, audience="team", role="viewer"),
        lambda: members.change_role(as_editor, alice.pk, "viewer"),
        lambda: members.hand_over(as_editor, as_editor.user.pk),
        lambda: members.remove(as_editor, alice.pk),
    ):
        with pytest.raises(Refused, match="Only the owner"):
            deed()


def test_a_link_lets_one_person_in_once_with_its_role(as_owner: Access, charlie: User, admin: User) -> None:
    _, secret = members.invite(as_owner, role="viewer")
    assert members.accept(charlie, secret) == as_owner.conversation
    assert role_of(charlie, as_owner.conversation) == "viewer"
    with pytest.raises(NotFound):
        members.accept(admin, secret)
    assert role_of(admin, as_owner.conversation) is None


def test_the_secret_of_a_link_is_kept_nowhere(as_owner: Access) -> None:
    invitation, secret = members.invite(as_owner, role="viewer")
    assert secret not in str(vars(invitation))
    assert secret not in str(list(AuditEntry.objects.values()))


def test_a_member_who_opens_a_link_does_not_use_it_up(as_owner: Access, bob: User, charlie: User) -> None:
    _, secret = members.invite(as_owner, role="viewer")
    members.accept(bob, secret)
    assert role_of(bob, as_owner.conversation) == "editor"
    members.accept(charlie, secret)


def test_a_link_that_is_old_withdrawn_or_guessed_opens_nothing(as_owner: Access, charlie: User) -> None:
    old, old_secret = members.invite(as_owner, role="viewer")
    Invitation.objects.filter(pk=old.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    withdrawn, withdrawn_secret = members.invite(as_owner, role="viewer")
    members.withdraw(as_owner, withdrawn.pk)
    for secret in (old_secret, withdrawn_secret, "guessed", "", "\x00", "\ud800"):
        with pytest.raises(NotFound):
            members.accept(charlie, secret)


def test_a_link_ends_with_the_say_of_who_made_it(as_owner: Access, bob: User, charlie: User) -> None:
    _, secret = members.invite(as_owner, role="editor")
    members.hand_over(as_owner, bob.pk)
    with pytest.raises(NotFound):
        members.accept(charlie, secret)


def test_a_link_into_a_deleted_conversation_opens_nothing(as_owner: Access, charlie: User) -> None:
    _, secret = members.invite(as_owner, role="viewer")
    Conversation.objects.update(deleted_at=timezone.now())
    with pytest.raises(NotFound):
        members.accept(charlie, secret)


@pytest.mark.django_db(transaction=True)
def test_of_five_people_with_one_link_exactly_one_gets_in(as_owner: Access) -> None:
    people = [User.objects.create_user(f"guest{number}@example.com", "correct horse battery") for number in range(5)]
    _, secret = members.invite(as_owner, role="viewer")

    def accept(user: User) -> bool:
        try:
            members.accept(user, secret)
        except NotFound:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(5) as pool:
        assert sorted(pool.map(accept, people)) == [False] * 4 + [True]
    assert Membership.objects.filter(user__in=people).count() == 1


def test_what_is_open_to_the_team_can_be_joined_and_nothing_else(as_owner: Access, charlie: User, admin: User) -> None:
    with pytest.raises(NotFound):
        joinable_by(charlie, as_owner.conversation.pk)
    with pytest.raises(NotFound):
        members.join(charlie, as_owner.conversation)
    members.open_up(as_owner, audience="team", role="commenter")
    assert list(Conversation.objects.open_to(charlie)) == [as_owner.conversation]
    members.join(charlie, joinable_by(charlie, as_owner.conversation.pk))
    assert role_of(charlie, as_owner.conversation) == "commenter"
    assert not Conversation.objects.open_to(charlie).exists()
    members.open_up(as_owner, audience="members", role="viewer")
    assert role_of(charlie, as_owner.conversation) == "commenter"
    for conversation_id in (as_owner.conversation.pk, "conv_unknown", "\x00"):
        with pytest.raises(NotFound):
            joinable_by(admin, conversation_id)


def test_an_owner_hands_over_and_stays_as_an_editor(as_owner: Access, alice: User, bob: User) -> None:
    with pytest.raises(Refused, match="Hand it over before"):
        members.remove(as_owner, alice.pk)
    members.hand_over(as_owner, bob.pk)
    assert (role_of(alice, as_owner.conversation), role_of(bob, as_owner.conversation)) == ("editor", "owner")
    members.remove(conversation_for(alice, as_owner.conversation.pk), alice.pk)
    assert role_of(alice, as_owner.conversation) is None


def test_the_owner_cannot_take_the_role_of_the_owner_away(as_owner: Access, alice: User) -> None:
    with pytest.raises(Refused, match="Hand the conversation over"):
        members.change_role(as_owner, alice.pk, "viewer")
    assert role_of(alice, as_owner.conversation) == "owner"


def test_who_is_not_a_member_cannot_be_changed(as_owner: Access, charlie: User) -> None:
    for user_id in (charlie.pk, 2**63, 0):
        with pytest.raises(NotFound):
            members.change_role(as_owner, user_id, "viewer")
        with pytest.raises(NotFound):
            members.hand_over(as_owner, user_id)
        with pytest.raises(NotFound):
            members.remove(as_owner, user_id)


def test_each_change_is_told_to_everybody_and_recorded(as_owner: Access, bob: User, charlie: User) -> None:
    members.add(as_owner, email=charlie.email, role="viewer")
    members.change_role(as_owner, bob.pk, "viewer")
    members.remove(as_owner, charlie.pk)
    facts = Fact.objects.filter(kind="members.updated").order_by("position")
    assert [fact.person_id for fact in facts] == [charlie.pk, bob.pk, charlie.pk]
    assert [fact.position for fact in facts] == [1, 2, 3]
    actions = AuditEntry.objects.order_by("position").values_list("action", flat=True)
    assert list(actions) == ["membership.add", "membership.change", "membership.remove"]
