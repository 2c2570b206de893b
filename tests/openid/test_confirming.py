"""Who has only the company's account is asked there once more before something of high value is done here."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from conversations.models import Key, User
from tests.openid.conftest import DANA, Provider

KEY = {"name": "Notebook", "scopes": ["read"], "days": "90"}
Configure = Callable[..., None]


@pytest.fixture
def here(provider: Provider, company: Configure) -> Client:
    client = Client()
    provider.sign_in(client)
    return client


def make_key(client: Client) -> Any:
    return client.post("/settings/keys/", KEY, headers={"Referer": "http://testserver/settings/"})


def test_a_session_alone_makes_no_key_and_sets_up_no_passkey(here: Client) -> None:
    assert make_key(here).headers["Location"].startswith("/accounts/company/confirm/")
    for path in ("/accounts/2fa/webauthn/add/", "/accounts/2fa/totp/activate/", "/settings/data/"):
        assert here.get(path).headers["Location"].startswith("/accounts/company/confirm/")
    assert not Key.objects.exists()


def test_the_provider_asks_again_and_leads_back_to_the_form(here: Client, provider: Provider) -> None:
    page = here.get(make_key(here).headers["Location"])
    assert 'value="http://testserver/settings/"' in page.content.decode()

    page = provider.sign_in(here, process="confirm", next="/settings/")
    assert "prompt=login" in provider.begun[-1]
    assert page.redirect_chain == [("/settings/", 302)]
    assert "sk-salon-" in make_key(here).content.decode()


def test_an_ordinary_sign_in_is_no_confirmation(here: Client, provider: Provider) -> None:
    provider.sign_in(here)
    make_key(here)
    assert not Key.objects.exists()


def test_a_provider_that_let_them_through_unasked_confirms_nothing(here: Client, provider: Provider) -> None:
    provider.says(DANA | {"auth_time": int(time.time()) - 3600})
    assert provider.sign_in(here, process="confirm", next="/settings/").status_code == 401
    make_key(here)
    assert not Key.objects.exists()


def test_somebody_else_who_signs_in_there_confirms_nothing_for_this_person(here: Client, provider: Provider) -> None:
    provider.says(DANA | {"sub": "d-2", "email": "eve@corp.example"})
    provider.sign_in(here, process="confirm", next="/settings/")
    make_key(here)
    assert not Key.objects.filter(user__email="dana@corp.example").exists()


def test_who_is_refused_there_confirms_nothing(here: Client, provider: Provider) -> None:
    provider.says(DANA | {"sub": "d-2"})  # a new person with the old address: taken
    assert provider.sign_in(here, process="confirm", next="/settings/").status_code == 403
    make_key(here)
    assert not Key.objects.exists()


def test_the_way_back_leads_nowhere_else(here: Client) -> None:
    page = here.get("/accounts/company/confirm/?next=https://evil.example/").content.decode()
    assert "evil.example" not in page


def test_who_has_a_password_too_types_that(here: Client) -> None:
    dana = User.objects.get(email="dana@corp.example")
    dana.set_password("correct horse battery staple")
    dana.save()
    here.force_login(dana)
    assert make_key(here).headers["Location"].startswith("/accounts/reauthenticate/")
