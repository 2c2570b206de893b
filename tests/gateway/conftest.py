"""Clients of the gateway: each with a key of one of the cast, and without any cookie."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from conversations.actions import keys
from conversations.gateway.counters import counters
from conversations.models import User


class Caller(Client):
    """Calls the gateway as a program does. `caller.get("models")` is a call of `/openai/v1/models`."""

    def __init__(self, secret: str) -> None:
        super().__init__(headers={"Authorization": f"Bearer {secret}"}, raise_request_exception=False)
        self.secret = secret

    def generic(self, method: str, path: Any, *args: Any, **options: Any) -> Any:
        if not path.startswith("/"):
            path = f"/openai/v1/{path}"
        return super().generic(method, path, *args, **options)

    def send(self, path: str, body: Any = None) -> Any:
        """POST a JSON body."""
        return self.post(path, {} if body is None else body, content_type="application/json")


@pytest.fixture(autouse=True)
def fresh_counters() -> Iterator[None]:
    """Every test begins with nothing counted."""
    counters.cache_clear()
    yield
    counters.cache_clear()


@pytest.fixture
def call_as() -> Callable[..., Caller]:
    """`call_as(alice)`: a client with a key of Alice's; `scopes` and `expires_at` are the key's."""

    def make(user: User, **options: Any) -> Caller:
        return Caller(keys.issue(user, **options)[1])

    return make


@pytest.fixture
def alice_calls(call_as: Callable[..., Caller], alice: User) -> Caller:
    return call_as(alice)


@pytest.fixture
def bob_calls(call_as: Callable[..., Caller], bob: User) -> Caller:
    return call_as(bob)


@pytest.fixture
def charlie_calls(call_as: Callable[..., Caller], charlie: User) -> Caller:
    return call_as(charlie)
