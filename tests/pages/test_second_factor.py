"""A second factor: an authenticator app, recovery codes; who must have one. Passkeys are in the browser tests."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache
from django.test import Client

from conversations import site_settings
from conversations.models import User
from conversations.models.audit import AuditEntry
from conversations.site_settings import REQUIRE_FACTOR
from tests.conftest import PASSWORD
from tests.pages.test_sign_in import sign_in

MALFORMED = (
    '{"id": "AA", "rawId": "AA", "type": "public-key", "clientExtensionResults": {}, "response": {'
    '"clientDataJSON": "e30", "attestationObject": "oQ", "authenticatorData": "AA", "signature": "AA",'
    '"userHandle": "AA"}}'
)
HTML = {"Accept": "text/html"}


@pytest.fixture(autouse=True)
def _no_attempts_before() -> None:
    cache.clear()
    site_settings.forget()


def digits(secret: str) -> str:
    """What an authenticator app shows now."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def confirmed(client: Client, path: str) -> Any:
    """Open a page that asks once more who one is."""
    page = client.get(path, follow=True)
    if page.redirect_chain:
        page = client.post(page.redirect_chain[-1][0], {"password": PASSWORD, "next": path}, follow=True)
    return page


def set_up(client: Client) -> tuple[str, list[str]]:
    """Set up the app; return its secret and the recovery codes."""
    secret = confirmed(client, "/accounts/2fa/totp/activate/").context["form"].secret
    page = client.post("/accounts/2fa/totp/activate/", {"code": digits(secret)}, follow=True)
    return secret, re.findall(r"\b\d{8}\b", page.content.decode())


@pytest.fixture
def here(alice: User) -> Client:
    client = Client()
    sign_in(client, alice.email)
    return client


def test_setting_up_asks_who_one_is_and_shows_the_codes_once(
    here: Client, alice: User, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        secret, codes = set_up(here)

    assert len(codes) == 10
    assert not re.findall(r"\b\d{8}\b", here.get("/accounts/2fa/recovery-codes/").content.decode())
    kept = Authenticator.objects.get(user=alice, type="totp").data["secret"]
    assert secret not in kept
    assert AuditEntry.objects.filter(action="user.factor_add", actor_id=str(alice.pk)).exists()


def test_the_password_alone_opens_nothing_then(here: Client, alice: User) -> None:
    secret, _ = set_up(here)
    client = Client()

    page = sign_in(client, alice.email)
    assert "One more thing." in page.content.decode()
    assert client.get("/settings/").status_code == 302

    page = client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert "Incorrect code." in page.content.decode()
    assert client.post("/accounts/2fa/authenticate/", {"code": digits(secret)}).headers["Location"] == "/"
    assert client.get("/settings/").status_code == 200


def test_a_recovery_code_lets_in_once(here: Client, alice: User) -> None:
    _, codes = set_up(here)
    for expected in (302, 200):
        client = Client()
        sign_in(client, alice.email)
        assert client.post("/accounts/2fa/authenticate/", {"code": codes[0]}).status_code == expected


def test_guessing_digits_is_slowed_down(here: Client, alice: User) -> None:
    secret, _ = set_up(here)
    client = Client()
    sign_in(client, alice.email)
    for _ in range(6):
        client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert client.post("/accounts/2fa/authenticate/", {"code": digits(secret)}).status_code == 200
    assert client.get("/settings/").status_code == 302


@pytest.mark.parametrize(
    "credential",
    ["", "{}", "[]", "null", "7", '{"id": 1}', '{"response": {"userHandle": "AAAA"}}', MALFORMED, '{"response": []}'],
)
def test_a_made_up_passkey_lets_nobody_in(client: Client, alice: User, credential: str) -> None:
    client.get("/accounts/2fa/webauthn/login/", headers={"Accept": "application/json"})
    answer = client.post("/accounts/2fa/webauthn/login/", {"credential": credential})
    assert answer.status_code in (200, 302)
    assert client.get("/settings/").status_code == 302


@pytest.mark.parametrize("credential", ["", "{}", "[]", '{"id": 1}', '{"response": {}}', '"x"'])
def test_a_made_up_passkey_is_not_added(here: Client, alice: User, credential: str) -> None:
    confirmed(here, "/accounts/2fa/webauthn/add/")
    here.post("/accounts/2fa/webauthn/add/", {"name": "Phone", "passwordless": "on", "credential": credential})
    assert not Authenticator.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_team_may_ask_everybody_for_one(here: Client, alice: User, admin: User) -> None:
    site_settings.change(REQUIRE_FACTOR, "all", actor=admin)

    page = here.get("/settings/", headers=HTML, follow=True)
    assert page.redirect_chain == [("/accounts/2fa/", 302)]
    assert "Your team asks for a second factor" in page.content.decode()
    answer = here.post("/conversations/", {"text": "Hello"}, content_type="application/json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "second_factor")

    assert here.get("/accounts/invitations/", headers=HTML).headers["Location"] == "/accounts/2fa/"

    secret, _ = set_up(here)
    assert here.get("/settings/", headers=HTML).status_code == 200
    assert sign_in_with(alice, secret).get("/settings/", headers=HTML).status_code == 200


def sign_in_with(person: User, secret: str) -> Client:
    client = Client()
    sign_in(client, person.email)
    client.post("/accounts/2fa/authenticate/", {"code": digits(secret)})
    return client


@pytest.mark.django_db(transaction=True)
def test_a_session_from_before_shows_the_factor_once(here: Client, alice: User, admin: User) -> None:
    elsewhere = Client()
    sign_in(elsewhere, alice.email)
    _, codes = set_up(here)
    site_settings.change(REQUIRE_FACTOR, "all", actor=admin)

    page = elsewhere.get("/settings/", headers=HTML, follow=True)
    assert page.redirect_chain == [("/accounts/2fa/reauthenticate/?next=%2Fsettings%2F", 302)]
    assert elsewhere.get("/accounts/2fa/totp/deactivate/", headers=HTML).status_code == 302
    elsewhere.post("/accounts/reauthenticate/", {"password": PASSWORD}, headers=HTML)
    assert elsewhere.get("/settings/", headers=HTML).status_code == 302, "the password alone is not enough"
    page = elsewhere.post("/accounts/2fa/reauthenticate/", {"code": codes[0], "next": "/settings/"}, headers=HTML)
    assert page.headers["Location"] == "/settings/"
    assert elsewhere.get("/settings/", headers=HTML).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_who_takes_the_last_one_away_sets_another_up(here: Client, alice: User, admin: User) -> None:
    set_up(here)
    site_settings.change(REQUIRE_FACTOR, "all", actor=admin)
    here.post("/accounts/2fa/totp/deactivate/")
    assert here.get("/settings/", headers=HTML).headers["Location"] == "/accounts/2fa/"


def test_a_team_may_ask_only_who_has_powers(here: Client, admin: User) -> None:
    site_settings.change(REQUIRE_FACTOR, "staff", actor=admin)
    there = Client()
    sign_in(there, admin.email)

    assert here.get("/settings/", headers=HTML).status_code == 200
    assert there.get("/admin/", headers=HTML).headers["Location"] == "/accounts/2fa/"


def test_an_administrator_removes_the_factors_of_who_lost_a_device(here: Client, alice: User, as_admin: Client) -> None:
    set_up(here)
    form = {"action": "remove_factors", "_selected_action": [alice.pk]}
    as_admin.post("/admin/conversations/user/", form)

    assert not Authenticator.objects.filter(user=alice).exists()
    assert here.get("/settings/").status_code == 302, "sessions of a lost device end"
    assert AuditEntry.objects.filter(action="user.factor_reset", object_id=str(alice.pk)).exists()


def test_others_cannot_touch_a_passkey(here: Client, alice: User, bob: User) -> None:
    theirs = Authenticator.objects.create(user=bob, type="webauthn", data={"name": "Bob’s"})
    confirmed(here, "/accounts/2fa/webauthn/add/")
    assert here.get(f"/accounts/2fa/webauthn/keys/{theirs.pk}/remove/").status_code == 404
    assert here.post(f"/accounts/2fa/webauthn/keys/{theirs.pk}/edit/", {"name": "Mine"}).status_code == 404
