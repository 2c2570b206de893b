"""Events as the API frames them for HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

from django.http import StreamingHttpResponse

from conversations.gateway.following import head_of

KEEP_ALIVE = b": keep-alive\n\n"
DONE = b"data: [DONE]\n\n"


def frames(events: Iterable[bytes]) -> bytes:
    """Return encoded events as frames of a stream: each is named by its type."""
    return b"".join([b"event: %b\ndata: %b\n\n" % (_type(event), event) for event in events])


def _type(event: bytes) -> bytes:
    """Return the type of an encoded event; it mostly is the first field, which saves decoding it."""
    if event.startswith(b'{"type":"'):
        return event[9 : event.index(b'"', 9)]
    return head_of(event).type.encode()


class EventStream(StreamingHttpResponse):
    """The answer that is sent while it is made, through any proxy on the way."""

    def __init__(self, events: AsyncIterator[bytes]) -> None:
        self._events = events
        headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        super().__init__(events, content_type="text/event-stream; charset=utf-8", headers=headers)

    def __aiter__(self) -> AsyncIterator[bytes]:
        # Django's own has two generators more around it, which every delta would pass through
        return self._events
