"""What stays open: a stream of events, a socket. It has a place of its key's, and ends when the key does.

A stream also ends when its reader is taken out of the conversation. Two queries every few seconds for all that is open
in this process: whoever revokes a key, suspends or removes a person, by whichever door, needs to tell nobody.
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
from conversations.models import Key, Membership

log = structlog.get_logger(__name__)

EVERY = 3.0
"""Seconds between two looks. A key that has ended ends what it opened within five."""


@dataclass(frozen=True)
class Held:
    key_id: int
    user_id: int
    conversation_id: str
    """Empty for what belongs to no conversation."""
    token: str
    """Empty for what has no place of its own."""
    end: Callable[[], None]


class Streams:
    """Looks after what is open in this process."""

    def __init__(self) -> None:
        self._held: set[Held] = set()
        self._watch: asyncio.Task[None] | None = None
        self._leaving: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def open(
        self, caller: Caller, end: Callable[[], None], *, conversation_id: str = "", placed: bool = False
    ) -> AsyncIterator[None]:
        """Hold a place for a stream while the block runs, unless it is `placed` already.

        `end` is called in the event loop if the key ends meanwhile, or the right to the conversation. Raise `ApiError`
        (429) where the key has too many open.
        """
        token = "" if placed else secrets.token_hex(8)
        held = Held(caller.key.pk, caller.user.pk, conversation_id, token, end)
        if token:
            await threads.pages.run(limits.enter, caller, token)
        self._held.add(held)
        if self._watch is None or self._watch.done() or self._watch.get_loop() is not asyncio.get_running_loop():
            self._watch = asyncio.get_running_loop().create_task(self._look_after())
        try:
            yield
        finally:
            self._held.discard(held)
            if token:
                self._leave(held)

    def _leave(self, held: Held) -> None:
        """Give the place back. Nobody waits for it: whoever is cancelled would be held up, or cancelled again."""
        leaving = asyncio.get_running_loop().create_task(threads.pages.run(limits.leave, held.key_id, held.token))
        self._leaving.add(leaving)
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
                if each not in alive and each in self._held:
                    each.end()


def look(held: list[Held]) -> set[Held]:
    """Return those that still have a right to be open, and hold their places for a while longer."""
    keys = set(Key.objects.alive().filter(pk__in={each.key_id for each in held}).values_list("pk", flat=True))
    members = Membership.objects.filter(
        user__in={each.user_id for each in held},
        conversation__in={each.conversation_id for each in held if each.conversation_id},
        conversation__deleted_at=None,
    )
    rights = set(members.values_list("user_id", "conversation_id"))
    counters().renew([(limits.slot(each.key_id), each.token) for each in held if each.token])
    return {
        each
        for each in held
        if each.key_id in keys and (not each.conversation_id or (each.user_id, each.conversation_id) in rights)
    }


streams = Streams()
