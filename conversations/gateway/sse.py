"""Events as the API frames them for HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

import msgspec
from django.http import StreamingHttpResponse

from conversations.gateway.following import Head

KEEP_ALIVE = b": keep-alive\n\n"
DONE = b"data: [DONE]\n\n"


def frames(events: Iterable[bytes]) -> bytes:
    """Return encoded events as frames of a stream: each is named by its type."""
    return b"".join([b"event: %b\ndata: %b\n\n" % (_type(event), event) for event in events])


def _type(event: bytes) -> bytes:
    """Return the type of an encoded event; it mostly is the first field, which saves decoding it."""
    if event.startswith(b'{"type":"'):
        return event[9 : event.index(b'"', 9)]
    return msgspec.json.decode(event, type=Head).type.encode()


def streamed(content: AsyncIterator[bytes]) -> StreamingHttpResponse:
    """Return the answer that is sent while it is made, through any proxy on the way."""
    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    return StreamingHttpResponse(content, content_type="text/event-stream; charset=utf-8", headers=headers)
