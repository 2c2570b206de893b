"""A key does what its scopes say, on every call and by either header; an own table, so that a new call needs a row."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from conversations.actions import keys
from conversations.models import Key, User
from tests.gateway.test_openapi import calls

READ, WRITE, FILES, MODELS = Key.Scope.values
SCOPES = {
    ("/responses", "post"): WRITE,
    ("/responses/compact", "post"): WRITE,
    ("/responses/input_tokens", "post"): WRITE,
    ("/responses/{response_id}", "get"): READ,
    ("/responses/{response_id}", "delete"): WRITE,
    ("/responses/{response_id}/cancel", "post"): WRITE,
    ("/responses/{response_id}/input_items", "get"): READ,
    ("/conversations", "post"): WRITE,
    ("/conversations/{conversation_id}", "get"): READ,
    ("/conversations/{conversation_id}", "post"): WRITE,
    ("/conversations/{conversation_id}", "delete"): WRITE,
    ("/conversations/{conversation_id}/items", "get"): READ,
    ("/conversations/{conversation_id}/items", "post"): WRITE,
    ("/conversations/{conversation_id}/items/{item_id}", "get"): READ,
    ("/conversations/{conversation_id}/items/{item_id}", "delete"): WRITE,
    ("/files", "get"): FILES,
    ("/files", "post"): FILES,
    ("/files/{file_id}", "get"): FILES,
    ("/files/{file_id}", "delete"): FILES,
    ("/files/{file_id}/content", "get"): FILES,
    ("/models", "get"): MODELS,
    ("/models/{model}", "get"): MODELS,
    ("/openapi.json", "get"): "",
}


def test_every_call_has_a_row() -> None:
    assert {(path, method): scope for path, method, scope in calls()} == SCOPES


@pytest.mark.parametrize("header", ["Authorization", "api-key"])
@pytest.mark.parametrize("base", ["/openai/v1", "/openai"])
def test_a_call_is_refused_without_its_scope_whatever_the_header_and_the_cookie(
    base: str, header: str, alice: User, as_alice: Client
) -> None:
    secrets = {lacking: _without(alice, lacking) for lacking in Key.Scope.values}
    for (path, method), scope in SCOPES.items():
        address = base + re.sub(r"{\w+}", "x", path)
        for client in (Client(), as_alice):
            assert client.generic(method.upper(), address).status_code == (401 if scope else 200)
            if scope:
                secret = secrets[scope]
                value = f"Bearer {secret}" if header == "Authorization" else secret
                answer: Any = client.generic(method.upper(), address, headers={header: value})
                assert (answer.status_code, answer.json()["error"]["code"]) == (403, "missing_scope")


def _without(user: User, scope: str) -> str:
    return keys.issue(user, scopes=set(Key.Scope.values) - {scope})[1]
