"""Secrets at rest: sealed in rows, opened only on their way to whom they are for, and wiped from what comes back.

The keys are SALON_ENCRYPTION_KEYS: the first seals, all open, so a key is changed by putting a new one before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

SEALED = "$sealed"
"""The key of an object that stands for a secret: `{"$sealed": token}`."""
SECRET_FIELDS = ("headers", "authorization")
"""What is secret of an `mcp` tool."""
WIPED = "•••"
SHORTEST = 6
"""Characters. A shorter secret is not wiped: it would be found inside ordinary words."""
WORD = 16
"""Characters from which on even plain letters are taken for a secret."""
SECRET_NAME = re.compile(r"auth|key|token|secret|pass|cookie|session|signature", re.IGNORECASE)
MOST_DEPTH = 60


class Unreadable(Exception):
    """The key that sealed this is not among ours any more."""


def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.SALON_ENCRYPTION_KEYS])


def seal(value: Any) -> str:
    """Return a token that stands for a JSON value, and that only our keys open."""
    return _fernet().encrypt(msgspec.json.encode(value)).decode()


def unseal(token: str) -> Any:
    """Return the value that a token stands for; raise `Unreadable`."""
    try:
        return msgspec.json.decode(_fernet().decrypt(token.encode()))
    except (InvalidToken, ValueError) as error:
        raise Unreadable from error


def seal_tools(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return request options with the secrets of their `mcp` tools sealed, as they may be stored."""
    return _with_tools(options, _sealed)


def open_tools(body: Mapping[str, Any]) -> tuple[dict[str, Any], set[str]]:
    """Return a request body as the provider gets it, and the secrets in it; raise `Unreadable`."""
    opened = _with_tools(body, _opened)
    found = [tool[name] for tool in _mcp_tools(opened) for name in SECRET_FIELDS if tool.get(name)]
    return opened, set(secrets_in(found))


def _with_tools(body: Mapping[str, Any], change: Any) -> dict[str, Any]:
    if not any(True for _ in _mcp_tools(body)):
        return dict(body)
    return {
        **body,
        "tools": [
            {name: change(value) if name in SECRET_FIELDS and value else value for name, value in tool.items()}
            if isinstance(tool, dict) and tool.get("type") == "mcp"
            else tool
            for tool in body["tools"]
        ],
    }


def _mcp_tools(body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    tools = body.get("tools")
    for tool in tools if isinstance(tools, list) else ():
        if isinstance(tool, dict) and tool.get("type") == "mcp":
            yield tool


def _sealed(value: Any) -> Any:
    return value if isinstance(value, dict) and SEALED in value else {SEALED: seal(value)}


def _opened(value: Any) -> Any:
    return unseal(value[SEALED]) if isinstance(value, dict) and SEALED in value else value


def secrets_in(values: Iterable[Any]) -> Iterator[str]:
    """Yield the strings in header values and authorizations that must not be seen: `Bearer abc` is told by `abc`."""
    for value in values:
        if isinstance(value, dict):
            yield from secrets_in(inner for name, inner in value.items() if not _is_a_word(str(name), inner))
        elif isinstance(value, str):
            yield from (part for part in {value, *value.split()} if len(part) >= SHORTEST and part != "Bearer")


def _is_a_word(name: str, value: Any) -> bool:
    """Whether a header holds no secret but a word, as `X-Team: engineering` does: answers may speak of it."""
    return isinstance(value, str) and value.isalpha() and len(value) < WORD and not SECRET_NAME.search(name)


def wipe(value: Any, secrets: set[str], *, depth: int = 0) -> Any:
    """Return what a provider or server sent with every secret in it replaced."""
    if isinstance(value, str):
        for secret in sorted(secrets, key=len, reverse=True):
            value = value.replace(secret, WIPED)
        return value
    if depth > MOST_DEPTH:
        return value
    if isinstance(value, dict):
        return {key: wipe(inner, secrets, depth=depth + 1) for key, inner in value.items()}
    return [wipe(inner, secrets, depth=depth + 1) for inner in value] if isinstance(value, list) else value


class Wiper:
    """Wipes secrets from the events of a stream, also where one comes in pieces: a delta that ends like the beginning
    of a secret is held back until the next one tells."""

    def __init__(self, secrets: set[str]) -> None:
        self.secrets = secrets
        self._held: dict[tuple[Any, ...], str] = {}

    def wiped(self, event: dict[str, Any]) -> dict[str, Any]:
        delta = event.get("delta")
        if not isinstance(delta, str):
            return dict(wipe(event, self.secrets))
        place = tuple(event.get(name) for name in ("type", "item_id", "output_index", "content_index", "summary_index"))
        text = str(wipe(self._held.pop(place, "") + delta, self.secrets))
        kept = max(
            (size for secret in self.secrets for size in range(1, len(secret)) if text.endswith(secret[:size])),
            default=0,
        )
        if kept:
            self._held[place] = text[-kept:]
        return {**event, "delta": text[: len(text) - kept]}
