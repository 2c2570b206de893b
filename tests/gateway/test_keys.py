"""Keys are made in the settings and by a command, shown once, and revoked by whose they are or by an administrator."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from conversations.actions import keys
from conversations.models import Key, User
from tests.conftest import confirmed

FORM = {"name": "Notebook", "scopes": ["read", "models"], "days": "90"}
SECRET = re.compile(r"sk-salon-[\w-]{43}")


def issue_key(*arguments: str) -> tuple[str, str]:
    """Return what the command prints and what it says beside."""
    printed, said = io.StringIO(), io.StringIO()
    call_command("issuekey", *arguments, stdout=printed, stderr=said)
    return printed.getvalue(), said.getvalue()


def test_a_key_is_made_in_the_settings_and_shown_this_once(as_alice: Client, alice: User) -> None:
    answer = confirmed(as_alice).post("/settings/keys/", FORM)
    page = answer.content.decode()
    found = SECRET.search(page)
    assert found
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    assert Client().get("/openai/v1/models", headers={"api-key": found[0]}).status_code == 200
    key = Key.objects.get()
    assert (key.user, key.name, key.scopes) == (alice, "Notebook", ["read", "models"])
    assert key.expires_at is not None
    assert timedelta(days=89) < key.expires_at - timezone.now() < timedelta(days=91)
    again = as_alice.get("/settings/").content.decode()
    assert "Notebook" in again
    assert key.prefix in again
    assert not SECRET.search(again)


@pytest.mark.parametrize(
    "change", [{"name": ""}, {"name": "x" * 81}, {"scopes": []}, {"scopes": ["admin"]}, {"days": "7"}]
)
def test_a_bad_form_makes_no_key_and_says_so(as_alice: Client, change: dict[str, Any]) -> None:
    answer = confirmed(as_alice).post("/settings/keys/", FORM | change)
    assert answer.status_code == 400
    assert 'class="problem"' in answer.content.decode()
    assert not Key.objects.exists()


def test_nobody_makes_a_key_for_somebody_else(as_alice: Client, alice: User, bob: User) -> None:
    confirmed(as_alice).post(
        "/settings/keys/", FORM | {"user": bob.pk, "user_id": bob.pk, "digest": "x", "prefix": "y"}
    )
    assert Key.objects.get().user == alice


def test_a_key_is_revoked_by_whose_it_is_and_looks_unknown_to_others(
    as_alice: Client, as_bob: Client, alice: User
) -> None:
    key, secret = keys.issue(alice, name="Notebook")
    address = f"/settings/keys/{key.pk}/revoke/"
    assert as_bob.post(address).status_code == as_bob.post("/settings/keys/999999999999/revoke/").status_code == 404
    assert as_alice.get(address).status_code == 405
    assert Client().get("/openai/v1/models", headers={"api-key": secret}).status_code == 200
    page = as_alice.post(address, follow=True).content.decode()
    assert "“Notebook” is revoked." in page
    assert key.prefix not in page
    assert Client().get("/openai/v1/models", headers={"api-key": secret}).status_code == 401


def test_a_person_has_so_many_keys_and_no_more(alice: User, as_alice: Client) -> None:
    Key.objects.bulk_create(Key.of(alice, name="Key", scope="read")[0] for _ in range(100))
    assert "You have 100 keys." in confirmed(as_alice).post("/settings/keys/", FORM).content.decode()
    keys.revoke(Key.objects.all()[0])
    assert SECRET.search(confirmed(as_alice).post("/settings/keys/", FORM).content.decode())


def test_the_command_prints_the_key_alone_on_its_last_line(alice: User) -> None:
    printed, said = issue_key("Alice@example.com", "--name", "Build", "--scopes", "read,files", "models")
    assert SECRET.fullmatch(printed.splitlines()[-1])
    assert "files" in said
    key = Key.objects.get()
    assert (key.user, key.name, key.scopes, key.expires_at) == (alice, "Build", ["read", "files", "models"], None)


def test_the_command_gives_all_scopes_where_none_are_named(alice: User) -> None:
    issue_key("alice@example.com")
    assert Key.objects.get().scopes == ["read", "write", "files", "models"]


@pytest.mark.parametrize(("given", "days"), [("30d", 30), ("2999-01-01", None), ("2999-01-01T12:00:00+02:00", None)])
def test_the_command_takes_days_and_dates(alice: User, given: str, days: int | None) -> None:
    issue_key("alice@example.com", "--expires", given)
    expires = Key.objects.get().expires_at
    assert expires is not None
    if days:
        assert abs(expires - timezone.now() - timedelta(days=days)) < timedelta(minutes=1)
    else:
        assert expires.year in {2998, 2999}


@pytest.mark.parametrize(
    "arguments",
    [
        ("nobody@example.com",),
        ("alice@example.com", "--scopes", "everything"),
        ("alice@example.com", "--expires", "tomorrow"),
        ("alice@example.com", "--expires", "2999-13-01"),
        ("alice@example.com", "--expires", "2001-01-01"),
    ],
)
def test_the_command_refuses_with_a_sentence(alice: User, arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match=r"\.$|never$"):
        issue_key(*arguments)
    assert not Key.objects.exists()


def test_an_administrator_sees_all_keys_and_revokes_them_but_makes_none(as_admin: Client, alice: User) -> None:
    key, secret = keys.issue(alice, name="Notebook")
    page = as_admin.get("/admin/conversations/key/").content.decode()
    assert "alice@example.com" in page or "Alice" in page
    assert "Notebook" in page
    as_admin.post("/admin/conversations/key/", {"action": "revoke", "_selected_action": [key.pk]})
    assert Client().get("/openai/v1/models", headers={"api-key": secret}).status_code == 401
    assert as_admin.get("/admin/conversations/key/add/").status_code == 403


def test_who_may_only_look_at_keys_does_not_revoke_them(alice: User, bob: User) -> None:
    from django.contrib.auth.models import Permission

    User.objects.filter(pk=bob.pk).update(is_staff=True)
    bob.user_permissions.add(Permission.objects.get(codename="view_key"))
    client = Client()
    client.force_login(bob)
    key, _ = keys.issue(alice)
    client.post("/admin/conversations/key/", {"action": "revoke", "_selected_action": [key.pk]})
    key.refresh_from_db()
    assert key.revoked_at is None
