"""Branches: everybody sees them, names them, compares them and makes one the main one. Charlie is outside."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from conversations.access import Access, conversation_for
from conversations.actions import branches, turns
from conversations.branches import PAGE, parting
from conversations.errors import Refused
from conversations.models import Branch, Conversation, Fact, Membership, Response, User
from tests.actions.test_notes import ended


@pytest.fixture
def as_owner(alice: User, conversation: Conversation) -> Access:
    return conversation_for(alice, conversation.pk)


@pytest.fixture
def two(as_owner: Access) -> tuple[Branch, Branch]:
    """Two branches that share their first turn: a second message, and another wording of it."""
    first, _ = turns.send_message(as_owner, text="Which lamp?")
    ended(first)
    second, _ = turns.send_message(as_owner, text="A green one", previous_id=first.pk)
    ended(second)
    again, _ = turns.send_message(as_owner, text="A red one", edits_id=second.pk)
    ended(again)
    return first.branch, again.branch


def test_a_branch_is_named_and_everybody_is_told(as_owner: Access, two: tuple[Branch, Branch]) -> None:
    branches.rename(as_owner, two[1], "  The  red\x00 lamp ")
    fact = Fact.objects.get(kind="branch.updated")
    assert fact.branch is not None
    assert fact.branch.name == "The red lamp"


def test_a_name_that_is_too_long_is_refused(as_owner: Access, two: tuple[Branch, Branch]) -> None:
    with pytest.raises(Refused, match="at most 80"):
        branches.rename(as_owner, two[0], "x" * 81)


def test_the_main_branch_is_another_one_for_everybody(as_owner: Access, two: tuple[Branch, Branch]) -> None:
    branches.make_main(as_owner, two[0])
    as_owner.conversation.refresh_from_db()
    assert as_owner.conversation.branch == two[0]


@pytest.mark.parametrize("role", ["viewer", "commenter"])
def test_who_may_not_write_neither_names_nor_chooses(bob: User, two: tuple[Branch, Branch], role: str) -> None:
    Membership.objects.filter(user=bob).update(role=role)
    access = conversation_for(bob, two[0].conversation_id)
    for act in (lambda: branches.rename(access, two[0], "Mine"), lambda: branches.make_main(access, two[0])):
        with pytest.raises(Refused):
            act()


def test_two_branches_part_behind_their_last_shared_turn(two: tuple[Branch, Branch]) -> None:
    for branch in two:
        branch.refresh_from_db()
    parted = parting(*two)
    assert parted.found
    assert (parted.left, parted.right) == ([two[0].head_id], [two[1].head_id])


def test_the_page_of_branches_says_which_is_the_main_one(as_bob: Client, two: tuple[Branch, Branch]) -> None:
    page = as_bob.get(f"/conversations/{two[0].conversation_id}/branches/").content.decode()
    assert re.findall(r'class="words">(.*?)<', page) == ["A red one", "A green one"]
    assert page.index(f"?branch={two[1].pk}") < page.index("Main<") < page.index(f"?branch={two[0].pk}")


def test_branches_without_a_name_are_counted_in_their_conversation(
    as_owner: Access, as_bob: Client, two: tuple[Branch, Branch]
) -> None:
    two[1].refresh_from_db()
    again, _ = turns.send_message(as_owner, text="A blue one", edits_id=two[1].head_id)
    branches.rename(as_owner, two[1], "Red")
    url = f"/conversations/{two[0].conversation_id}/branches/"
    page = as_bob.get(url).content.decode()
    assert re.findall(r"<h2><a [^>]*>(.*?)</a>", page) == ["Branch 3", "Red", "Branch 1"]
    pair = as_bob.get(f"{url}compare/", {"branch": [two[0].pk, again.branch_id]}).content.decode()
    assert "Branch 1" in pair
    assert "Branch 3, the main one" in pair


def test_the_page_of_branches_costs_the_same_for_two_and_for_many(
    as_alice: Client, alice: User, two: tuple[Branch, Branch]
) -> None:
    url = f"/conversations/{two[0].conversation_id}/branches/"

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            as_alice.get(url)
        return len(captured)

    few = cost()
    head = Response.objects.latest("id")
    Branch.objects.bulk_create(
        [Branch(conversation=head.conversation, head=head, created_by=alice) for _ in range(PAGE + 5)]
    )
    assert cost() == few
    page = as_alice.get(url).content.decode()
    assert page.count('class="pick"') == PAGE
    rest = re.search(r'href="(\?below=\d+)"', page)
    assert rest is not None
    assert as_alice.get(url + rest[1]).content.decode().count('class="pick"') == 7


def test_two_branches_are_compared_from_where_they_part(as_bob: Client, two: tuple[Branch, Branch]) -> None:
    url = f"/conversations/{two[0].conversation_id}/branches/compare/"
    page = as_bob.get(url, {"branch": two[0].pk}).content.decode()
    assert "A green one" in page
    assert "A red one" in page
    assert "Which lamp?" not in page


@pytest.mark.parametrize("query", ["?branch=x", "?branch=1&branch=", "?from=-1", "?branch=" + "9" * 30])
def test_branches_that_are_none_are_not_found(as_alice: Client, conversation: Conversation, query: str) -> None:
    assert as_alice.get(f"/conversations/{conversation.pk}/branches/compare/{query}").status_code == 404


def test_one_branch_alone_is_compared_with_nothing_and_says_so(as_alice: Client, conversation: Conversation) -> None:
    page = as_alice.get(f"/conversations/{conversation.pk}/branches/compare/").content.decode()
    assert "Choose two branches" in page


def test_a_member_mutes_a_conversation_for_themselves(as_bob: Client, bob: User, conversation: Conversation) -> None:
    Membership.objects.filter(user=bob).update(role="viewer")
    as_bob.post(f"/conversations/{conversation.pk}/update/", {"muted": True}, content_type="application/json")
    muted = Membership.objects.exclude(muted_at=None)
    assert [membership.user for membership in muted] == [bob]
