"""Whatever goes wrong under /openai/, the answer is the API's envelope, from whichever layer it comes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client, override_settings
from django.urls import get_resolver, path

from conversations.errors import NotFound, Refused
from conversations.gateway import bodies
from conversations.gateway.answers import obj
from conversations.gateway.calls import Calls, needs
from conversations.upstream.errors import ContentFiltered, ProviderBusy, ProviderRefused, RequestRejected
from tests.gateway.conftest import Caller


def error_of(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["x-request-id"]
    assert not answer.cookies
    error: dict[str, Any] = answer.json()["error"]
    assert {"message", "type", "param", "code"} <= set(error)
    return error


@pytest.mark.parametrize("address", ["/openai", "/openai/", "/openai/v1", "/openai/v1/", "/openai/v1/models/"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
def test_an_address_that_does_not_exist(address: str, method: str) -> None:
    error_of(Client().generic(method, address), 404)


def test_an_address_that_quotes_back_stays_harmless(alice_calls: Caller) -> None:
    for name in ("<script>", "%00", "%ff%fe", "\u202e", "..%2f..%2fetc", "a" * 5000):
        error_of(alice_calls.get(f"nothing/{name}"), 404)


def test_a_method_that_an_address_does_not_take(alice_calls: Caller) -> None:
    answer = alice_calls.post("models")
    assert error_of(answer, 405)["code"] == "method_not_supported"
    assert answer.headers["Allow"] == "GET"


def test_the_dated_form_is_the_same_and_its_version_is_noted(alice_calls: Caller, caplog: Any) -> None:
    for version in ("2025-04-01-preview", "preview", "2099-01-01", "x" * 500, "'; --"):
        answer = alice_calls.get("/openai/models", {"api-version": version})
        assert answer.content == alice_calls.get("models", {"api-version": version}).content
        assert answer.status_code == 200
    assert alice_calls.get("/openai/models").status_code == 200


def test_a_host_that_is_not_ours(alice_calls: Caller) -> None:
    error_of(alice_calls.get("models", headers={"Host": "evil.example"}), 400)


def fails_with(problem: Exception) -> Any:
    @needs("models")
    def view(request: Any) -> Any:
        raise problem

    return view


@needs("write")
def echo(request: Any) -> Any:
    return obj({"object": "echo", "body": bodies.json_object(request)})


@needs("write")
async def echo_later(request: Any) -> Any:
    return obj({"object": "echo", "body": bodies.json_object(request)})


PROBLEMS = {
    "unknown": (NotFound(), 404),
    "refused": (Refused("Not now.", code="later", status=409), 409),
    "database": (OperationalError("could not connect to server postgres://secret"), 503),
    "ours": (ZeroDivisionError("secret"), 500),
    "rejected": (RequestRejected("No.", status=400, param="top_p", code="x", body={"message": "Bad top_p."}), 400),
    "busy": (ProviderBusy("Busy.", status=429, retry_after=2.5), 429),
    "key": (ProviderRefused("An administrator must act.", status=401, body={"message": "secret"}), 502),
    "filtered": (
        ContentFiltered("Filtered.", filters=["hate"], status=400, body={"message": "m", "content_filters": [1]}),
        400,
    ),
}
urlpatterns = [
    path("v1/echo", Calls(POST=echo), name="echo"),
    path("v1/later", Calls(POST=echo_later), name="later"),
    *(path(f"v1/{name}", Calls(GET=fails_with(problem)), name=name) for name, (problem, _) in PROBLEMS.items()),
]


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts addresses that fail in the place of the gateway's own."""
    monkeypatch.setattr("conversations.gateway.calls.ROUTES", __name__)
    assert get_resolver(__name__)


@pytest.mark.parametrize("name", PROBLEMS)
def test_what_a_call_runs_into(failing: None, alice_calls: Caller, name: str) -> None:
    status = PROBLEMS[name][1]
    answer = alice_calls.get(name)
    error = error_of(answer, status)
    assert "secret" not in json.dumps(error)
    if status == 503:
        assert answer.headers["Retry-After"]
    if name == "busy":
        assert (answer.headers["Retry-After"], answer.headers["retry-after-ms"]) == ("3", "2500")
    if name == "rejected":
        assert (error["message"], error["param"], error["code"]) == ("Bad top_p.", "top_p", "x")
    if name == "filtered":
        assert error["content_filters"] == [1]


BODIES = {
    "no JSON": (b"{", 400),
    "not UTF-8": (b'{"a": "\xff"}', 400),
    "a list": (b"[]", 400),
    "null": (b"null", 400),
    "a text": (b'"x"', 400),
    "not a number": (b'{"a": NaN}', 400),
    "endless": (b'{"a": 1e999}', 400),
    "very deep": (b'{"a":' * 100_000, 400),
    "closed and very deep": (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400),
    "too deep": (b'{"a":' + b"[" * 64 + b"]" * 64 + b"}", 400),
    "deep": (b'{"a":' + b"[" * 63 + b"]" * 63 + b"}", 200),
    "nothing": (b"", 200),
}


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("address", ["echo", "later"])
def test_a_body_that_cannot_be_read(failing: None, alice_calls: Caller, address: str, name: str) -> None:
    content, status = BODIES[name]
    answer = alice_calls.post(address, content, content_type="application/json")
    if status == 200:
        assert answer.status_code == 200
    else:
        error_of(answer, status)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_a_body_of_another_kind(failing: None, alice_calls: Caller, kind: str) -> None:
    assert error_of(alice_calls.post("echo", b"{}", content_type=kind), 415)["code"] == "unsupported_content_type"


@override_settings(SALON_GATEWAY_BODY=1000)
def test_a_body_that_is_too_large_by_its_bytes_whatever_its_header_says(failing: None, alice_calls: Caller) -> None:
    content = b'{"a": "%s"}' % (b"x" * 1000)
    error_of(alice_calls.post("echo", content, content_type="application/json"), 413)
    assert alice_calls.post("echo", content[:800] + b'"}', content_type="application/json").status_code == 200
