"""What waits for one socket."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterator
from functools import lru_cache

from conversations import protocol

MOST_WAITING = 4 * 1024 * 1024
"""Characters that may wait for one viewer before another frame comes, of whatever size. Who falls behind further is let
go, and comes back with a cursor."""


class Viewer:
    """One socket's queue. The hub puts frames in, the socket takes them out as fast as its browser reads."""

    def __init__(self) -> None:
        self._waiting: deque[str] = deque()
        self._size = 0
        self._news = asyncio.Event()
        self._held = False
        self.closed = 0
        """The close code, once the socket is to end."""

    def put(self, text: str, *, first: bool = False) -> None:
        """Let a frame wait, behind the others or before them."""
        if self.closed:
            return
        if self._size >= MOST_WAITING:
            self.close(protocol.Close.TOO_SLOW)
            return
        self._size += len(text)
        (self._waiting.appendleft if first else self._waiting.append)(text)
        if not self._held:
            self._news.set()

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Let frames wait in this block, so that one that is still being made can be put before them."""
        self._held = True
        self._news.clear()
        try:
            yield
        finally:
            self._held = False
            if self._waiting or self.closed:
                self._news.set()

    def close(self, code: int) -> None:
        """Let the socket end with `code`; what still waits is not sent."""
        self.closed = code
        self._waiting.clear()
        self._news.set()

    async def take(self) -> str:
        """Wait for news and return all frames that wait, one a line; "" when the socket is to end (see `closed`)."""
        await self._news.wait()
        self._news.clear()
        text = self._waiting[0] if len(self._waiting) == 1 else _joined(tuple(self._waiting))
        self._waiting.clear()
        self._size = 0
        return text


@lru_cache(8)  # many viewers wait for the same
def _joined(frames: tuple[str, ...]) -> str:
    return "\n".join(frames)
