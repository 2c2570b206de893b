"""What begins and ends with a server process: the hub, and in the embedded default the runner of turns."""

from __future__ import annotations

import asyncio
import fcntl
from typing import IO, Any

import structlog
from django.conf import settings

from conversations import replay
from conversations.hub import hub
from conversations.localmodel import launcher
from conversations.turns.runner import runner

log = structlog.get_logger(__name__)


class Lifespan:
    """The ASGI lifespan protocol, for servers that speak it; `manage.py serve` calls the two methods itself."""

    def __init__(self, *, runs_turns: bool) -> None:
        self.runs_turns = runs_turns
        self._lock: IO[str] | None = None

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self.begin()
                await send({"type": "lifespan.startup.complete"})
            else:
                await self.end()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def begin(self) -> None:
        await hub.start(replay.frames_from)
        if self.runs_turns:
            await runner.start(alone=self._is_alone())

    async def end(self) -> None:
        if self.runs_turns:
            await runner.stop()
            # After a crash it goes on for a while, like any provider; when we end in order, nothing stays behind
            await asyncio.to_thread(launcher.stop, settings.DATA)
        await hub.stop()

    def _is_alone(self) -> bool:
        """Whether no other process on this data folder runs turns: this one then keeps the lock until it ends."""
        self._lock = (settings.DATA / "runner.lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return "sqlite3" in settings.DATABASES["default"]["ENGINE"]
