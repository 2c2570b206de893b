"""How much a key and a person may ask: requests in a minute, and streams at once."""

from __future__ import annotations

import math

from django.conf import settings
from django.http import HttpResponseBase

from conversations.gateway.auth import Caller
from conversations.gateway.counters import Bucket, Taken, counters
from conversations.gateway.errors import busy


def take(caller: Caller) -> Taken | None:
    """Count a request; return what is left, None where there are no limits. Raise `ApiError` (429)."""
    buckets = [
        Bucket(name, limit)
        for name, limit in (
            (f"requests:key:{caller.key.pk}", settings.SALON_GATEWAY_KEY_REQUESTS),
            (f"requests:user:{caller.user.pk}", settings.SALON_GATEWAY_USER_REQUESTS),
        )
        if limit
    ]
    if not buckets:
        return None
    taken = counters().take(buckets)
    if taken.wait:
        refusal = busy(
            f"Rate limit reached for requests: {taken.limit} a minute. Please try again in {_span(taken.wait)}.",
            seconds=taken.wait / 1000,
        )
        refusal.headers |= headers(taken)
        raise refusal
    return taken


def headers(taken: Taken) -> dict[str, str]:
    """Return the headers by which clients see how close they are to the limit."""
    return {
        "x-ratelimit-limit-requests": str(taken.limit),
        "x-ratelimit-remaining-requests": str(taken.remaining),
        "x-ratelimit-reset-requests": _span(taken.reset),
    }


def enter(caller: Caller, token: str) -> None:
    """Take one of the places for streams of the key; raise `ApiError` (429) where all are taken."""
    most = settings.SALON_GATEWAY_STREAMS
    if most and not counters().enter(slot(caller.key.pk), token, most):
        message = f"This key has {most} streams open, which is the most. Let one end first."
        raise busy(message, seconds=1, code="too_many_streams")


def leave(key_id: int, token: str) -> None:
    """Give the place back."""
    counters().leave(slot(key_id), token)


def slot(key_id: int) -> str:
    return f"streams:{key_id}"


def mark(response: HttpResponseBase, taken: Taken | None) -> None:
    """Put the headers on an answer."""
    for name, value in headers(taken).items() if taken else ():
        response.headers.setdefault(name, value)


def _span(milliseconds: float) -> str:
    """Write a time as the API does: 12ms, 3.5s, 1m2s."""
    if milliseconds < 1000:
        return f"{math.ceil(milliseconds)}ms"
    minutes, seconds = divmod(math.ceil(milliseconds / 100) / 10, 60)
    return f"{minutes:.0f}m{seconds:g}s" if minutes else f"{seconds:g}s"
