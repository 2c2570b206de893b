"""What stays open: a stream of events, a socket. It has a place of its key's, and ends when the key does.

One query every few seconds for all that is open in this process: whoever revokes a key or suspends a person, by
whichever door, needs to tell nobody.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import structlog

from conversations import threads
from conversations.gateway import limits
from conversations.gateway.auth import Caller
from conversations.gateway.counters import counters
from conversations.models import Key

log = structlog.get_logger(__name__)

EVERY = 3.0
"""Seconds between two looks. A key that has ended ends what it opened within five."""


@dataclass(frozen=True)
class Held:
    key_id: int
    token: str
    end: Callable[[], None]


class Streams:
    """Looks after what is open in this process."""

    def __init__(self) -> None:
        self._held: set[Held] = set()
        self._watch: asyncio.Task[None] | None = None
        self._leaving: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def open(self, caller: Caller, end: Callable[[], None]) -> AsyncIterator[None]:
        """Hold a place for a stream while the block runs. `end` is called in the event loop if the key ends meanwhile.

        Raise `ApiError` (429) where the key has too many open.
        """
        held = Held(caller.key.pk, secrets.token_hex(8), end)
        await threads.pages.run(limits.enter, caller, held.token)
        self._held.add(held)
        if self._watch is None or self._watch.done() or self._watch.get_loop() is not asyncio.get_running_loop():
            self._watch = asyncio.get_running_loop().create_task(self._look_after())
        try:
            yield
        finally:
            self._held.discard(held)
            leaving = asyncio.get_running_loop().create_task(threads.pages.run(limits.leave, held.key_id, held.token))
            self._leaving.add(leaving)  # not awaited: whoever is cancelled here would be held up, or cancelled again
            leaving.add_done_callback(self._leaving.discard)

    async def _look_after(self) -> None:
        while self._held:
            await asyncio.sleep(EVERY)
            held = list(self._held)
            try:
                alive = await threads.pages.run(look, held)
            except Exception as error:  # a database that is away for a while
                log.warning("streams_unwatched", error=type(error).__name__)
                continue
            for each in held:
                if each.key_id not in alive and each in self._held:
                    each.end()


def look(held: list[Held]) -> set[int]:
    """Return the ids of the keys that still open the gateway, and hold the places for a while longer."""
    alive = set(Key.objects.alive().filter(pk__in={each.key_id for each in held}).values_list("pk", flat=True))
    counters().renew([(limits.slot(each.key_id), each.token) for each in held])
    return alive


streams = Streams()
