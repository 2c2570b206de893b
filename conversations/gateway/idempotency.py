"""`Idempotency-Key`: the same key with the same request is one and the same thing, made once.

    with idempotency.once(request, fingerprint(...)) as once:
        if not once.result:
            with transaction.atomic():
                once.keep(make_it().pk)
    return answer_for(once.result)

The second request looks at what the first has made, also while that still runs. Keys are a person's own, for a day.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from conversations import threads
from conversations.gateway.auth import Caller
from conversations.gateway.errors import ApiError, invalid
from conversations.models import IdempotencyKey
from conversations.models.idempotency import KEPT

HEADER = "Idempotency-Key"
LONGEST = 255
PATTERN = "^[!-~]+$"
ABANDONED = timedelta(minutes=2)
"""After which a request that has made nothing is taken to have died with its process."""
PATIENCE = 2.0
"""Seconds that a thread waits for the first request; a client is then asked to come again."""
LOOK = 0.03
SWEPT = 100
"""Keys whose day is over that each new one takes away."""


@dataclass
class Once:
    """One request under its key; without a key every request is the first."""

    result: str = ""
    """The id of what was made before; empty for the first request."""
    row: IdempotencyKey | None = None
    kept: bool = field(default=False, init=False)

    def keep(self, result: object) -> None:
        """Note the id of what was made; in the transaction that makes it, so that both are there or neither."""
        self.result = str(result)
        if self.row is not None:
            IdempotencyKey.objects.filter(pk=self.row.pk, created_at=self.row.created_at).update(result=self.result)
            self.kept = True

    def release(self) -> None:
        """Let the key be used again, where nothing was made."""
        if self.row is not None and not self.kept:
            IdempotencyKey.objects.filter(pk=self.row.pk, created_at=self.row.created_at, result="").delete()


def fingerprint(request: HttpRequest, *parts: bytes | str) -> str:
    """Return what two requests have in common exactly when they ask for the same: address and `parts` of the body."""
    said = hashlib.sha256()
    for part in (request.method or "", request.path_info, *parts):
        encoded = part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass")
        said.update(len(encoded).to_bytes(8, "big") + encoded)
    return said.hexdigest()


@contextlib.contextmanager
def once(request: HttpRequest, fingerprint: str) -> Iterator[Once]:
    """Take the request's key for the block; raise `ApiError`: 422 where it was used for something else, 409 to wait."""
    key = _key(request)
    if key is None:
        yield Once()
        return
    deadline = time.monotonic() + PATIENCE
    while (taken := _take(_caller(request), key, fingerprint)) is None:
        if time.monotonic() > deadline:
            raise _still_running()
        time.sleep(LOOK)
    try:
        yield taken
    finally:
        taken.release()


@contextlib.asynccontextmanager
async def once_async(request: HttpRequest, fingerprint: str) -> AsyncIterator[Once]:
    """As `once`, from the event loop: waiting holds up no thread."""
    key = _key(request)
    if key is None:
        yield Once()
        return
    deadline = time.monotonic() + 5 * PATIENCE
    while (taken := await threads.pages.run(_take, _caller(request), key, fingerprint)) is None:
        if time.monotonic() > deadline:
            raise _still_running()
        await asyncio.sleep(LOOK)
    try:
        yield taken
    finally:
        if taken.row is not None and not taken.kept:
            await asyncio.shield(threads.pages.run(taken.release))


def _key(request: HttpRequest) -> str | None:
    given = request.headers.get(HEADER)
    if given is None:
        return None
    if len(given) > LONGEST or not re.fullmatch(PATTERN, given):
        message = f"{HEADER} has 1 to {LONGEST} letters, digits and signs of ASCII, without spaces."
        raise invalid(message, param=HEADER, code="invalid_idempotency_key")
    return given


def _caller(request: HttpRequest) -> Caller:
    caller: Caller = request.caller  # type: ignore[attr-defined]
    return caller


def _take(caller: Caller, key: str, fingerprint: str) -> Once | None:
    """Return the key as taken for the first time or with its result, None while the first request is at it."""
    now = timezone.now()
    with transaction.atomic():
        row, new = IdempotencyKey.objects.get_or_create(
            user=caller.user, key=key, defaults={"fingerprint": fingerprint, "created_at": now}
        )
    if new:
        _sweep()
        return Once(row=row)
    if row.created_at < now - KEPT or (not row.result and row.created_at < now - ABANDONED):
        same = IdempotencyKey.objects.filter(pk=row.pk, created_at=row.created_at)
        if not same.update(fingerprint=fingerprint, result="", created_at=now):
            return None
        row.created_at = now
        return Once(row=row)
    if row.fingerprint != fingerprint:
        message = f"This {HEADER} was used for another request within the last day. Use a new one for each request."
        raise ApiError(422, message, param=HEADER, code="idempotency_key_reused")
    return Once(row.result) if row.result else None


def _sweep() -> None:
    old = IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEPT).order_by("created_at")
    if ids := list(old.values_list("pk", flat=True)[:SWEPT]):
        IdempotencyKey.objects.filter(pk__in=ids).delete()


def _still_running() -> ApiError:
    return ApiError(
        409,
        f"The first request with this {HEADER} is still at it. Send this one again in a moment.",
        param=HEADER,
        code="idempotency_key_in_use",
        headers={"Retry-After": "1", "retry-after-ms": "500"},
    )
