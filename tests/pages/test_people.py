"""The page of a conversation's people, invitations by link, and the lobby."""

from __future__ import annotations

import re

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from conversations.models import Conversation, Membership, User
from tests.conftest import signed_in


def page(client: Client, conversation: Conversation) -> str:
    return client.get(f"/conversations/{conversation.pk}/people/").content.decode()


def test_alice_adds_changes_and_removes_charlie(as_alice: Client, conversation: Conversation, charlie: User) -> None:
    people = f"/conversations/{conversation.pk}/people/"
    added = as_alice.post(f"{people}add/", {"email": "charlie@example.com", "role": "viewer"}, follow=True)
    assert "Charlie is in." in added.content.decode()
    as_alice.post(f"{people}{charlie.pk}/", {"role": "editor"})
    assert Membership.objects.get(user=charlie).role == "editor"
    as_alice.post(f"{people}{charlie.pk}/remove/")
    assert not Membership.objects.filter(user=charlie).exists()


def test_what_is_refused_is_said_on_the_page(as_alice: Client, conversation: Conversation) -> None:
    answer = as_alice.post(
        f"/conversations/{conversation.pk}/people/add/", {"email": "x@example.com", "role": "viewer"}
    )
    assert answer.status_code == 400
    assert "Nobody in the team has this address." in answer.content.decode()


def test_bob_sees_who_is_in_and_nothing_to_change(as_bob: Client, conversation: Conversation) -> None:
    shown = page(as_bob, conversation)
    assert "Alice" in shown
    assert "Leave" in shown
    for word in ("Make a link", "Remove", "Open to the team"):
        assert word not in shown


def test_a_link_is_shown_once_and_lets_charlie_in(
    as_alice: Client, as_charlie: Client, conversation: Conversation
) -> None:
    answer = as_alice.post(f"/conversations/{conversation.pk}/people/invite/", {"role": "commenter"})
    assert answer["Cache-Control"].startswith("max-age=0")
    [link] = re.findall(r"http://testserver(/invitations/[\w-]+/)", answer.content.decode())
    assert link not in page(as_alice, conversation)
    invited = as_charlie.get(link).content.decode()
    assert "A lamp for the window" in invited
    assert "Alice invites you, as Commenter." in invited
    assert as_charlie.post(link)["Location"] == f"/conversations/{conversation.pk}/"
    assert as_charlie.get(f"/conversations/{conversation.pk}/").status_code == 200


def test_a_dead_link_looks_the_same_whatever_the_reason(
    as_alice: Client, as_charlie: Client, as_admin: Client, conversation: Conversation
) -> None:
    answer = as_alice.post(f"/conversations/{conversation.pk}/people/invite/", {"role": "viewer"})
    [link] = re.findall(r"http://testserver(/invitations/[\w-]+/)", answer.content.decode())
    as_charlie.post(link)
    used, unknown = as_admin.get(link), as_admin.get("/invitations/unknown/")
    assert used.status_code == unknown.status_code == 404
    hidden = re.compile(r'value="[^"]*"|nonce="[^"]*"')
    assert hidden.sub("", used.content.decode()).replace(link, "") == hidden.sub("", unknown.content.decode()).replace(
        "/invitations/unknown/", ""
    )


def test_who_follows_a_link_signs_in_first(client: Client, db: None) -> None:
    assert client.get("/invitations/secret/")["Location"] == "/accounts/login/?next=/invitations/secret/"


def test_the_lobby_has_what_is_open_to_the_team_until_one_has_joined(
    as_alice: Client, as_charlie: Client, conversation: Conversation
) -> None:
    assert "A lamp for the window" not in as_charlie.get("/lobby/").content.decode()
    as_alice.post(f"/conversations/{conversation.pk}/people/open/", {"audience": "team", "role": "viewer"})
    assert "Join “A lamp for the window”" in as_charlie.get("/lobby/").content.decode()
    as_charlie.post(f"/conversations/{conversation.pk}/join/")
    assert "Join “A lamp" not in as_charlie.get("/lobby/").content.decode()
    assert "You can read along here." in as_charlie.get(f"/conversations/{conversation.pk}/").content.decode()


def test_the_lobby_is_read_by_pages_with_as_many_queries_for_thirty_as_for_three(alice: User, charlie: User) -> None:
    client = signed_in(charlie)
    made = []
    for number in range(35):
        row = Conversation.objects.create(title=f"Open {number}", created_by=alice, audience="team")
        Membership.objects.create(conversation=row, user=alice, role="owner")
        made.append(row)
        if number == 2:
            client.get("/lobby/")
            with CaptureQueriesContext(
                connection,
            ) as few:
                client.get("/lobby/")
    with CaptureQueriesContext(connection) as many:
        first = client.get("/lobby/").content.decode()
    assert len(many) == len(few)
    [more] = re.findall(r'href="(\?before=[^"]+)"', first)
    second = client.get(f"/lobby/{more}").content.decode()
    shown = [set(re.findall(r"<span>(Open \d+)</span>", text)) for text in (first, second)]
    assert [len(titles) for titles in shown] == [30, 5]
    assert len(shown[0] | shown[1]) == 35
    assert client.get("/lobby/?before=nonsense").status_code == 400
