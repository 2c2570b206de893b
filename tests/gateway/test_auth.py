"""A key opens the gateway, and nothing else does: whatever the header, whatever the cookie."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from conversations.actions import keys
from conversations.models import Key, User
from tests.gateway.conftest import Caller

BASE = "/openai/v1/models"


def ask(**headers: str) -> Any:
    return Client().get(BASE, headers={name.replace("_", "-"): value for name, value in headers.items()})


def error_of(answer: Any) -> dict[str, Any]:
    error: dict[str, Any] = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    return error


@pytest.fixture
def secret(alice: User) -> str:
    return keys.issue(alice, name="Notebook")[1]


def test_both_headers_open_it(secret: str) -> None:
    assert ask(authorization=f"Bearer {secret}").status_code == 200
    assert ask(authorization=f"bearer  {secret} ").status_code == 200
    assert ask(api_key=secret).status_code == 200
    assert ask(api_key=secret, authorization=f"Bearer {secret}").status_code == 200


def test_without_a_key_the_answer_says_how_to_give_one() -> None:
    answer = ask()
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert "Authorization: Bearer" in error_of(answer)["message"]
    assert answer.headers["x-request-id"].startswith("req_")


def not_signed(payload: dict[str, Any]) -> str:
    parts = [json.dumps({"alg": "none"}), json.dumps(payload), ""]
    return ".".join(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)


HOSTILE = [
    "' OR '1'='1",
    "x' UNION SELECT digest FROM conversations_key --",
    "1; DROP TABLE conversations_key",
    "%' AND 1=CAST((SELECT 1) AS int) --",
    "\\",
    "sk-salon-",
    "sk-salon-" + "A" * 43,
    "sk-salon-*",
    "null",
    "undefined",
    "[]",
    "{}",
    "0",
    "\u00e4\u00f6\u00fc",
    "x" * 100_000,
    not_signed({"sub": "alice@example.com", "user": 1, "scope": "read write"}),
]


@pytest.mark.parametrize("given", HOSTILE, ids=lambda given: given[:20])
@pytest.mark.parametrize("header", ["authorization", "api-key"])
def test_what_is_no_key_gets_one_and_the_same_answer(alice: User, header: str, given: str) -> None:
    value = f"Bearer {given}" if header == "authorization" else given
    answer = Client().get(BASE, headers={header: value.encode("utf-8").decode("latin-1")})
    assert answer.status_code == 401
    error = error_of(answer)
    assert error["code"] == "invalid_api_key"
    assert given == "0" or given not in error["message"]


def test_two_headers_that_differ_open_nothing(secret: str, bob: User) -> None:
    other = keys.issue(bob)[1]
    for bearer, key in ((secret, other), (other, secret), (secret, "wrong"), ("wrong", secret), ("", secret)):
        assert ask(authorization=f"Bearer {bearer}", api_key=key).status_code == 401
    assert ask(authorization=f"Basic {secret}", api_key=secret).status_code == 401
    assert ask(authorization=secret).status_code == 401


def test_headers_that_claim_to_be_a_proxys_are_not_believed(alice: User) -> None:
    names = ["X-Forwarded-User", "X-Remote-User", "Remote-User", "X-User-Id", "X-Auth-Request-Email", "x-api-key"]
    assert Client().get(BASE, headers=dict.fromkeys(names, "alice@example.com")).status_code == 401


def test_a_session_opens_nothing_and_is_not_even_looked_at(
    as_alice: Client, bob_calls: Caller, django_assert_num_queries: Any
) -> None:
    assert as_alice.get(BASE).status_code == 401
    cookies = as_alice.cookies
    bob_calls.cookies = cookies
    bob_calls.get("models")  # notes that the key was used
    with django_assert_num_queries(1):
        assert bob_calls.get("models").status_code == 200
    with django_assert_num_queries(0):
        as_alice.get(BASE)


SCOPES = {"models": ["models"]}


@pytest.mark.parametrize("scope", Key.Scope.values)
@pytest.mark.parametrize("header", ["Authorization", "api-key"])
def test_a_key_does_what_its_scopes_say_by_either_header(alice: User, scope: str, header: str) -> None:
    secret = keys.issue(alice, scopes=[scope])[1]
    for path, allowed in SCOPES.items():
        value = f"Bearer {secret}" if header == "Authorization" else secret
        answer = Client().get(f"/openai/v1/{path}", headers={header: value})
        assert answer.status_code == (200 if scope in allowed else 403)
        if scope not in allowed:
            assert error_of(answer)["code"] == "missing_scope"


ENDINGS: dict[str, Callable[[Key], Any]] = {
    "revoked": keys.revoke,
    "expired": lambda key: Key.objects.filter(pk=key.pk).update(expires_at=timezone.now()),
    "suspended": lambda key: User.objects.filter(pk=key.user_id).update(is_active=False),
    "deleted": lambda key: key.delete(),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_key_that_has_ended_opens_nothing_at_once(alice: User, ending: str) -> None:
    key, secret = keys.issue(alice)
    before = ask(api_key=secret)
    ENDINGS[ending](key)
    after = ask(api_key=secret)
    assert (before.status_code, after.status_code) == (200, 401)
    assert after.content == ask(api_key="sk-salon-unknown").content


def test_only_a_hash_of_the_key_is_kept_and_nothing_says_it_again(
    alice: User, as_admin: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        key, secret = keys.issue(alice, name="Notebook")
        ask(api_key=secret)
        ask(authorization=f"Basic {secret}")
        wrong = ask(api_key=f"{secret}x")
    kept = " ".join(str(value) for value in Key.objects.filter(pk=key.pk).values()[0].values())
    places = [kept, caplog.text, wrong.content.decode(), as_admin.get("/admin/conversations/key/").content.decode()]
    assert "Notebook" in places[-1]
    for place in places:
        assert secret not in place
        assert secret[14:] not in place


def test_the_last_use_is_written_once_a_minute(alice: User, django_assert_num_queries: Any) -> None:
    key, secret = keys.issue(alice)
    with django_assert_num_queries(2):
        ask(api_key=secret)
    with django_assert_num_queries(1):
        ask(api_key=secret)
    key.refresh_from_db()
    first = key.last_used_at
    assert first is not None
    Key.objects.filter(pk=key.pk).update(last_used_at=first - timedelta(seconds=61))
    ask(api_key=secret)
    key.refresh_from_db()
    assert key.last_used_at is not None
    assert key.last_used_at >= first
