"""Who calls: the person of a key, looked up for each request, so that a key that has ended opens nothing any more.

Cookies are not looked at, by no call: a page that a person has open somewhere cannot speak in their name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from conversations.gateway.errors import ApiError
from conversations.models import Key, User
from conversations.models.key import digest

MINUTE = timedelta(minutes=1)
LONGEST = 200
"""Characters. What is longer is no key, and is not hashed."""


@dataclass(frozen=True)
class Caller:
    """Who calls, with which key."""

    user: User
    key: Key

    def require(self, scope: str) -> None:
        """Raise `ApiError` unless the key has this scope."""
        if scope not in self.key.scopes:
            message = f"You have insufficient permissions for this operation. Missing scopes: {scope}."
            raise ApiError(403, message, code="missing_scope")


def authenticate(headers: Mapping[str, str]) -> Caller:
    """Return who calls; raise `ApiError` (401). `headers` may be written in any case.

    `Authorization: Bearer KEY` and `api-key: KEY` decide alike. Where both are given they have to name the same key.
    """
    given = _given({name.lower(): value for name, value in headers.items()})
    if not given:
        message = (
            "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer "
            "auth (i.e. Authorization: Bearer YOUR_KEY), or in an api-key header."
        )
        raise ApiError(401, message, headers={"WWW-Authenticate": "Bearer"})
    secrets = set(given)
    if len(secrets) > 1 or not all(0 < len(secret) <= LONGEST for secret in secrets):
        raise _incorrect()
    key = Key.objects.alive().select_related("user").filter(digest=digest(secrets.pop())).first()
    if key is None:
        raise _incorrect()
    _note_use(key)
    return Caller(key.user, key)


def headers_of(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return the headers of an ASGI scope, for sockets. One that is given twice is joined, so that it is no key."""
    headers: dict[str, str] = {}
    for name, value in raw:
        known, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[known] = f"{headers[known]},{text}" if known in headers else text
    return headers


def _given(headers: Mapping[str, str]) -> list[str]:
    """Return the keys that the headers hold, "" for a header that holds none."""
    given = []
    if "authorization" in headers:
        scheme, _, rest = headers["authorization"].strip().partition(" ")
        given.append(rest.strip() if scheme.lower() == "bearer" else "")
    if "api-key" in headers:
        given.append(headers["api-key"].strip())
    return given


def _incorrect() -> ApiError:
    """Return the one answer for a key that is unknown, revoked, expired, of a suspended person, or no key at all."""
    message = "Incorrect API key provided. You can make one in the settings of Salon."
    return ApiError(401, message, code="invalid_api_key", headers={"WWW-Authenticate": "Bearer"})


def _note_use(key: Key) -> None:
    now = timezone.now()
    if key.last_used_at is None or key.last_used_at < now - MINUTE:
        older = Q(last_used_at=None) | Q(last_used_at__lt=now - MINUTE)
        Key.objects.filter(older, pk=key.pk).update(last_used_at=now)
