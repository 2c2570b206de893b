"""Where a person is signed in: a list, and an end to each."""

from __future__ import annotations

import datetime as dt

import pytest
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.test import Client

from conversations.models import User
from conversations.sessions import device
from tests.conftest import PASSWORD
from tests.pages.test_sign_in import sign_in

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:148.0) Gecko/20100101 Firefox/148.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Mobile/1 Safari/604.1"


@pytest.fixture(autouse=True)
def _no_attempts_before() -> None:
    cache.clear()


@pytest.fixture
def here(alice: User) -> Client:
    client = Client(headers={"User-Agent": FIREFOX})
    sign_in(client, alice.email)
    return client


@pytest.fixture
def there(alice: User) -> Client:
    client = Client(headers={"User-Agent": SAFARI}, REMOTE_ADDR="192.0.2.7")
    sign_in(client, alice.email)
    return client


def session_at(address: str) -> UserSession:
    return UserSession.objects.get(ip=address)


def test_each_session_is_listed_with_its_device_and_address(here: Client, there: Client) -> None:
    page = here.get("/settings/").content.decode()
    assert "Firefox on Linux" in page
    assert "Safari on iPhone" in page
    assert "192.0.2.7" in page


def test_one_session_is_ended_and_the_others_go_on(here: Client, there: Client) -> None:
    here.post(f"/settings/sessions/{session_at('192.0.2.7').pk}/end/")
    assert there.get("/settings/").status_code == 302
    assert "192.0.2.7" not in here.get("/settings/").content.decode()


def test_somebody_elses_session_cannot_be_ended(here: Client, as_bob: Client) -> None:
    assert as_bob.post(f"/settings/sessions/{session_at('127.0.0.1').pk}/end/").status_code == 404
    assert as_bob.post(f"/settings/sessions/{2**63}/end/").status_code == 404
    assert here.get("/settings/").status_code == 200


def test_signing_out_everywhere_leaves_this_one(here: Client, there: Client) -> None:
    here.post("/settings/sign-out-everywhere/")
    assert there.get("/settings/").status_code == 302
    page = here.get("/settings/").content.decode()
    assert "Firefox on Linux" in page
    assert "Safari on iPhone" not in page


def test_a_new_password_ends_the_other_sessions_in_the_list_too(here: Client, there: Client) -> None:
    new = {"oldpassword": PASSWORD, "password1": "a quite new password", "password2": "a quite new password"}
    here.post("/accounts/password/change/", new)
    page = here.get("/settings/").content.decode()
    assert "Firefox on Linux" in page
    assert "Safari on iPhone" not in page


def test_use_is_noted_now_and_then(here: Client) -> None:
    long_ago = session_at("127.0.0.1").last_seen_at - dt.timedelta(days=3)
    UserSession.objects.update(last_seen_at=long_ago)
    cache.clear()
    here.get("/settings/")
    noted = session_at("127.0.0.1").last_seen_at
    assert noted > long_ago
    here.get("/settings/")
    assert session_at("127.0.0.1").last_seen_at == noted


@pytest.mark.parametrize("agent", ["", "\x01<script>", "curl/8", "x" * 10_000])
def test_whatever_a_program_calls_itself_is_a_device(agent: str) -> None:
    assert device(agent)
