"""Acts of high value ask once more who it is: an open session, found or stolen, is not enough for them."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from conversations.models import Conversation, DataRequest, Key, McpServer, Membership, User
from conversations.moderation import erasure
from tests.conftest import PASSWORD, signed_in

KEY = {"name": "Notebook", "scopes": ["read"], "days": "90"}
NEW = {"password1": "a longer one than that", "password2": "a longer one than that", "usable_password": "true"}


@pytest.fixture(autouse=True)
def _no_attempts_before() -> None:
    cache.clear()


@pytest.fixture
def as_admin(admin: User) -> Client:
    return signed_in(admin)


def asked(answer: Any) -> str:
    """Return where the answer leads to, which must be the page that asks."""
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/reauthenticate/?next="), answer.headers["Location"]
    return str(answer.headers["Location"])


def test_a_key_is_made_after_the_password_was_typed_again(as_alice: Client) -> None:
    page = asked(as_alice.post("/settings/keys/", KEY))
    assert not Key.objects.exists()

    assert as_alice.post(page, {"password": "a wrong one", "next": "/settings/keys/"}).status_code == 200
    assert not Key.objects.exists()
    made = as_alice.post(page, {"password": PASSWORD, "next": "/settings/keys/"})
    assert "sk-salon-" in made.content.decode()
    assert "no-store" in made.headers["Cache-Control"]
    assert Key.objects.get().name == "Notebook"


def test_it_counts_for_a_while(as_alice: Client) -> None:
    page = asked(as_alice.post("/settings/keys/", KEY))
    as_alice.post(page, {"password": PASSWORD, "next": "/settings/keys/"})
    assert "sk-salon-" in as_alice.post("/settings/keys/", KEY).content.decode()


def test_handing_a_conversation_over_asks_first(as_alice: Client, conversation: Conversation, bob: User) -> None:
    address = f"/conversations/{conversation.pk}/people/{bob.pk}/"
    page = asked(as_alice.post(address, {"role": "owner"}))
    assert Membership.objects.get(conversation=conversation, role="owner").user != bob

    as_alice.post(page, {"password": PASSWORD, "next": address})
    assert Membership.objects.get(conversation=conversation, role="owner").user == bob


def test_who_may_not_hand_it_over_is_not_asked(as_bob: Client, conversation: Conversation, bob: User) -> None:
    answer = as_bob.post(f"/conversations/{conversation.pk}/people/{bob.pk}/", {"role": "owner"})
    assert answer.status_code == 403


def test_an_administrator_is_asked_before_accounts_are_changed(as_admin: Client, bob: User) -> None:
    person = f"/admin/conversations/user/{bob.pk}"
    form = {"email": "taken@example.com", "name": "Bob", "is_superuser": "on"}
    for address, sent in (
        (f"{person}/change/", form),
        (f"{person}/password/", NEW),
        ("/admin/conversations/user/add/", NEW),
    ):
        asked(as_admin.get(address))
        asked(as_admin.post(address, sent))
    asked(as_admin.post("/admin/conversations/user/", {"action": "remove_factors", "_selected_action": [bob.pk]}))
    before, after = bob, User.objects.get(pk=bob.pk)
    assert (after.email, after.password, after.is_superuser) == (before.email, before.password, False)


def test_an_administrator_is_asked_before_secrets_of_servers_are_set(as_admin: Client) -> None:
    server = McpServer.objects.create(label="lamp", url="https://tools.example/mcp")
    for path in ("add/", f"{server.pk}/change/"):
        asked(as_admin.get(f"/admin/conversations/mcpserver/{path}"))
        asked(as_admin.post(f"/admin/conversations/mcpserver/{path}", {"headers": "Authorization: Bearer heron"}))


def test_what_was_typed_into_a_form_with_secrets_is_not_kept(as_admin: Client, bob: User) -> None:
    as_admin.post("/admin/conversations/mcpserver/add/", {"authorization": "heron"})
    as_admin.post(f"/admin/conversations/user/{bob.pk}/password/", {"password1": "heron"})
    assert "heron" not in str(dict(as_admin.session.items()))


def test_the_personal_data_of_somebody_asks_first(as_admin: Client, alice: User, admin: User) -> None:
    request = erasure.request(alice, kind="export", actor=admin, reason="She asked")
    DataRequest.objects.update(approved_by=alice)
    asked(as_admin.post(f"/admin/personal-data/{request.pk}/export/"))


def test_a_first_password_is_not_set_by_a_found_session(alice: User, settings: Any) -> None:
    alice.set_unusable_password()
    alice.save()
    answer = signed_in(alice).post("/accounts/password/set/", NEW)
    assert answer.status_code == 403
    alice.refresh_from_db()
    assert not alice.has_usable_password()
