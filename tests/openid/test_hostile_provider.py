"""What a provider, or somebody between, may say: none of it lets anybody in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.cache import cache
from django.test import Client

from conversations.models import User
from tests.openid.conftest import DANA, Provider

Configure = Callable[..., None]
pytestmark = pytest.mark.usefixtures("company")


def refused(page: Any) -> bool:
    return page.status_code == 401 and not page.context["user"].is_authenticated and not User.objects.exists()


@pytest.mark.parametrize(
    "lies",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"nonce": ["a"]},
        {"aud": "another program"},
        {"aud": ["salon", "another"], "azp": "another"},
        {"aud": None},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"exp": 1},
        {"exp": None},
        {"exp": "tomorrow"},
        {"iat": 2**40},
        {"iat": None},
        {"nbf": 2**40},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": ["d-1"]},
        {"sub": "d" * 300},
    ],
    ids=str,
)
def test_a_token_that_is_not_for_this_sign_in_lets_nobody_in(provider: Provider, lies: dict[str, Any]) -> None:
    provider.says(lies=lies)
    assert refused(provider.sign_in(Client()))


@pytest.mark.parametrize("signs", ["none", "stranger", "secret"])
def test_a_token_that_the_provider_did_not_sign_lets_nobody_in(provider: Provider, signs: str) -> None:
    provider.says(signs=signs)
    assert refused(provider.sign_in(Client()))


@pytest.mark.parametrize(
    "tokens",
    [[], {}, "token", {"id_token": "a.b.c"}, {"id_token": 7}, {"id_token": None, "access_token": "a"}, None],
    ids=str,
)
def test_an_answer_without_a_token_lets_nobody_in(provider: Provider, tokens: Any) -> None:
    provider.says(tokens=tokens)
    assert refused(provider.sign_in(Client()))


def test_userinfo_about_somebody_else_lets_nobody_in(provider: Provider) -> None:
    provider.says({"sub": "d-1"}, userinfo=DANA | {"sub": "d-2"})
    assert refused(provider.sign_in(Client()))


def test_a_way_back_works_once_and_in_the_browser_that_left(provider: Provider) -> None:
    here = Client()
    back = provider.back(here)

    assert refused(Client().get(back)), "another browser"
    here.get(back)
    here.post("/accounts/logout/")
    assert here.get(back).status_code == 401


def test_a_token_of_an_earlier_sign_in_lets_nobody_in(provider: Provider) -> None:
    provider.sign_in(Client())
    provider.says(replays=True)
    page = provider.sign_in(Client())
    assert page.status_code == 401
    assert not page.context["user"].is_authenticated


@pytest.mark.parametrize("query", ["", "?code=1", "?state=1", "?code=1&state=1", "?error=access_denied&state=1"])
def test_coming_back_without_having_left_lets_nobody_in(provider: Provider, query: str) -> None:
    assert refused(Client().get(f"/accounts/company/login/callback/{query}"))


def test_who_turns_back_is_told_that_nothing_happened(provider: Provider) -> None:
    here = Client()
    back = provider.back(here).replace("code=", "error=access_denied&was=")
    assert "You turned back." in here.get(back, follow=True).content.decode()


def test_an_answer_of_another_provider_is_not_taken(provider: Provider) -> None:
    provider.says(returns={"iss": "https://evil.example"})
    assert refused(provider.sign_in(Client()))


def test_the_browser_cannot_add_to_what_is_asked(provider: Provider) -> None:
    page = Client().post("/accounts/company/login/?scope=admin&auth_params=prompt%3Dnone&process=redirect")
    asked = parse_qs(urlsplit(page.context["address"]).query)
    assert set(asked["scope"][0].split()) == {"openid", "profile", "email"}
    assert "prompt" not in asked


def test_a_link_starts_nothing(provider: Provider) -> None:
    assert Client().get("/accounts/company/login/").status_code == 405


def test_a_provider_that_may_not_be_reached_is_not_asked(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALON_EGRESS_ALLOW", "")
    assert refused(Client().post("/accounts/company/login/"))


def test_a_provider_that_is_away_is_said_to_be(provider: Provider, company: Configure) -> None:
    company(issuer="http://127.0.0.1:9")
    cache.clear()
    assert refused(Client().post("/accounts/company/login/"))


def test_hostile_names_are_text(provider: Provider) -> None:
    provider.says(DANA | {"name": "<script>alert(1)</script>\u0000" + "x" * 500})
    here = Client()
    page = provider.sign_in(here)
    assert "<script>alert(1)" not in page.content.decode()
    assert len(User.objects.get().name) <= 80
