"""The list of works and the state of one: who sees them, and what it costs to read them."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from conversations.models import Conversation, Membership, User
from conversations.studio.works import works
from tests.studio.test_making import make, painted
from tests.studio.test_making import work as work

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_studio_lists_what_was_begun(as_alice: Client, as_charlie: Client, work: Conversation) -> None:
    [turn] = make(as_alice, work, "A lamp on walnut")
    cover = painted(turn)
    page = as_alice.get("/studio/").content.decode()
    assert "A lamp on walnut" in page
    assert f"/files/{cover.pk}/preview/" in page
    assert "A lamp on walnut" not in as_charlie.get("/studio/").content.decode()
    assert as_charlie.get(f"/studio/{work.pk}/").status_code == 404


def queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


def test_a_work_is_read_in_as_many_queries_however_much_is_in_it(as_alice: Client, work: Conversation) -> None:
    painted(make(as_alice, work)[0])
    path = f"/studio/{work.pk}/state/"
    few = queries(as_alice, path)
    for turn in make(as_alice, work, results=6):
        painted(turn)
    assert queries(as_alice, path) == few


def test_the_list_of_works_is_read_in_as_many_queries_however_long_it_is(
    as_alice: Client, alice: User, work: Conversation
) -> None:
    painted(make(as_alice, work)[0])
    few = queries(as_alice, "/studio/")
    for number in range(30):
        other = Conversation.objects.create(created_by=alice, kind="work", position=1, title=f"Work {number}")
        Membership.objects.create(conversation=other, user=alice, role="owner")
    page = as_alice.get("/studio/").content.decode()
    assert "Work 29" in page
    assert "?before=" in page
    assert queries(as_alice, "/studio/") <= few + 1  # the sidebar has another page then


def test_the_list_of_works_goes_on_where_a_page_ended(as_alice: Client, alice: User) -> None:
    for number in range(30):
        other = Conversation.objects.create(created_by=alice, kind="work", position=1, title=f"Work {number:02}")
        Membership.objects.create(conversation=other, user=alice, role="owner")
    first = works(alice)
    second = works(alice, before=first.more_url.removeprefix("?before="))
    seen = [row.conversation.title for row in [*first.rows, *second.rows]]
    assert seen == [f"Work {number:02}" for number in reversed(range(30))]
    assert second.more_url == ""
    assert as_alice.get("/studio/?before=nonsense").status_code == 400


def test_nothing_is_pressed_before_the_page_can_hear_it(as_alice: Client) -> None:
    page = as_alice.post("/studio/new/", follow=True).content.decode()
    buttons = [part.split(">")[0] for part in page.split("<button")[1:] if "data-make" in part.split(">")[0]]
    assert len(buttons) == 2
    assert all("disabled" in button for button in buttons)
